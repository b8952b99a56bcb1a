import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { openBrowser } from "../../push-api-client-javascript/test/support/browser.js";
import { binaries, freePort, start, until } from "../../push-api-client-javascript/test/support/processes.js";

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const transports = ["eventsource", "websocket", "longpolling", "stream", "jsonp"];
let folder;
let demo;
let server;
let browser;

/** Starts a push-stream with a configuration of this repository, on other ports than it says. */
async function serve(file, prefix, replacements) {
  let text = await readFile(path.join(root, file), "utf8");
  for (const [pattern, replacement] of replacements) {
    assert.match(text, pattern);
    text = text.replace(pattern, replacement);
  }
  const configuration = path.join(folder, `${path.basename(path.dirname(file))}.conf`);
  await writeFile(configuration, text);
  return () => start(path.join(binaries, "push-stream"), ["-p", prefix, "-c", configuration]);
}

const answers = (url) => until(`${url} answers`, () => fetch(url).then((answer) => answer.ok, () => false));

before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "push-stream-demo-"));
  const [page, subscribers, publisher] = [await freePort(), await freePort(), await freePort()];
  const begin = await serve("push-stream-demo-app/nginx.conf", path.join(root, "push-stream-demo-app"), [
    [/listen +8889;/, `listen 127.0.0.1:${page};`], [/\/tmp\/push-stream-demo-app.pid/, path.join(folder, "demo.pid")],
  ]);
  demo = { process: begin(), url: `http://127.0.0.1:${page}/` };
  const beginServer = await serve("push-stream/nginx.conf", folder, [
    [/listen +9080/, `listen ${subscribers}`], [/listen +9081/, `listen 127.0.0.1:${publisher}`], [/worker_processes +auto/, "worker_processes 2"],
  ]);
  server = {
    port: subscribers, publisher: `http://127.0.0.1:${publisher}/pub`, count: 0,
    async start() {
      this.process = beginServer();
      await answers(`http://127.0.0.1:${subscribers}/healthz`);
    },
    /** As push-agent does it. */
    async publish(channel, text, eventID) {
      const answer = await fetch(`${this.publisher}?id=${channel}`, {
        method: "POST", body: encodeURIComponent(text), headers: { "Event-Id": eventID },
      });
      assert.equal(answer.status, 200);
    },
  };
  await server.start();
  await answers(`${demo.url}healthz`);
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await demo?.process.end("SIGKILL");
  await server?.process.end("SIGKILL");
  if (folder) await rm(folder, { recursive: true, force: true });
});

const connection = (transport, channels, port = server.port) => ({
  transport, host: "127.0.0.1", port, secure: false, channels,
  path: { eventsource: "/ev", websocket: "/ws", longpolling: "/lp", stream: "/sub", jsonp: "/jsonp" }[transport],
});
const link = (settings) => `${demo.url}#${new URLSearchParams({ settings: JSON.stringify(settings) })}`;

/** Opens the page with these connections, as a shared link does. */
async function open(connections, publisher = { url: server.publisher, channel: "demo" }) {
  // The part behind # alone would load nothing.
  await browser.open("about:blank");
  await browser.open(link({ connections, publisher }));
  await browser.until("the page is there", "return document.querySelectorAll('.card').length === arguments[0]", connections.length);
}
const card = (transport) => `document.querySelector('.card[data-transport="${transport}"]')`;
const isOpen = (transport) =>
  browser.until(`${transport} is connected`, `return ${card(transport)}.querySelector(".state").dataset.state === "open"`);
/** Oldest first. */
const messages = (transport) => browser.run(
  `return [...${card(transport)}.querySelectorAll(".log li:not(.none)")].map((item) => ({
     text: item.querySelector(".text").textContent,
     ...Object.fromEntries([...item.querySelectorAll("dd")].map((fact) => [fact.dataset.fact, fact.textContent])) })).reverse()`);
const received = (transport, count) =>
  until(`${transport} has ${count} messages`, async () => (await messages(transport)).length >= count);

test("all transports side by side show the same message with all that is known of it", async () => {
  await open(transports.map((transport) => connection(transport, ["side"])));
  for (const transport of transports) await isOpen(transport);
  await server.publish("side", "ü % <b> 😀", "100-1");
  await server.publish("side", "second", "100-2");
  for (const transport of transports) {
    await received(transport, 2);
    const shown = await messages(transport);
    assert.deepEqual(shown.map((message) => message.text), ["ü % <b> 😀", "second"], transport);
    assert.equal(shown[0].id, "1");
    assert.equal(shown[0].channel, "side");
    assert.equal(shown[0]["event id"], "100-1");
    assert.match(shown[0].time, /GMT$/);
    assert.equal(shown[0].tag, "1");
    assert.equal(await browser.run(`return ${card(transport)}.querySelector(".count").textContent`), "2 messages");
  }
});

test("each begins with as many of the last messages as are wanted", async () => {
  for (const number of [1, 2, 3]) await server.publish("past", `p${number}`, `200-${number}`);
  await open(transports.map((transport) => connection(transport, ["past.b2"])));
  for (const transport of transports) {
    await received(transport, 2);
    assert.deepEqual((await messages(transport)).map((message) => message.text), ["p2", "p3"], transport);
  }
});

test("each comes back after push-stream was killed, and says meanwhile what is wrong", async () => {
  await open(transports.map((transport) => connection(transport, ["back"])));
  for (const transport of transports) await isOpen(transport);
  await server.publish("back", "before", "300-1");
  for (const transport of transports) await received(transport, 1);
  await server.process.end("SIGKILL");
  for (const transport of transports) {
    await browser.until(`${transport} says so`, `return ${card(transport)}.querySelector(".problem").textContent.includes("tried again")`);
  }
  await server.start();
  for (const transport of transports) await isOpen(transport);
  await server.publish("back", "after", "300-2");
  for (const transport of transports) {
    await received(transport, 2);
    assert.deepEqual((await messages(transport)).map((message) => message.text), ["before", "after"], transport);
    assert.equal(await browser.run(`return ${card(transport)}.querySelector(".problem").hidden`), true);
  }
});

test("what comes during a pause is shown after it", async () => {
  await open(transports.map((transport) => connection(transport, ["paused"])));
  const press = (transport, name) => browser.run(
    `[...${card(transport)}.querySelectorAll("button")].find((button) => button.textContent === arguments[0]).click()`, name);
  for (const transport of transports) await isOpen(transport);
  await server.publish("paused", "1", "400-1");
  for (const transport of transports) {
    await received(transport, 1);
    await press(transport, "Pause");
    await press(transport, "Clear");
  }
  await server.publish("paused", "2", "400-2");
  for (const transport of transports) {
    await press(transport, "Resume");
    await received(transport, 1);
    assert.deepEqual((await messages(transport)).map((message) => message.text), ["2"], transport);
    await press(transport, "Remove");
  }
  assert.equal(await browser.run('return document.querySelector("#empty").hidden'), false);
});

test("the page publishes, and explains what hinders it", async () => {
  await open([connection("eventsource", ["made"])]);
  await isOpen("eventsource");
  const publish = (url, text) => browser.run(
    `const form = document.querySelector("#publisher");
     form.url.value = arguments[0]; form.channel.value = "made"; form.text.value = arguments[1];
     form.dispatchEvent(new Event("change", { bubbles: true })); form.requestSubmit();`, url, text);
  await publish(server.publisher, "from the page ü%");
  await received("eventsource", 1);
  assert.equal((await messages("eventsource"))[0].text, "from the page ü%");
  for (const [url, words] of [
    [`http://127.0.0.1:${await freePort()}/pub`, "No answer from"], [server.publisher.replace("/pub", "/nowhere"), "(404)|No answer"],
  ]) {
    await publish(url, "x");
    await browser.until(words, 'return new RegExp(arguments[0]).test(document.querySelector("#published").textContent)', words);
  }
});

test("connections are added, edited and removed by the keyboard, and are there after a reload", async () => {
  await browser.open("about:blank");
  await browser.open(demo.url);
  await browser.run("localStorage.clear(); location.reload()");
  await browser.until("nothing is there", 'return document.querySelector("#empty")?.hidden === false');
  // Enter in a field submits the dialog.
  await browser.run('document.querySelector("#add").focus(); document.querySelector("#add").click()');
  await browser.run(
    `const set = (id, value) => { const field = document.querySelector(id); field.value = value; field.dispatchEvent(new Event("change", { bubbles: true })); };
     set("#editor-transport", "websocket"); set("#editor-host", "http://x"); set("#editor-port", String(arguments[0])); set("#editor-channels", "kept other.b3");
     document.querySelector("#editor form").requestSubmit();`, server.port);
  assert.match(await browser.run('return document.querySelector("#editor-problem").textContent'), /without http/);
  assert.equal(await browser.run('return document.querySelector("#editor-path").value'), "/ws");
  await browser.run('document.querySelector("#editor-host").value = "127.0.0.1"; document.querySelector("#editor form").requestSubmit()');
  await isOpen("websocket");
  await browser.run("location.reload()");
  await isOpen("websocket");
  assert.match(
    await browser.run(`return ${card("websocket")}.querySelector(".address").textContent`), new RegExp(`^ws://127.0.0.1:${server.port}/ws/kept/other.b3$`));
});

test("a shared link opens the same connections, without a password, and a broken one changes nothing", async () => {
  await open([connection("stream", ["shared"])], { url: `http://me:secret@127.0.0.1:9081/pub`, channel: "shared" });
  await isOpen("stream");
  assert.equal(await browser.run("return location.hash"), "");
  assert.equal(await browser.run("return localStorage.getItem('push-stream-demo').includes('secret')"), false);
  await browser.run(
    'Object.defineProperty(navigator, "clipboard", { value: { writeText: async (text) => { window.copied = text; } } }); document.querySelector("#share").click()');
  const copied = await browser.until("the link is copied", "return window.copied");
  assert.ok(!copied.includes("secret"));
  await browser.run("localStorage.clear()");
  await browser.open("about:blank");
  await browser.open(copied);
  await isOpen("stream");
  for (const broken of ["x", JSON.stringify({ connections: [{ transport: "stream", host: "a/b", port: 1, path: "/", channels: ["a"] }] })]) {
    await browser.open("about:blank");
    await browser.open(`${demo.url}#${new URLSearchParams({ settings: broken })}`);
    await isOpen("stream");
    assert.match(await browser.run('return document.querySelector("#notice").textContent'), /could not be read/);
  }
});

test("the page fits a phone, and refuses what is not its own", async () => {
  await open(transports.map((transport) => connection(transport, ["phone"])));
  for (const transport of transports) await isOpen(transport);
  await browser.resize(360, 740);
  try {
    assert.ok(await browser.run("return document.documentElement.scrollWidth <= window.innerWidth"));
    await browser.run('document.querySelector("#add").click()');
    assert.ok(await browser.run("return document.documentElement.scrollWidth <= window.innerWidth"));
  } finally {
    await browser.resize(1280, 800);
  }
  const head = await fetch(demo.url);
  const policy = head.headers.get("content-security-policy");
  assert.ok(policy.includes("default-src 'none'") && !policy.includes("unsafe"));
  assert.equal(head.headers.get("x-content-type-options"), "nosniff");
  const refused = await browser.run(
    'const script = document.createElement("script"); script.textContent = "window.intruder = 1"; document.head.append(script); return window.intruder ?? null');
  assert.equal(refused, null);
});
