import http from "node:http";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { root } from "./processes.js";

async function listening(server) {
  await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const sockets = new Set();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * Stands before a server, and decides for each request: `undefined` passes it on, `"lose"` passes it on and drops the answer,
 * `{ status, headers, body }` answers in its place, `"silence"` never answers.
 */
export async function startProxy(target, decide) {
  const { hostname, port } = new URL(target);
  const requests = [];
  const server = http.createServer((request, response) => {
    requests.push({ method: request.method, url: request.url, headers: request.headers });
    const decision = decide(request, requests.length);
    if (decision === "silence") return;
    if (typeof decision === "object") {
      response.writeHead(decision.status, decision.headers ?? {});
      response.end(decision.body ?? "");
      return;
    }
    const onward = http.request({ hostname, port, method: request.method, path: request.url, headers: request.headers }, (answer) => {
      if (decision === "lose") {
        answer.resume();
        answer.on("end", () => request.socket.destroy());
        return;
      }
      response.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  });
  server.on("upgrade", (request, socket, head) => {
    requests.push({ method: request.method, url: request.url, headers: request.headers });
    const decision = decide(request, requests.length);
    if (decision !== undefined) {
      socket.destroy();
      return;
    }
    const onward = http.request({ hostname, port, path: request.url, headers: request.headers });
    onward.on("upgrade", (answer, upstream, first) => {
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${pairs(answer.rawHeaders)}\r\n\r\n`);
      socket.write(first);
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
      for (const end of [socket, upstream]) end.on("error", () => { socket.destroy(); upstream.destroy(); });
    });
    onward.on("error", () => socket.destroy());
    onward.end();
  });
  return { requests, ...await listening(server) };
}

function pairs(raw) {
  const lines = [];
  for (let index = 0; index < raw.length; index += 2) lines.push(`${raw[index]}: ${raw[index + 1]}`);
  return lines.join("\r\n");
}

/** A page with the library, as a web server would have it. */
export async function startPage(extra = {}) {
  const page = `<!doctype html><meta charset="utf-8"><title>test</title><link rel="icon" href="data:,">
<script type="module">import * as client from "/src/index.js"; window.client = client;</script>`;
  const server = http.createServer(async (request, response) => {
    const name = new URL(request.url, "http://x").pathname;
    try {
      if (name === "/" || extra[name]) {
        response.writeHead(200, { "Content-Type": "text/html" });
        response.end(extra[name] ?? page);
        return;
      }
      if (!/^\/src\/[a-z/-]+\.js$/.test(name)) throw new Error("not here");
      const text = await readFile(path.join(root, name));
      response.writeHead(200, { "Content-Type": "text/javascript" });
      response.end(text);
    } catch {
      response.writeHead(404);
      response.end();
    }
  });
  return await listening(server);
}
