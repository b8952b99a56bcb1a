import { codeBlock } from "../kit/copy.js";
import { field, h, replace, segmented } from "../kit/dom.js";
import { publishing, subscribing } from "./examples.js";

/** How to publish and to subscribe, with this installation's addresses. */
export function howToPage({ streamURL }) {
  const addresses = { api: location.origin, stream: streamURL };
  const channel = h("input", { value: "news", maxlength: "200", autocapitalize: "none", spellcheck: "false" });
  const subscribe = new Examples("Subscribe", subscribing, "browser");
  const publish = new Examples("Publish", publishing, "curl");
  const show = () => {
    for (const examples of [subscribe, publish]) examples.show(addresses, channel.value || "news");
  };
  channel.addEventListener("input", show);
  show();
  return h("div.page.how-to", {},
    h("div.page-head", {}, h("h1", {}, "How to")),
    h("div.panel", {}, h("div.panel-body", {},
      h("dl.facts", {},
        h("dt", {}, "Publishing API"), h("dd.mono", {}, addresses.api),
        h("dt", {}, "Subscribers"), h("dd.mono", {}, addresses.stream),
        h("dt", {}, "Reference"), h("dd", {}, h("a", { href: "/api/docs" }, "all requests and answers"))),
      field("Channel of the examples", channel))),
    h("div.columns.even", {}, subscribe.element, publish.element));
}

/** A panel with an example in each language. */
class Examples {
  element;
  #languages;
  #language;
  #place = h("div.panel-body");
  #values = null;

  constructor(title, languages, chosen) {
    this.#languages = languages;
    this.#language = chosen;
    const options = languages.map(({ name, text }) => [name, text]);
    this.element = h("section.panel", { "aria-label": title }, h("header", {}, h("h2", {}, title), h("div.actions", {},
      segmented(`Language for ${title.toLowerCase()}`, options, chosen, (language) => {
        this.#language = language;
        this.#draw();
      }))), this.#place);
  }

  show(addresses, channel) {
    this.#values = { ...addresses, channel };
    this.#draw();
  }

  #draw() {
    const { examples } = this.#languages.find(({ name }) => name === this.#language);
    replace(this.#place, examples(this.#values).map(({ text, code }) => codeBlock(text, code)));
  }
}
