import { readMessage } from "/client/subscriber/message.js";
import { Position } from "/client/subscriber/position.js";
import { TRANSPORTS } from "./transports/index.js";

const OPEN_TIMEOUT = 10000;
const FIRST_DELAY = 500;
const LAST_DELAY = 15000;

/** A subscription over one transport. It continues where it was after an interruption, and while it was paused nothing is lost either. */
export class Connection {
  #settings;
  #listener;
  #position = new Position();
  #close = null;
  #timer = 0;
  #failures = 0;
  #state = "paused";

  /**
   * @param {import("./settings.js").ConnectionSettings} settings
   * @param {{ onState: (state: "connecting" | "open" | "waiting" | "paused", problem?: string) => void, onMessage: (message: object) => void }} listener
   */
  constructor(settings, listener) {
    this.#settings = settings;
    this.#listener = listener;
  }

  get state() {
    return this.#state;
  }

  /** Without channels and query. */
  static base({ transport, host, port, path, secure }) {
    const scheme = transport === "websocket" ? "ws" : "http";
    return `${scheme}${secure ? "s" : ""}://${host.includes(":") ? `[${host}]` : host}:${port}${path}`;
  }

  start() {
    if (this.#state !== "paused") return;
    this.#failures = 0;
    this.#connect();
  }

  pause() {
    clearTimeout(this.#timer);
    this.#close?.();
    this.#close = null;
    this.#tell("paused");
  }

  #connect() {
    this.#tell("connecting");
    const current = () => this.#close === close;
    let close = null;
    const handlers = {
      onOpen: () => {
        if (!current() || this.#state === "open") return;
        this.#failures = 0;
        this.#tell("open");
      },
      onData: (data) => {
        if (!current()) return;
        const message = readMessage(data);
        if (message && this.#position.accept(message)) this.#listener.onMessage(message);
      },
      onEnd: (error) => {
        if (!current()) return;
        this.#close = null;
        this.#wait(error);
      },
    };
    try {
      close = TRANSPORTS[this.#settings.transport].open({
        url: () => this.#url(),
        handlers,
        timeout: OPEN_TIMEOUT,
        onPosition: (time, tag) => this.#position.moveTo(time, tag),
      });
      this.#close = close;
    } catch (error) {
      this.#wait(error);
    }
  }

  #wait(error) {
    const delay = Math.min(LAST_DELAY, FIRST_DELAY * 2 ** this.#failures);
    this.#failures += 1;
    this.#tell("waiting", this.#explain(error));
    this.#timer = setTimeout(() => this.#connect(), delay);
  }

  /** Browsers tell pages little about why a connection failed: what there is to look at is said here. */
  #explain(error) {
    const { host, port, path } = this.#settings;
    if (this.#failures === 1) return `${error.message}; it is tried again`;
    return `${error.message}. Is a push-stream running at ${host}:${port}, does it have the location ${path}, and may pages of other `
      + "origins subscribe (push_stream_allowed_origins)? It is tried again.";
  }

  #url() {
    const channels = this.#settings.channels.map((channel) => {
      const [, id, backtrack] = /^(.*?)(\.b\d+)?$/.exec(channel);
      // A position says more exactly what was had already.
      return encodeURIComponent(id) + (this.#position.isKnown ? "" : backtrack ?? "");
    });
    const query = this.#position.query();
    return `${Connection.base(this.#settings)}/${channels.join("/")}${query ? `?${query}` : ""}`;
  }

  #tell(state, problem) {
    this.#state = state;
    this.#listener.onState(state, problem);
  }
}
