// Shows an operation: what it does, what it takes, the command that tries it, and what it answers.
import { curl } from "./curl.js";
import { codeBlock } from "./kit/copy.js";
import { field, h, select } from "./kit/dom.js";
import { kind, limits, schemaView } from "./schema.js";
import { exampleView, inline, paragraphs } from "./text.js";

/** `[name, value]` of each example; the only one has no name. */
function examplesOf(media) {
  if (media.example !== undefined) return [["", media.example]];
  return Object.entries(media.examples ?? {}).map(([name, example]) => [name, example.value]);
}

function signIn(operation, choice) {
  const schemes = (operation.security ?? []).flatMap(Object.keys);
  if (schemes.length === 0) return "none";
  return choice === "key" && schemes.includes("bearer") ? "key" : "password";
}

function needs(operation) {
  if (!operation.security?.length) return h("p.muted", {}, "Without authentication.");
  const scopes = operation.security.flatMap((scheme) => Object.values(scheme).flat());
  return scopes.length > 0 && h("p.muted", {}, "An API key needs the scope ", h("code", {}, scopes[0]), ".");
}

function answer(status, definition, resolve) {
  const headers = Object.entries(definition.headers ?? {}).map(([name, header]) => [name, resolve(header)]);
  return h("details.answer", {},
    h("summary", {}, h("code", {}, status), " ", inline(definition.description)),
    h("div", {},
      Object.entries(definition.content ?? {}).map(([type, media]) => [
        h("h4", {}, "Body: ", h("code", {}, type)),
        schemaView(media.schema ?? {}),
        examplesOf(media).map(([name, value]) => [name && h("p.kind", {}, name), exampleView(value)]),
      ]),
      headers.length > 0 && [
        h("h4", {}, "Header fields"),
        h("dl.definitions", {}, headers.map(([name, header]) => [
          h("dt", {}, h("code", {}, name), header.required && [" ", h("span.required", {}, "always")]),
          h("dd", {}, schemaView({ ...header.schema, description: header.description })),
        ])),
      ]));
}

/** The fields for what an operation takes, and what the reader has put into them. `changed` is called when that changes. */
function inputs(operation, parameters, changed) {
  const values = parameters.map((parameter) => ({
    name: parameter.name, in: parameter.in, value: parameter.required ? String(parameter.example ?? "") : "",
  }));
  const rows = parameters.map((parameter, index) => [
    field(`${parameter.name} (${parameter.in}${parameter.required ? ", required" : ""})`, h("input", {
      value: values[index].value, placeholder: String(parameter.example ?? ""), autocomplete: "off", spellcheck: "false",
      oninput: (event) => { values[index].value = event.target.value; changed(); },
    }), [inline(parameter.description), " ", kind(parameter.schema), limits(parameter.schema).map((limit) => `, ${limit}`)]),
  ]);
  const media = operation.requestBody?.content["application/json"];
  if (!media) return { values, rows, body: () => null };
  const examples = examplesOf(media);
  const text = h("textarea", { spellcheck: "false", oninput: changed });
  const show = (index) => { text.value = JSON.stringify(examples[index]?.[1] ?? {}); };
  show(0);
  rows.push(
    h("div", {}, h("h4", {}, "Body: ", h("code", {}, "application/json")), schemaView(media.schema)),
    field("Example", select(examples.map(([name], index) => [index, name]), {
      onchange: (event) => { show(Number(event.target.value)); changed(); },
    })),
    field("Body", text),
  );
  // A body that may be missing is left out when the field is empty.
  return { values, rows, body: () => (text.value === "" ? null : text.value) };
}

/**
 * An operation of the description.
 *
 * `resolve` follows `$ref`. `credentials` has the reader's `choice`, "password" or "key", and `listeners`, which are called when it
 * changes.
 */
export function operationView({ path, method, item }, resolve, credentials) {
  const operation = item[method];
  const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map(resolve);
  const taken = inputs(operation, parameters, () => show());
  const command = codeBlock("Command:", "");
  const show = () => {
    command.querySelector("code").textContent = curl({
      origin: location.origin, method, path, parameters: taken.values, body: taken.body(),
      credentials: signIn(operation, credentials.choice),
    });
  };
  show();
  credentials.listeners.push(show);
  return h("section.panel", { id: operation.operationId, "aria-label": operation.summary },
    h("header", {}, h("h3", {}, h(`span.method.${method}`, {}, method.toUpperCase()), h("code", {}, path))),
    h("div.panel-body", {},
      h("div.about", {}, h("p", {}, h("strong", {}, operation.summary)), paragraphs(operation.description), needs(operation)),
      taken.rows.length > 0 && [h("h4", {}, "Request"), h("div.inputs", {}, taken.rows)],
      h("h4", {}, "Try it"), command,
      h("h4", {}, "Answers"),
      h("div.answers", {}, Object.entries(operation.responses).map(([status, one]) => answer(status, resolve(one), resolve)))));
}
