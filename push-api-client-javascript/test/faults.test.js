import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PushApiClient, PushApiError } from "../src/index.js";
import { freePort } from "./support/processes.js";
import { startProxy } from "./support/servers.js";
import { startService } from "./support/service.js";

let service;
before(async () => { service = await startService(); });
after(() => service?.stop());

/** A client whose way to push-api a test decides about. */
async function through(decide, options, body) {
  const proxy = await startProxy(service.endpoint, decide);
  try {
    const client = new PushApiClient({ ...service, endpoint: proxy.url }, { retryDelay: 10, ...options });
    return await body(client, proxy);
  } finally {
    await proxy.close();
  }
}

test("a message whose answer was lost is sent again and published once", async () => {
  await through((_, count) => (count === 1 ? "lose" : undefined), {}, async (client, proxy) => {
    const { ids } = await client.postMessage({ channels: ["once"], content: "x" });
    assert.equal(proxy.requests.length, 2);
    const [first, second] = proxy.requests.map((request) => request.headers["idempotency-key"]);
    assert.ok(first && first === second);
    // The same key straight to push-api: what the lost answer said.
    const direct = new PushApiClient(service);
    assert.deepEqual(await direct.postMessage({ channels: ["once"], content: "x" }, { idempotencyKey: first }), { ids });
  });
});

test("what is not safe to repeat is not repeated", async () => {
  await through(() => "lose", {}, async (client, proxy) => {
    await assert.rejects(client.createChannel({ id: "single" }), (error) => error.code === "ENETWORK" && error.response === undefined);
    await assert.rejects(client.createKey({ name: "k", scopes: ["publish"] }), PushApiError);
    assert.equal(proxy.requests.length, 2);
  });
});

test("a channel that a lost call has created is ensured", async () => {
  await through((_, count) => (count === 1 ? "lose" : undefined), {}, async (client) => {
    assert.equal(await client.ensureChannel({ id: "ensured" }), false);
    assert.equal((await client.getChannel("ensured")).id, "ensured");
  });
});

for (const status of [429, 503]) {
  test(`${status} is repeated after the time that push-api says`, async () => {
    const answer = { status, headers: { "Retry-After": "0", "Content-Type": "application/json" }, body: '{"code":1,"message":"wait"}' };
    await through((_, count) => (count <= 2 ? answer : undefined), {}, async (client, proxy) => {
      assert.equal((await client.postMessage({ channels: ["a"], content: "x" })).ids.length, 1);
      assert.equal(proxy.requests.length, 3);
    });
    const long = { ...answer, headers: { ...answer.headers, "Retry-After": "3600" } };
    await through(() => long, {}, async (client, proxy) => {
      await assert.rejects(client.postMessage({ channels: ["a"], content: "x" }), (error) => {
        assert.equal(error.response.status, status);
        assert.equal(error.response.headers["retry-after"], "3600");
        assert.deepEqual(error.response.data, { code: 1, message: "wait" });
        return true;
      });
      assert.equal(proxy.requests.length, 1);
    });
  });
}

test("the number of tries has an end, and can be none", async () => {
  await through(() => ({ status: 503 }), { retries: 3 }, async (client, proxy) => {
    await assert.rejects(client.getChannels(), (error) => error.response.status === 503 && error.response.data === "");
    assert.equal(proxy.requests.length, 4);
    await assert.rejects(client.getChannels({}, { retries: 0 }), PushApiError);
    assert.equal(proxy.requests.length, 5);
  });
});

test("a server that is silent is given up in time", async () => {
  await through(() => "silence", { timeout: 100, retries: 1 }, async (client, proxy) => {
    await assert.rejects(client.getConfig(), (error) => error.code === "ETIMEDOUT" && /within 100 ms/.test(error.message));
    assert.equal(proxy.requests.length, 2);
  });
});

test("a signal ends a call, and the wait for the next try", async () => {
  await through(() => "silence", {}, async (client) => {
    const controller = new AbortController();
    const call = client.getConfig({ signal: controller.signal });
    controller.abort(new Error("no longer needed"));
    await assert.rejects(call, /no longer needed/);
    await assert.rejects(client.getConfig({ signal: AbortSignal.abort() }), { name: "AbortError" });
  });
  const busy = { status: 503, headers: { "Retry-After": "9" } };
  const controller = new AbortController();
  await through(() => { setImmediate(() => controller.abort(new Error("enough"))); return busy; }, {}, async (client) => {
    await assert.rejects(client.getConfig({ signal: controller.signal }), /enough/);
  });
});

test("nobody there is said in words", async () => {
  const nobody = new PushApiClient({ endpoint: `http://127.0.0.1:${await freePort()}` }, { retries: 0 });
  await assert.rejects(nobody.getConfig(), (error) => error.code === "ENETWORK" && /cannot be reached: .*ECONNREFUSED/.test(error.message));
});

test("a redirect does not get the password", async () => {
  await through(() => ({ status: 302, headers: { Location: "http://127.0.0.1:1/" } }), { retries: 0 }, async (client, proxy) => {
    await assert.rejects(client.getConfig(), PushApiError);
    assert.equal(proxy.requests.length, 1);
  });
});
