import { readMessage } from "./message.js";
import { Position } from "./position.js";
import { transports } from "./transports.js";

const DEFAULTS = { openTimeout: 10000, retryDelay: 1000, maxRetryDelay: 30000, transports: ["eventsource", "websocket", "longpolling"] };
/** So many failures in a row of a transport that was never open make the next one's turn. */
const PATIENCE = 2;

/**
 * Receives the messages of channels, over whatever transport gets through, and goes on where it was after each interruption.
 *
 * Events: `message` (detail: the message), `state` (detail: `{ state, transport, delay }`), `open`, `error` (detail: the error, after which it
 * goes on trying). It begins at once, and ends with `close()` or the signal.
 */
export class PushSubscriber extends EventTarget {
  #url;
  #channels;
  #options;
  #position;
  #names;
  #current = 0;
  #failures = 0;
  #wasOpen = false;
  #state = "connecting";
  #close = null;
  #timer = 0;
  #wake = () => this.reconnect();
  #sleep = () => this.#rest();

  /**
   * @param {{ url: string, channels: (string | { id: string, backtrack?: number })[], lastEventId?: string, transports?: string[],
   *   openTimeout?: number, retryDelay?: number, maxRetryDelay?: number, signal?: AbortSignal }} options `url` is push-stream's address;
   *   `backtrack`: how many of the last messages to begin with. Times are milliseconds.
   */
  constructor(options = {}) {
    super();
    const { url, channels, lastEventId, signal } = options;
    this.#url = base(url);
    this.#channels = list(channels);
    this.#options = { ...DEFAULTS, ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) };
    this.#position = new Position(lastEventId ?? "");
    this.#names = names(this.#options.transports);
    if (signal?.aborted) {
      this.#state = "closed";
      return;
    }
    signal?.addEventListener("abort", () => this.close(), { once: true });
    globalThis.addEventListener?.("online", this.#wake);
    // A page that is left may be kept for the way back. With its connection it would hold on to one of the few that a browser grants.
    globalThis.addEventListener?.("pagehide", this.#sleep);
    globalThis.addEventListener?.("pageshow", this.#wake);
    // Whoever has made it can listen before anything happens.
    this.#timer = setTimeout(() => this.#connect(), 0);
  }

  /** `connecting`, `open`, `waiting` (for the next try) or `closed`. */
  get state() {
    return this.#state;
  }

  /** The name of the transport that is used or tried now. */
  get transport() {
    return this.#names[this.#current];
  }

  /** The event id of the last message: another subscriber can go on there. Empty before the first. */
  get lastEventId() {
    return this.#position.eventId;
  }

  close() {
    if (this.#state === "closed") return;
    this.#disconnect();
    globalThis.removeEventListener?.("online", this.#wake);
    globalThis.removeEventListener?.("pagehide", this.#sleep);
    globalThis.removeEventListener?.("pageshow", this.#wake);
    this.#tell("closed");
  }

  /** Tries at once instead of after the pause; does nothing while it is open. */
  reconnect() {
    if (this.#state !== "waiting") return;
    this.#disconnect();
    this.#connect();
  }

  #rest() {
    if (this.#state === "closed") return;
    this.#disconnect();
    this.#tell("waiting");
  }

  #connect() {
    const transport = transports[this.transport];
    this.#wasOpen = false;
    this.#tell("connecting");
    // A listener may have closed it.
    if (this.#state !== "connecting") return;
    const handlers = {
      onOpen: () => this.#opened(),
      onData: (data) => this.#received(data),
      onEnd: (error) => this.#ended(error),
    };
    try {
      this.#close = transport.open({
        url: () => this.#address(transport.path),
        handlers,
        timeout: this.#options.openTimeout,
        onPosition: (time, tag) => this.#position.moveTo(time, tag),
      });
    } catch (error) {
      this.#ended(error);
    }
  }

  #address(path) {
    // A position replaces the backtrack: it says more exactly what was had already.
    const channels = this.#channels.map(({ id, backtrack }) =>
      encodeURIComponent(id) + (backtrack > 0 && !this.#position.isKnown ? `.b${backtrack}` : ""));
    const query = this.#position.query();
    return `${this.#url}/${path}/${channels.join("/")}${query ? `?${query}` : ""}`;
  }

  #opened() {
    this.#wasOpen = true;
    this.#failures = 0;
    this.#tell("open");
    this.dispatchEvent(new Event("open"));
  }

  #received(data) {
    const message = readMessage(data);
    if (message && this.#position.accept(message)) this.dispatchEvent(withDetail("message", message));
  }

  #ended(error) {
    this.#close = null;
    if (this.#state === "closed") return;
    this.#failures += 1;
    if (!this.#wasOpen && this.#failures % PATIENCE === 0) this.#current = (this.#current + 1) % this.#names.length;
    // A stream that push-stream recycles is opened anew at once; whatever fails again and again is tried more and more seldom.
    const exponent = Math.max(0, this.#failures - 1);
    const longest = Math.min(this.#options.maxRetryDelay, this.#options.retryDelay * 2 ** exponent);
    // Not all at the same moment: thousands may have lost the same push-stream.
    const delay = Math.round(longest * (0.5 + Math.random() / 2));
    this.#tell("waiting", delay);
    this.dispatchEvent(withDetail("error", error));
    if (this.#state !== "waiting") return;
    this.#timer = setTimeout(() => this.#connect(), delay);
  }

  #disconnect() {
    clearTimeout(this.#timer);
    this.#close?.();
    this.#close = null;
  }

  #tell(state, delay = 0) {
    this.#state = state;
    this.dispatchEvent(withDetail("state", { state, transport: this.transport, delay }));
  }
}

/** CustomEvent is missing in Node 18. */
function withDetail(type, detail) {
  const event = new Event(type);
  Object.defineProperty(event, "detail", { value: detail, enumerable: true });
  return event;
}

function base(url) {
  let parsed;
  try {
    parsed = new URL(url);
  } catch {
    throw new TypeError("PushSubscriber needs the url, the address of push-stream: http://localhost:9080");
  }
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:") throw new TypeError("the url begins with http:// or https://");
  return (parsed.origin + parsed.pathname).replace(/\/+$/, "");
}

function list(channels) {
  if (!Array.isArray(channels) || channels.length === 0) throw new TypeError("PushSubscriber needs the channels, at least one");
  return channels.map((channel) => {
    const { id, backtrack = 0 } = typeof channel === "string" ? { id: channel } : channel ?? {};
    if (typeof id !== "string" || id === "") throw new TypeError("each channel needs an id");
    if (!Number.isInteger(backtrack) || backtrack < 0) throw new TypeError("backtrack is a number of messages, 0 or more");
    return { id, backtrack };
  });
}

function names(wanted) {
  for (const name of wanted) {
    if (!Object.hasOwn(transports, name)) {
      throw new TypeError(`there is no transport "${name}": there are ${Object.keys(transports).join(", ")}`);
    }
  }
  const there = wanted.filter((name) => transports[name].isThere());
  if (there.length === 0) throw new TypeError(`none of these transports is to be had here: ${wanted.join(", ")}`);
  return there;
}
