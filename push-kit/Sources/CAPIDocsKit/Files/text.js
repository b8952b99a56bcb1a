// Texts of the description: paragraphs with `code` between backticks.
import { h } from "./kit/dom.js";

/** A text in which `code` stands between backticks, as children of an element. */
export function inline(text) {
  return text.split(/`([^`]+)`/).map((part, index) => (index % 2 ? h("code", {}, part) : part));
}

/** Paragraphs, which empty lines separate. */
export function paragraphs(text) {
  return (text ?? "").split(/\n{2,}/).filter(Boolean).map((paragraph) => h("p", {}, inline(paragraph)));
}

/** A value of an example: JSON, or a text as it is. */
export function exampleView(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return h("div.example", {}, h("pre", { tabindex: "0", role: "region", "aria-label": "Example" }, h("code", {}, text)));
}
