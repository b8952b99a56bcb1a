import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PushApiClient } from "../src/index.js";
import { openBrowser } from "./support/browser.js";
import { startPage, startProxy } from "./support/servers.js";
import { startService } from "./support/service.js";

let service;
let client;
let page;
let browser;
before(async () => {
  service = await startService();
  client = new PushApiClient(service);
  page = await startPage();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await page?.close();
  await service?.stop();
});

/** A subscriber in a page of its own, whose events are kept. */
async function subscribe(options) {
  await browser.open(page.url);
  await browser.until("the library is there", "return !!window.client");
  await browser.run(
    `window.messages = []; window.states = []; window.problems = [];
     window.subscriber = new client.PushSubscriber({ retryDelay: 50, maxRetryDelay: 500, ...arguments[0] });
     subscriber.addEventListener("message", (event) => messages.push(event.detail));
     subscriber.addEventListener("state", (event) => states.push(event.detail.state + " " + event.detail.transport));
     subscriber.addEventListener("error", (event) => problems.push(String(event.detail)));`,
    options);
}

const isOpen = () => browser.until("it is open", 'return subscriber.state === "open"');
const texts = () => browser.run("return messages.map((message) => message.text)");
const received = (count) => browser.until(`${count} messages`, `return messages.length >= ${count}`);
const publish = (channel, ...contents) => client.postMessage(contents.map((content) => ({ channels: [channel], content })));

for (const transport of ["eventsource", "websocket", "longpolling"]) {
  test(`${transport}: messages come decoded, in order, with all that is known of them`, async () => {
    const channel = `all-${transport}`;
    await subscribe({ url: service.stream, channels: [channel], transports: [transport] });
    await isOpen();
    const { ids } = await publish(channel, "ü % \n 😀 + &", "2", "3");
    await received(3);
    assert.deepEqual(await texts(), ["ü % \n 😀 + &", "2", "3"]);
    const [first] = await browser.run("return messages");
    assert.equal(first.channel, channel);
    assert.equal(first.eventId, ids[0]);
    assert.equal(first.id, 1);
    assert.ok(first.time !== "" && first.tag !== "");
    assert.equal(await browser.run("return subscriber.transport"), transport);
    assert.equal(await browser.run("return subscriber.lastEventId"), ids[2]);
    await browser.run("subscriber.close()");
    await publish(channel, "4");
    assert.equal(await browser.run("return subscriber.state"), "closed");
    assert.equal((await texts()).length, 3);
  });

  test(`${transport}: nothing is lost or doubled when the Push Service is killed`, async () => {
    const channel = `killed-${transport}`;
    await subscribe({ url: service.stream, channels: [channel, "other"], transports: [transport] });
    await isOpen();
    await publish(channel, "1", "2");
    await received(2);
    await service.kill();
    await browser.until("it is interrupted", 'return subscriber.state !== "open"');
    await service.start();
    await publish(channel, "3", "4");
    await publish("other", "5");
    await received(5);
    await publish(channel, "6");
    await received(6);
    assert.deepEqual((await texts()).filter((text) => text !== "5"), ["1", "2", "3", "4", "6"]);
    assert.equal((await texts()).length, 6);
  });
}

test("it begins with as many of the last messages as are wanted", async () => {
  await publish("history", "1", "2", "3");
  // The first of the two waits until push-stream has them.
  await subscribe({ url: service.stream, channels: [{ id: "history", backtrack: 3 }] });
  await received(3);
  await subscribe({ url: service.stream, channels: [{ id: "history", backtrack: 2 }] });
  await received(2);
  assert.deepEqual(await texts(), ["2", "3"]);
});

test("another subscriber goes on where one was", async () => {
  const { ids } = await publish("continued", "1", "2", "3");
  await subscribe({ url: service.stream, channels: [{ id: "continued", backtrack: 3 }] });
  await received(3);
  await subscribe({ url: service.stream, channels: ["continued"], lastEventId: ids[0] });
  await received(2);
  assert.deepEqual(await texts(), ["2", "3"]);
});

test("where EventSource does not get through WebSocket does, and long polling where neither does", async () => {
  for (const [blocked, transport] of [["ev", "websocket"], ["ev|ws", "longpolling"]]) {
    const forbidden = new RegExp(`^/(${blocked})/`);
    const proxy = await startProxy(service.stream, (request) => (forbidden.test(request.url) ? { status: 403 } : undefined));
    try {
      await subscribe({ url: proxy.url, channels: ["fallback"] });
      await isOpen();
      assert.equal(await browser.run("return subscriber.transport"), transport);
      await publish("fallback", transport);
      await received(1);
      assert.deepEqual(await texts(), [transport]);
      assert.ok((await browser.run("return problems")).length >= 2);
    } finally {
      await browser.run("subscriber.close()");
      await proxy.close();
    }
  }
});

test("a signal closes it, and what is missing is said", async () => {
  await subscribe({ url: service.stream, channels: ["signal"] });
  await browser.run(
    `window.controller = new AbortController();
     window.second = new client.PushSubscriber({ url: arguments[0], channels: ["signal"], signal: controller.signal });`,
    service.stream);
  await browser.until("it is open", 'return second.state === "open"');
  await browser.run("controller.abort()");
  assert.equal(await browser.run("return second.state"), "closed");
  for (const [options, words] of [
    ["{}", "needs the url"], ['{ url: "http://a", channels: [] }', "needs the channels"],
    ['{ url: "http://a", channels: ["a"], transports: ["pigeon"] }', "there is no transport"],
  ]) {
    const said = await browser.run(`try { new client.PushSubscriber(${options}); } catch (error) { return error.message; }`);
    assert.match(said, new RegExp(words));
  }
});

test("a page that is left and comes back has missed nothing", async () => {
  await subscribe({ url: service.stream, channels: ["left"] });
  await isOpen();
  await publish("left", "1");
  await received(1);
  await browser.run('window.dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }))');
  assert.equal(await browser.run("return subscriber.state"), "waiting");
  await publish("left", "2");
  await browser.run('window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))');
  await received(2);
  assert.deepEqual(await texts(), ["1", "2"]);
});

test("a browser that is online again tries at once", async () => {
  const proxy = await startProxy(service.stream, (_, count) => (count === 1 ? { status: 500 } : undefined));
  try {
    await subscribe({ url: proxy.url, channels: ["online"], retryDelay: 600000, maxRetryDelay: 600000 });
    await browser.until("it waits", 'return subscriber.state === "waiting"');
    await browser.run('window.dispatchEvent(new Event("online"))');
    await isOpen();
  } finally {
    await browser.run("subscriber.close()");
    await proxy.close();
  }
});
