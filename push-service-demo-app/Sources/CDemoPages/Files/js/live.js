import { element, getJSON } from "./dom.js";

/** Between two looks at how things stand, while the page is not live. */
const PAUSE = 3000;

const policy = globalThis.trustedTypes?.createPolicy("live-worker", { createScriptURL: (url) => url });

/**
 * Keeps the page live.
 *
 * Whenever the connection opens, `refresh` loads what is current: what happened before is not in the messages that follow. While it is not
 * open, the app is asked again and again where push-stream is: it may have come back, or to another address.
 */
class Live {
  #options;
  #badge = document.getElementById("live");
  #worker = null;
  #url = "";
  #state = "";
  #timer = 0;

  constructor(options) {
    this.#options = options;
    this.#show("connecting");
    this.#check();
    addEventListener("online", () => this.#check());
    // A page that was kept in memory, or in a tab that slept.
    addEventListener("pageshow", ({ persisted }) => {
      if (persisted) this.#restart();
    });
  }

  async #check() {
    clearTimeout(this.#timer);
    let config = null;
    try {
      config = await getJSON("/api/config");
    } catch {
      // The app itself is away: like the Push Service, it may come back.
    }
    if (this.#state !== "live") {
      if (!config?.working) this.#show("none", config !== null);
      if (config?.pushStream) this.#connect(config.pushStream.url);
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#check(), PAUSE);
    }
  }

  #connect(url) {
    if (this.#worker && this.#url === url) {
      this.#worker.postMessage({ type: "reconnect" });
      return;
    }
    this.#end();
    this.#url = url;
    const script = "/live-worker.js";
    try {
      const worker = new Worker(policy ? policy.createScriptURL(script) : script, { type: "module" });
      this.#worker = worker;
      worker.addEventListener("message", ({ data }) => {
        if (worker === this.#worker) this.#received(data);
      });
      worker.addEventListener("error", () => {
        if (worker === this.#worker) this.#end();
      });
      worker.postMessage({ type: "start", url, channels: this.#options.channels });
    } catch {
      this.#end();
    }
  }

  #received(data) {
    if (data.type === "message") {
      const change = parse(data.text);
      if (change) this.#options.onChange(change);
    } else if (data.state === "open") {
      this.#show("live");
      clearTimeout(this.#timer);
      this.#refresh();
    } else if (this.#state === "live") {
      this.#show("reconnecting");
      this.#timer = setTimeout(() => this.#check(), PAUSE);
    }
  }

  async #refresh() {
    try {
      await this.#options.refresh();
    } catch {
      // The page is live, but the app did not answer: what is shown may be old.
      this.#timer = setTimeout(() => {
        if (this.#state === "live") this.#refresh();
      }, PAUSE);
    }
  }

  #end() {
    this.#worker?.terminate();
    this.#worker = null;
    this.#url = "";
  }

  #restart() {
    this.#end();
    this.#show("connecting");
    this.#check();
  }

  #show(state, isAppThere = true) {
    this.#state = state;
    this.#badge.hidden = false;
    this.#badge.dataset.state = state;
    const words = { connecting: "Connecting…", live: "Live", reconnecting: "Reconnecting…" };
    const none = isAppThere ? ["No live updates: ", element("a", { href: "/status" }, "see status")] : ["This app does not answer"];
    const content = state === "none" ? none : [words[state]];
    // Said again, it would be read out again.
    if (this.#badge.textContent !== content.map((part) => part.textContent ?? part).join("")) this.#badge.replaceChildren(...content);
    this.#options.onState?.(state);
  }
}

/** `null` for what is no change of an article. */
function parse(text) {
  try {
    const { kind, article } = JSON.parse(text);
    const isKnown = ["created", "updated", "deleted"].includes(kind);
    return isKnown && Number.isInteger(article?.id) && Number.isInteger(article.version) ? { kind, article } : null;
  } catch {
    return null;
  }
}

/**
 * @param {{ channels: string[], onChange: (change: { kind: string, article: object }) => void, refresh: () => Promise<void>,
 *   onState?: (state: string) => void }} options
 */
export function keepLive(options) {
  return new Live(options);
}
