import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import * as library from "../src/index.js";
import { openBrowser } from "./support/browser.js";
import { root } from "./support/processes.js";
import { startPage } from "./support/servers.js";
import { startService } from "./support/service.js";

const run = promisify(execFile);
let folder;
let packed;
let service;
before(async () => {
  service = await startService();
  folder = await mkdtemp(path.join(os.tmpdir(), "push-api-client-package-"));
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: root });
  packed = JSON.parse(stdout)[0];
  await writeFile(path.join(folder, "package.json"), '{"private":true}');
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", path.join(folder, packed.filename)], { cwd: folder });
});
after(async () => {
  await service?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** Runs a program that uses the installed package. */
async function program(name, text) {
  await writeFile(path.join(folder, name), text);
  const environment = {
    PUSHAAS_ENDPOINT: service.endpoint, PUSHAAS_USERNAME: service.username, PUSHAAS_PASSWORD: service.password,
  };
  return (await run(process.execPath, [name], { cwd: folder, env: { ...process.env, ...environment } })).stdout;
}

test("the package holds what it needs and nothing else", () => {
  const files = packed.files.map((file) => file.path).sort();
  const modules = ["client", "errors", "index", "pause", "transport", "subscriber/index", "subscriber/message", "subscriber/position",
    "subscriber/transports"];
  const expected = [
    "LICENSE", "README.md", "package.json", "types/index.d.ts", "dist/index.d.cts",
    ...modules.map((name) => `src/${name}.js`), ...modules.map((name) => `dist/${name}.cjs`),
  ];
  assert.deepEqual(files, expected.sort());
});

test("it depends on nothing", async () => {
  const description = JSON.parse(await readFile(path.join(root, "package.json"), "utf8"));
  for (const name of ["dependencies", "peerDependencies", "optionalDependencies"]) assert.equal(description[name], undefined);
});

test("both kinds of module give the same", async () => {
  const call = "new PushApiClient({ endpoint: process.env.PUSHAAS_ENDPOINT, username: process.env.PUSHAAS_USERNAME,"
    + " password: process.env.PUSHAAS_PASSWORD }).getChannels().then((list) => console.log(JSON.stringify(list), typeof PushSubscriber, PushApiError.name))";
  const required = await program("a.cjs", `const { PushApiClient, PushApiError, PushSubscriber } = require("push-api-client");\n${call}`);
  const imported = await program("a.mjs", `import { PushApiClient, PushApiError, PushSubscriber } from "push-api-client";\n${call}`);
  assert.equal(required, "[] function PushApiError\n");
  assert.equal(imported, required);
});

test("the declarations name all that there is", async () => {
  const text = await readFile(path.join(root, "types", "index.d.ts"), "utf8");
  const classes = [...text.matchAll(/^export class (\w+).*?\{\n(.*?)^\}/gms)];
  assert.deepEqual(classes.map(([, name]) => name).sort(), Object.keys(library).sort());
  for (const [, name, body] of classes) {
    const declared = new Set([...body.matchAll(/^ {2}(?:readonly )?(\w+)[?(<:]/gm)].map(([, member]) => member));
    const members = Object.getOwnPropertyNames(library[name].prototype);
    for (const member of members) assert.ok(declared.has(member), `${name}.${member} is not declared`);
    if (name === "PushApiClient") assert.deepEqual([...declared].sort(), members.sort());
  }
});

test("the programs of the README run as they stand", async () => {
  const text = await readFile(path.join(root, "README.md"), "utf8");
  const programs = [...text.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code);
  assert.ok(programs.length >= 3);
  for (const [index, code] of programs.entries()) {
    await program(`readme-${index}.mjs`, code);
  }
});

test("the page of the README shows what is published", async () => {
  const text = await readFile(path.join(root, "README.md"), "utf8");
  const [html] = [...text.matchAll(/^```html\n(.*?)^```/gms)].map(([, code]) => code);
  const page = await startPage({ "/readme": html.replace("http://localhost:9080", service.stream) });
  let browser;
  try {
    browser = await openBrowser();
    await browser.open(`${page.url}/readme`);
    const client = new library.PushApiClient(service);
    await browser.until("it is connected", 'return document.querySelector("#state").textContent === "open"');
    await client.postMessage({ channels: ["news"], content: "hello, wörld" });
    await browser.until("the message is shown", 'return document.querySelector("#news").textContent.includes("hello, wörld")');
  } finally {
    await browser?.close();
    await page.close();
  }
});
