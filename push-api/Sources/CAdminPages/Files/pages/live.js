/** How many messages of the history a subscription begins with: as many as push-stream keeps by default. */
export const BACKTRACK = 20;
/** Milliseconds without another message after which the history is taken to be over. */
const HISTORY_PAUSE = 1000;
const FIRST_DELAY = 1000;
const LAST_DELAY = 15000;

/**
 * A subscription of one channel over EventSource or WebSocket. It begins with the channel's history, and continues where it was
 * after an interruption or a change of the transport: the position goes into the query.
 */
export class LiveConnection {
  #base;
  #channel;
  #onState;
  #onMessage;
  #onHistoryEnd;
  #transport = "eventsource";
  #source = null;
  #lastEventID = null;
  #isHistory = true;
  #historyCount = 0;
  #timer = 0;
  #historyTimer = 0;
  #failures = 0;

  /**
   * @param {string} base push-stream's URL for subscribers.
   * @param {(state: "connecting"|"open"|"waiting"|"closed", seconds?: number, failures?: number) => void} onState `seconds` until
   *   the next try; `failures` in a row so far.
   * @param {(message: object, isStored: boolean) => void} onMessage `{ channel, text, time, eventid }`; `isStored`: of the history.
   * @param {() => void} onHistoryEnd Called once, when all of the history has come.
   */
  constructor({ base, channel, onState, onMessage, onHistoryEnd }) {
    this.#base = base;
    this.#channel = channel;
    this.#onState = onState;
    this.#onMessage = onMessage;
    this.#onHistoryEnd = onHistoryEnd;
  }

  get isOpen() {
    return this.#source !== null || this.#timer !== 0;
  }

  /** @param {"eventsource"|"websocket"} transport */
  open(transport) {
    this.#end();
    this.#transport = transport;
    this.#failures = 0;
    this.#connect();
  }

  close() {
    this.#end();
    this.#onState("closed");
  }

  /** Tries at once instead of after the pause. */
  retryNow() {
    if (this.#timer === 0) return;
    this.#end();
    this.#connect();
  }

  #connect() {
    this.#onState("connecting");
    const url = this.#url();
    try {
      this.#source = this.#transport === "websocket" ? new WebSocket(url) : new EventSource(url);
    } catch {
      this.#retry();
      return;
    }
    const source = this.#source;
    const ifCurrent = (action) => (event) => { if (source === this.#source) action(event); };
    source.onopen = ifCurrent(() => this.#opened());
    source.onmessage = ifCurrent((event) => this.#received(event.data));
    // EventSource would try again by itself, but without telling when, and it gives up after some errors.
    source.onerror = ifCurrent(() => this.#retry());
    if (source instanceof WebSocket) source.onclose = ifCurrent(() => this.#retry());
  }

  #url() {
    const path = this.#transport === "websocket" ? "ws" : "ev";
    const base = this.#transport === "websocket" ? this.#base.replace(/^http/, "ws") : this.#base;
    const channel = encodeURIComponent(this.#channel);
    if (this.#lastEventID === null) return `${base}/${path}/${channel}.b${BACKTRACK}`;
    return `${base}/${path}/${channel}?qs=on&eventid=${encodeURIComponent(this.#lastEventID)}`;
  }

  #opened() {
    this.#failures = 0;
    this.#onState("open");
    this.#awaitEndOfHistory();
  }

  #awaitEndOfHistory() {
    clearTimeout(this.#historyTimer);
    if (this.#isHistory) this.#historyTimer = setTimeout(() => this.#endHistory(), HISTORY_PAUSE);
  }

  #endHistory() {
    clearTimeout(this.#historyTimer);
    this.#isHistory = false;
    this.#onHistoryEnd();
  }

  #received(data) {
    const message = decode(data);
    if (!message) return;
    if (message.eventid) this.#lastEventID = message.eventid;
    this.#onMessage(message, this.#isHistory);
    if (!this.#isHistory) return;
    this.#historyCount += 1;
    if (this.#historyCount >= BACKTRACK) this.#endHistory();
    else this.#awaitEndOfHistory();
  }

  #retry() {
    this.#end();
    const delay = Math.min(LAST_DELAY, FIRST_DELAY * 2 ** this.#failures);
    this.#failures += 1;
    this.#onState("waiting", Math.round(delay / 1000), this.#failures);
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.#connect();
    }, delay);
  }

  #end() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    clearTimeout(this.#historyTimer);
    const source = this.#source;
    this.#source = null;
    source?.close();
  }
}

/** A message, or `null` for what push-stream says of itself: its ids are negative. */
function decode(data) {
  try {
    const message = JSON.parse(data);
    if (typeof message.text !== "string" || message.id < 0) return null;
    return { ...message, text: decodeText(message.text) };
  } catch {
    return null;
  }
}

/** push-api percent-encodes all texts; one that was published past it may not be. */
function decodeText(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
