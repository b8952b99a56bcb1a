import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { binaries, freePort, start, until } from "./processes.js";

/** A real Push Service: push-api, push-agent, push-stream and a Redis, on ports that nobody else has. */
export async function startService() {
  const directory = await mkdtemp(path.join(os.tmpdir(), "push-api-client-"));
  const [apiPort, streamPort] = [await freePort(), await freePort()];
  const service = {
    endpoint: `http://127.0.0.1:${apiPort}`,
    stream: `http://127.0.0.1:${streamPort}`,
    username: "app",
    password: "a pass:wörd",
    process: null,
    async start() {
      this.process = start(
        path.join(binaries, "push-service"),
        ["--data-dir", directory, "--api-port", String(apiPort), "--stream-port", String(streamPort)],
        { PUSHSERVICE_API__BASIC_AUTH_PASSWORD: this.password, PUSHSERVICE_WORKERS__STATS__INTERVAL: "1s" },
      );
      let isOver = false;
      this.process.ended.then(() => { isOver = true; });
      await until("push-service is ready", async () => {
        if (isOver) throw new Error(`push-service ended: ${this.process.output()}`);
        return await fetch(`${this.endpoint}/readyz`).then((answer) => answer.ok, () => false);
      });
    },
    async kill() {
      await this.process.end("SIGKILL");
    },
    async stop() {
      await this.process.end("SIGTERM");
      await rm(directory, { recursive: true, force: true, maxRetries: 10 });
    },
  };
  await service.start();
  return service;
}
