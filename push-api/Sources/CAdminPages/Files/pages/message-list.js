import { h, replace } from "../kit/dom.js";
import { number, timeOfDay } from "../kit/format.js";

/** Older messages leave the list. */
const MAXIMUM = 200;

/** What a subscription has received, newest first, the history apart from what came live. */
export class MessageList {
  element = h("div.messages", { role: "log", "aria-label": "Messages, newest first", tabindex: "0" });
  count = h("span.muted");
  #received = 0;

  constructor() {
    this.clear("Waiting for messages…");
  }

  /** @param {boolean} isStored Whether it is of the history. */
  add(message, isStored) {
    if (this.#received === 0) replace(this.element);
    this.#received += 1;
    this.element.prepend(h("div.message", { class: isStored ? "stored" : "" },
      h("time", { datetime: message.time }, timeOfDay(momentOf(message))), h("p", {}, message.text),
      h("small", {}, `${isStored ? "history, " : ""}message ${message.id}, event id ${message.eventid || "none"}`)));
    while (this.element.childElementCount > MAXIMUM) this.element.lastElementChild.remove();
    this.count.textContent = `${number(this.#received)} received`;
  }

  /** What is added from now on stands above a line, unless there is nothing to tell it from. */
  endHistory() {
    this.element.dataset.history = "over";
    if (this.#received === 0) return;
    this.element.prepend(h("div.divider", {}, "Live from here up"));
  }

  clear(text) {
    this.#received = 0;
    this.count.textContent = "";
    replace(this.element, h("p.empty", {}, text));
  }
}

/** An event id is a Redis stream id, which begins with milliseconds; the time itself has seconds only. */
function momentOf(message) {
  const milliseconds = /^(\d{12,14})-\d+$/.exec(message.eventid ?? "")?.[1];
  return milliseconds ? Number(milliseconds) : message.time;
}
