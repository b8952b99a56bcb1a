import { freePort, start, until } from "./processes.js";

/** A headless Chromium, driven over chromedriver's WebDriver (W3C). */
export async function openBrowser() {
  const port = await freePort();
  const driver = start("chromedriver", [`--port=${port}`]);
  await driver.says("started successfully");
  async function command(method, path, body) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, body: body && JSON.stringify(body) });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`${value.error}: ${value.message}`);
    return value;
  }
  // Without a sandbox, because root cannot have one; in a container /dev/shm may be too small for it.
  const args = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage"];
  const { sessionId } = await command("POST", "/session", {
    capabilities: { alwaysMatch: { browserName: "chrome", "goog:chromeOptions": { args } } },
  });
  const session = `/session/${sessionId}`;
  return {
    open: (url) => command("POST", `${session}/url`, { url }),
    /** Runs the body of a function in the page. */
    run: (script, ...args) => command("POST", `${session}/execute/sync`, { script, args }),
    until: (what, script, ...args) => until(what, () => command("POST", `${session}/execute/sync`, { script, args })),
    resize: (width, height) => command("POST", `${session}/window/rect`, { width, height }),
    /** A PNG of what is to be seen, in base64. */
    screenshot: () => command("GET", `${session}/screenshot`),
    async close() {
      await command("DELETE", session).catch(() => {});
      await driver.end();
    },
  };
}
