import { Connection } from "./connection.js";
import { element } from "./dom.js";
import { TRANSPORTS } from "./transports/index.js";

/** So many messages stay in a log. */
const LOG_LENGTH = 200;
const STATES = { connecting: "connecting", open: "connected", waiting: "reconnecting", paused: "paused" };

/** A connection as its user sees it. */
export class Card {
  #connection;
  #state = element("span", { class: "state", role: "status" });
  #problem = element("p", { class: "problem", role: "alert" });
  #count = element("span", { class: "count" });
  #log;
  #pause;
  #received = 0;
  #hasLeft = false;

  /**
   * @param {import("./settings.js").ConnectionSettings} settings
   * @param {{ onEdit: () => void, onRemove: () => void }} actions
   */
  constructor(settings, { onEdit, onRemove }) {
    const { title } = TRANSPORTS[settings.transport];
    this.#log = element("ol", { class: "log", tabindex: "0", "aria-label": `Messages over ${title}` });
    this.#pause = element("button", { type: "button", click: () => this.#toggle() });
    this.element = element(
      "article", { class: "panel card", "data-transport": settings.transport, "aria-label": `${title}: ${settings.channels.join(" ")}` },
      element("header", {}, element("h2", {}, title), this.#count, this.#state),
      element("p", { class: "address" }, `${Connection.base(settings)}/${settings.channels.join("/")}`),
      this.#problem,
      this.#log,
      element(
        "div", { class: "actions" }, this.#pause, element("button", { type: "button", click: () => this.#clear() }, "Clear"),
        element("button", { type: "button", click: onEdit }, "Edit"), element("button", { type: "button", click: onRemove }, "Remove")));
    this.#clear();
    this.#connection = new Connection(settings, {
      onState: (state, problem) => this.#show(state, problem),
      onMessage: (message) => this.#add(message),
    });
    this.#connection.start();
  }

  /** Ends the connection. */
  close() {
    this.#connection.pause();
    this.element.remove();
  }

  /** While the page is not shown. */
  leave() {
    this.#hasLeft = this.#connection.state !== "paused";
    this.#connection.pause();
  }

  comeBack() {
    if (this.#hasLeft) this.#connection.start();
  }

  #toggle() {
    if (this.#connection.state === "paused") this.#connection.start();
    else this.#connection.pause();
  }

  #show(state, problem = "") {
    this.#state.textContent = STATES[state];
    this.#state.dataset.state = state;
    this.#pause.textContent = state === "paused" ? "Resume" : "Pause";
    // While it tries again, the reason stays readable.
    if (state !== "connecting") this.#problem.textContent = problem;
    this.#problem.hidden = this.#problem.textContent === "";
  }

  #add(message) {
    this.#received += 1;
    if (this.#received === 1) this.#log.replaceChildren();
    const facts = [["id", message.id], ["channel", message.channel], ["time", message.time], ["tag", message.tag], ["event id", message.eventId]];
    this.#log.prepend(
      element(
        "li", {}, element("span", { class: "text" }, message.text),
        element(
          "dl", {},
          ...facts.filter(([, value]) => value !== "").map(([name, value]) =>
            element("div", {}, element("dt", {}, name), element("dd", { "data-fact": name }, String(value)))))));
    while (this.#log.children.length > LOG_LENGTH) this.#log.lastElementChild.remove();
    this.#tellCount();
  }

  #clear() {
    this.#received = 0;
    this.#log.replaceChildren(element("li", { class: "none" }, "No message yet: publish one on these channels."));
    this.#tellCount();
  }

  #tellCount() {
    this.#count.textContent = this.#received === 1 ? "1 message" : `${this.#received} messages`;
  }
}
