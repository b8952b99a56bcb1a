/** Ids that are remembered to drop repetitions: more than any history that a connection begins with. */
const MEMORY = 2000;

/** How far a subscriber is, and what it has had already: after an interruption push-stream may say some messages twice. */
export class Position {
  #eventId = "";
  #time = "";
  #tag = "";
  #seen = new Set();

  /** @param {string} [eventId] Where an earlier subscriber was. */
  constructor(eventId = "") {
    this.#eventId = eventId;
  }

  get eventId() {
    return this.#eventId;
  }

  /** Whether anything was received, so that there is something to continue. */
  get isKnown() {
    return this.#eventId !== "" || this.#time !== "";
  }

  /**
   * Moves on by a message.
   *
   * @returns {boolean} Whether it is a new one.
   */
  accept({ channel, eventId, time, tag }) {
    if (eventId !== "") {
      // The same id on two channels are two messages.
      const key = `${channel}/${eventId}`;
      if (this.#seen.has(key)) return false;
      this.#seen.add(key);
      if (this.#seen.size > MEMORY) this.#seen.delete(this.#seen.values().next().value);
      this.#eventId = eventId;
    }
    this.#time = time;
    this.#tag = tag;
    return true;
  }

  /** Moves on by what an answer's headers say (long polling). */
  moveTo(time, tag) {
    this.#time = time;
    this.#tag = tag;
  }

  /** The query by which push-stream continues there; empty at the beginning. */
  query() {
    if (this.#eventId !== "") return `qs=on&eventid=${encodeURIComponent(this.#eventId)}`;
    if (this.#time !== "") return `qs=on&time=${encodeURIComponent(this.#time)}&tag=${encodeURIComponent(this.#tag)}`;
    return "";
  }
}
