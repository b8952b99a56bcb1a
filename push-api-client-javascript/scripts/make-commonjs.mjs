// Writes dist/: the modules of src/ for `require`, and their declarations. `npm pack` runs it.
//
// The modules are written so that this needs no parser: imports and exports stand on lines of their own, and nothing is exported by default.
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const source = path.join(root, "src");
const target = path.join(root, "dist");

/** `./a.js` is `./a.cjs` there. */
const renamed = (file) => file.replace(/\.js$/, ".cjs");

function commonJS(text, file) {
  const exported = [];
  const lines = text.split("\n").map((line) => {
    let found = /^import \{ (.+) \} from "(\..+)";$/.exec(line);
    if (found) return `const { ${found[1]} } = require("${renamed(found[2])}");`;
    found = /^export \{ (.+) \} from "(\..+)";$/.exec(line);
    if (found) {
      for (const name of found[1].split(", ")) exported.push(name);
      return `const { ${found[1]} } = require("${renamed(found[2])}");`;
    }
    found = /^export ((?:async )?(?:function|class|const) (\w+).*)$/.exec(line);
    if (found) {
      exported.push(found[2]);
      return found[1];
    }
    if (/^(import|export)\b/.test(line)) throw new Error(`${file}: this line cannot be written for require: ${line}`);
    return line;
  });
  return `"use strict";\n${lines.join("\n")}\nmodule.exports = { ${exported.join(", ")} };\n`;
}

await rm(target, { recursive: true, force: true });
for (const entry of await readdir(source, { withFileTypes: true, recursive: false })) {
  const names = entry.isDirectory()
    ? (await readdir(path.join(source, entry.name))).map((name) => path.join(entry.name, name))
    : [entry.name];
  for (const name of names.filter((file) => file.endsWith(".js"))) {
    const file = path.join(target, renamed(name));
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, commonJS(await readFile(path.join(source, name), "utf8"), name));
  }
}
await writeFile(path.join(target, "index.d.cts"), await readFile(path.join(root, "types", "index.d.ts"), "utf8"));
