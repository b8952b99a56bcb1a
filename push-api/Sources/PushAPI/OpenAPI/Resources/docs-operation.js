// Shows an operation: what it does, what it takes, what it answers, and the command that tries it.
import { curl } from "./docs-curl.js";
import { element, inline, json, paragraphs } from "./docs-elements.js";
import { schemaView } from "./docs-schema.js";

/** Calls `write` with what the clipboard shall hold, and tells on the button what became of it. */
function copyButton(text) {
  const button = element("button", {
    type: "button",
    onclick: async () => {
      try {
        await navigator.clipboard.writeText(text());
        button.textContent = "Copied";
      } catch {
        // Pages without TLS have no clipboard.
        button.textContent = "Select it";
      }
    },
  }, "Copy");
  return button;
}

function exampleOf(media) {
  if (media.example !== undefined) return [["example", media.example]];
  return Object.entries(media.examples ?? {}).map(([name, example]) => [name, example.value]);
}

function signIn(operation, choice) {
  const schemes = (operation.security ?? []).flatMap(Object.keys);
  if (!schemes.length) return "none";
  return choice === "key" && schemes.includes("bearer") ? "key" : "password";
}

function needs(operation) {
  const scopes = (operation.security ?? []).flatMap(Object.values).flat();
  if (!operation.security?.length) return element("p", { class: "muted" }, "Without authentication.");
  return scopes.length ? element("p", { class: "muted" }, "An API key needs the scope ", element("code", {}, scopes[0]), ".") : null;
}

function response(status, definition, resolve) {
  const headers = Object.entries(definition.headers ?? {}).map(([name, header]) => [name, resolve(header)]);
  const media = Object.entries(definition.content ?? {});
  return element(
    "details",
    {},
    element("summary", {}, element("code", {}, status), " ", inline(definition.description)),
    headers.length > 0 && element("h4", {}, "Header fields"),
    headers.length > 0 && element("dl", { class: "fields" }, headers.flatMap(([name, header]) => [
      element("dt", {}, element("code", {}, name), header.required && element("span", { class: "required" }, " always")),
      element("dd", {}, schemaView({ ...header.schema, description: header.description })),
    ])),
    media.map(([type, content]) => [
      element("h4", {}, "Body: ", element("code", {}, type)),
      schemaView(content.schema ?? {}),
      exampleOf(content).map(([name, value]) => [
        name === "example" ? null : element("p", { class: "muted" }, name),
        typeof value === "string" ? element("pre", {}, element("code", {}, value)) : json(value),
      ].filter(Boolean)).flat(),
    ]).flat(2),
  );
}

/** What the reader has put into the form of an operation, and the fields for it. */
function form(operation, parameters, id, changed) {
  const values = parameters.map((parameter) => ({
    name: parameter.name, in: parameter.in, value: String(parameter.required ? parameter.example ?? "" : ""),
  }));
  const rows = parameters.map((parameter, index) => element(
    "div",
    { class: "field" },
    element("label", { for: `${id}-${parameter.name}` }, element("code", {}, parameter.name),
      parameter.required && element("span", { class: "required" }, " required"),
      element("div", { class: "type" }, `in the ${parameter.in}`)),
    element("input", {
      id: `${id}-${parameter.name}`, value: values[index].value, placeholder: String(parameter.example ?? ""), autocomplete: "off",
      oninput: (event) => { values[index].value = event.target.value; changed(); },
    }),
    element("div", { class: "about" }, schemaView({ ...parameter.schema, description: parameter.description })),
  ));
  const media = operation.requestBody?.content["application/json"];
  if (!media) return { values, rows, body: () => null };
  const examples = exampleOf(media);
  const text = element("textarea", { id: `${id}-body`, spellcheck: "false", oninput: changed });
  const choose = (index) => { text.value = JSON.stringify(examples[index]?.[1] ?? {}); };
  choose(0);
  rows.push(
    element("h4", {}, "Body: ", element("code", {}, "application/json")),
    schemaView(media.schema),
    element("div", { class: "field" }, element("label", { for: `${id}-example` }, "Example"),
      element("select", { id: `${id}-example`, onchange: (event) => { choose(Number(event.target.value)); changed(); } },
        examples.map(([name], index) => element("option", { value: index }, name)))),
    element("div", { class: "field" }, element("label", { for: `${id}-body` }, "Body"), text),
  );
  return { values, rows, body: () => text.value };
}

/**
 * An operation.
 *
 * `resolve` follows `$ref`; `credentials` tells with what the reader wants to sign in, "password" or "key", and calls its
 * listeners when that changes.
 */
export function operationView(path, method, item, resolve, credentials) {
  const operation = item[method];
  const id = operation.operationId;
  const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map(resolve);
  const command = element("code", {});
  const shown = () => {
    command.textContent = curl({
      origin: location.origin, method, path, parameters: fields.values, body: fields.body(),
      credentials: signIn(operation, credentials.choice),
    });
  };
  const fields = form(operation, parameters, id, () => shown());
  credentials.listeners.push(shown);
  shown();
  return element(
    "article",
    { id },
    element("h3", {}, element("span", { class: `method ${method}` }, method.toUpperCase()), " ", element("code", {}, path)),
    element("p", {}, element("strong", {}, operation.summary)),
    paragraphs(operation.description),
    needs(operation),
    fields.rows.length > 0 && element("h4", {}, "Request"),
    fields.rows.length > 0 && fields.rows,
    element("h4", {}, "Try it"),
    element("div", { class: "command" }, element("pre", { tabindex: "0" }, command), copyButton(() => command.textContent)),
    element("h4", {}, "Answers"),
    Object.entries(operation.responses).map(([status, answer]) => response(status, resolve(answer), resolve)),
  );
}
