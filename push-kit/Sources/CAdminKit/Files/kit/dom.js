/** Makes DOM nodes. Text stays text: nothing here, or anywhere in the app, turns a string into HTML. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * `h("button.primary", { type: "button", onclick: run }, "Save")`.
 *
 * Keys that begin with `on` are listeners; `class` adds to the classes of the tag; `dataset` is an object; `true` is an
 * attribute without a value; `false`, `null` and `undefined` are left out. Children are nodes, texts, numbers or lists of these.
 */
export function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  return fill(document.createElement(name), classes, attributes, children);
}

/** The same for SVG. */
export function svg(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  return fill(document.createElementNS(SVG, name), classes, attributes, children);
}

function fill(element, classes, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "class") classes.push(...value.split(" ").filter(Boolean));
    else if (key === "dataset") Object.assign(element.dataset, value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  if (classes.length > 0) element.classList.add(...classes);
  append(element, children);
  return element;
}

/** Adds children as `h` does. */
export function append(element, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === false || child === null || child === undefined) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/** Puts children in place of what is there. */
export function replace(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

let lastID = 0;

/** An id that no other element has. */
export function uniqueID(prefix) {
  lastID += 1;
  return `${prefix}-${lastID}`;
}

/** A label, its control, and a hint that is read with it. */
export function field(label, control, hint) {
  control.id ||= uniqueID("field");
  const parts = [h("label", { for: control.id }, label), control];
  if (hint) {
    const text = h("p.hint", { id: uniqueID("hint") }, hint);
    control.setAttribute("aria-describedby", text.id);
    parts.push(text);
  }
  return h("div.field", {}, parts);
}

/** A `<select>` of `[value, text]` pairs. */
export function select(options, attributes = {}, chosen = undefined) {
  return h("select", attributes, options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
}

/** Radio buttons that look like one control: `[value, text]` pairs. `onchange` gets the value. */
export function segmented(legend, options, chosen, onchange) {
  const name = uniqueID("choice");
  return h("fieldset.segmented", {}, h("legend.hidden", {}, legend), options.map(([value, text]) =>
    h("label", {},
      h("input", { type: "radio", name, value, checked: value === chosen, onchange: () => onchange(value) }),
      h("span", {}, text))));
}
