import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PushApiClient, PushApiError } from "../src/index.js";
import { startService } from "./support/service.js";
import { until } from "./support/processes.js";

let service;
let client;
before(async () => {
  service = await startService();
  client = new PushApiClient(service);
});
after(() => service?.stop());

const refusal = (status, code) => (error) => {
  assert.ok(error instanceof PushApiError);
  assert.equal(error.response.status, status);
  assert.equal(error.response.data.code, code);
  assert.equal(error.message, error.response.data.message);
  return true;
};

test("channels are created, read, listed in pages, and deleted", async () => {
  assert.deepEqual(await client.createChannel({ id: "news" }), { id: "news", ttl: 0 });
  await client.createChannel({ id: "ä/ö".replace("/", "-"), ttl: 3600 });
  const channel = await client.getChannel("ä-ö");
  assert.equal(channel.ttl, 3600);
  assert.equal((await client.getChannel("news")).ttl, 0);
  assert.deepEqual((await client.getChannels()).map((one) => one.id), ["news", "ä-ö"]);
  const page = await client.getChannels({ limit: 1, order: "newest" });
  assert.deepEqual(page.channels.map((one) => one.id), ["ä-ö"]);
  assert.equal(page.total, 2);
  const next = await client.getChannels({ limit: 1, order: "newest", cursor: page.cursor });
  assert.deepEqual(next.channels.map((one) => one.id), ["news"]);
  assert.deepEqual((await client.getChannels({ search: "EWS" })).channels.map((one) => one.id), ["news"]);
  await client.deleteChannel("ä-ö");
  await assert.rejects(client.getChannel("ä-ö"), refusal(404, 20));
  await assert.rejects(client.deleteChannel("ä-ö"), refusal(404, 30));
});

test("a channel that exists is an error to create and none to ensure", async () => {
  assert.equal(await client.ensureChannel({ id: "once", ttl: 60 }), true);
  assert.equal(await client.ensureChannel({ id: "once" }), false);
  assert.equal((await client.getChannel("once")).ttl, 60);
  await assert.rejects(client.createChannel({ id: "once" }), refusal(400, 11));
  await assert.rejects(client.ensureChannel({ id: "a/b" }), refusal(400, 10));
});

test("what is missing is said before anything is sent", async () => {
  await assert.rejects(client.createChannel({}), /createChannel needs the id/);
  await assert.rejects(client.createChannel(), /createChannel needs the id/);
  await assert.rejects(client.ensureChannel({ id: "" }), /ensureChannel needs the id/);
  await assert.rejects(client.getChannel(), /getChannel needs a channel's id/);
  await assert.rejects(client.postMessage({ content: "x" }), /needs the channels/);
  await assert.rejects(client.postMessage({ channels: [], content: "x" }), /needs the channels/);
  await assert.rejects(client.postMessage({ channels: ["a"] }), /needs the content/);
  await assert.rejects(client.postMessage([]), /needs a message/);
  await assert.rejects(client.createKey({ scopes: ["publish"] }), /needs the name/);
  assert.throws(() => new PushApiClient({ endpoint: "localhost" }), TypeError);
  assert.throws(() => new PushApiClient(), /needs the endpoint/);
  assert.throws(() => new PushApiClient({ endpoint: "http://a:b@localhost" }), /do not belong into the endpoint/);
  assert.throws(() => new PushApiClient({ endpoint: "http://localhost", apiKey: "k", username: "u" }), /either apiKey/);
});

test("messages are published one by one and in lists, all or nothing", async () => {
  const published = async () => (await client.getGlobalStats()).messages.stream.published;
  const one = await client.postMessage({ channels: ["a", "b"], content: "ü % \n 😀" });
  assert.equal(one.ids.length, 2);
  for (const id of one.ids) assert.match(id, /^\d+-\d+$/);
  const many = await client.postMessage([{ channels: ["a"], content: "1" }, { channels: ["a", "b"], content: "2" }]);
  assert.equal(many.ids.length, 3);
  await until("statistics are there", () => published().then(() => true, () => false));
  const before = await published();
  await assert.rejects(client.postMessage([{ channels: ["a"], content: "3" }, { channels: ["a/b"], content: "4" }]), (error) => {
    assert.equal(error.response.status, 400);
    return true;
  });
  assert.equal(await published(), before);
});

test("the same idempotency key publishes once", async () => {
  const message = { channels: ["a"], content: "once" };
  const first = await client.postMessage(message, { idempotencyKey: "key-1" });
  assert.deepEqual(await client.postMessage(message, { idempotencyKey: "key-1" }), first);
  assert.notDeepEqual(await client.postMessage(message), first);
  await assert.rejects(client.postMessage({ channels: ["a"], content: "other" }, { idempotencyKey: "key-1" }), refusal(422, 103));
});

test("keys are created, used, rotated and revoked", async () => {
  const key = await client.createKey({ name: "web shop", scopes: ["publish"], channelPrefixes: ["shop-"] });
  const shop = new PushApiClient({ endpoint: `${service.endpoint}/`, apiKey: key.key });
  assert.equal((await shop.postMessage({ channels: ["shop-1"], content: "x" })).ids.length, 1);
  await assert.rejects(shop.postMessage({ channels: ["other"], content: "x" }), (error) => error.response.status === 403);
  assert.ok((await client.getKeys()).some((one) => one.id === key.id && one.key === undefined));
  assert.equal((await client.getKey(key.id)).name, "web shop");
  const rotated = await client.rotateKey(key.id, { previousTTL: 0 });
  await assert.rejects(shop.postMessage({ channels: ["shop-1"], content: "x" }), (error) => error.response.status === 401);
  const changed = new PushApiClient({ endpoint: service.endpoint, apiKey: rotated.key });
  await changed.postMessage({ channels: ["shop-1"], content: "x" });
  await client.revokeKey(key.id);
  await assert.rejects(client.getKey(key.id), (error) => error.response.status === 404);
});

test("statistics and addresses are read", async () => {
  assert.equal((await client.getConfig()).pushStream.url, `http://localhost:${new URL(service.stream).port}`);
  const stats = await until("statistics are there", () => client.getGlobalStats().catch(() => null));
  assert.equal(stats.aggregated.subscribers, 0);
  await assert.rejects(client.getChannelStats("nobody"), refusal(404, 200));
});

test("wrong credentials are told by push-api's own words", async () => {
  const wrong = new PushApiClient({ ...service, password: "wrong" });
  await assert.rejects(wrong.getChannels(), refusal(401, 401));
  await assert.rejects(new PushApiClient({ endpoint: service.endpoint }).getConfig(), (error) => error.response.status === 401);
});
