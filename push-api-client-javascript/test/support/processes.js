import { spawn } from "node:child_process";
import net from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));

/** Where the programs of this repository are: `make build` puts them below its root. */
export const binaries = path.resolve(process.env.PUSH_BINARIES || path.join(root, "..", ".build", "release"));

const running = new Set();
// Nothing stays behind, however the tests end.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A program, and the lines that it writes. */
export function start(program, parameters, environment = {}) {
  const child = spawn(program, parameters, { env: { ...process.env, ...environment }, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  let output = "";
  const waiting = new Set();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text) => {
      output += text;
      for (const check of waiting) check();
    });
  }
  const ended = new Promise((resolve) => {
    child.on("error", (error) => {
      output += String(error);
      resolve(-1);
    });
    child.on("exit", (code) => resolve(code));
  }).then((code) => {
    running.delete(child);
    for (const check of waiting) check();
    return code;
  });
  return {
    ended,
    output: () => output,
    /** Waits until it has written this. */
    async says(text) {
      await new Promise((resolve, reject) => {
        const check = () => {
          if (output.includes(text)) resolve();
          else if (child.exitCode !== null || child.signalCode !== null) reject(new Error(`${program} ended: ${output}`));
        };
        waiting.add(check);
        check();
      });
    },
    async end(signal = "SIGTERM") {
      child.kill(signal);
      return await ended;
    },
  };
}

const given = new Set();

/**
 * A port that nobody listens on. From below those that the system gives to connections: one of these could be taken by a client
 * before the server that it is meant for begins to listen.
 */
export async function freePort() {
  for (;;) {
    const port = 20000 + Math.floor(Math.random() * 12000);
    if (given.has(port)) continue;
    const server = net.createServer();
    const isFree = await new Promise((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "0.0.0.0", () => server.close(() => resolve(true)));
    });
    if (!isFree) continue;
    given.add(port);
    return port;
  }
}

/** Asks until the answer is there: of a condition that nobody tells of. */
export async function until(what, ask, limit = 60000) {
  const end = Date.now() + limit;
  for (;;) {
    const found = await ask();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what}: not within ${limit} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
