// Makes elements without markup in strings, so that nothing in the document can become markup.

/** An element with attributes (`on...` are listeners) and children; texts become text nodes, null and false nothing. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== false && child !== undefined));
  return made;
}

/** A text in which `code` stands between backticks. */
export function inline(text) {
  return text.split(/`([^`]+)`/).map((part, index) => (index % 2 ? element("code", {}, part) : part));
}

/** Paragraphs, which empty lines separate. */
export function paragraphs(text) {
  return (text ?? "").split(/\n{2,}/).filter(Boolean).map((paragraph) => element("p", {}, inline(paragraph)));
}

/** A JSON value as a block. */
export function json(value) {
  return element("pre", { tabindex: "0" }, element("code", {}, JSON.stringify(value, null, 2)));
}
