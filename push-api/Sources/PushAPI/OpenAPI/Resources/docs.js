// Shows /api/v1/openapi.json to people. Nothing is fetched but that document.
import { element, paragraphs } from "./docs-elements.js";
import { operationView } from "./docs-operation.js";
import { namedSchema } from "./docs-schema.js";

const address = "/api/v1/openapi.json";
const methods = ["get", "post", "put", "patch", "delete"];
const status = document.getElementById("status");

/** Follows `$ref` within the document. */
function resolver(description) {
  return function resolve(value) {
    if (!value?.$ref?.startsWith("#/")) return value;
    return resolve(value.$ref.slice(2).split("/").reduce((at, key) => at[key], description));
  };
}

function operations(description) {
  return Object.entries(description.paths).flatMap(([path, item]) =>
    methods.filter((method) => item[method]).map((method) => ({ path, method, item, tag: item[method].tags[0] })));
}

/** How the commands sign in, if there is more than one way. */
function credentialsChoice(description, credentials) {
  if (!description.components.securitySchemes.bearer) return null;
  return element("p", { id: "credentials" }, element("label", { for: "sign-in" }, "Commands sign in with "),
    element("select", {
      id: "sign-in",
      onchange: (event) => {
        credentials.choice = event.target.value;
        for (const listener of credentials.listeners) listener();
      },
    }, element("option", { value: "password" }, "user and password"), element("option", { value: "key" }, "an API key")));
}

function contents(description, all) {
  const groups = description.tags.map((tag) => [
    element("h2", {}, tag.name),
    element("ul", {}, all.filter((one) => one.tag === tag.name).map(({ method, item }) =>
      element("li", {}, element("a", { href: `#${item[method].operationId}` }, item[method].summary)))),
  ]).flat();
  const names = Object.keys(description.components.schemas).map((name) =>
    element("li", {}, element("a", { href: `#schema-${name}` }, name)));
  return element("details", { open: matchMedia("(min-width: 50.01rem)").matches },
    element("summary", {}, "Operations"), groups, element("h2", {}, "Schemas"), element("ul", {}, names));
}

function show(description) {
  const credentials = { choice: "password", listeners: [] };
  const resolve = resolver(description);
  const all = operations(description);
  document.getElementById("title").textContent = description.info.title;
  document.title = description.info.title;
  document.getElementById("contents").append(contents(description, all));
  document.getElementById("content").append(
    ...paragraphs(description.info.description),
    ...[credentialsChoice(description, credentials)].filter(Boolean),
    ...description.tags.flatMap((tag) => [
      element("h2", {}, tag.name),
      element("p", { class: "tag-description" }, tag.description),
      ...all.filter((one) => one.tag === tag.name).map(({ path, method, item }) =>
        operationView(path, method, item, resolve, credentials)),
    ]),
    element("h2", {}, "Schemas"),
    ...Object.entries(description.components.schemas).map(([name, schema]) => namedSchema(name, schema)),
  );
  document.getElementById("page").hidden = false;
  status.replaceChildren(`Version ${description.info.version}, OpenAPI ${description.openapi}: `,
    element("a", { href: address }, address));
  // The place that the address names was not there when the browser looked for it.
  if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

async function load() {
  try {
    const response = await fetch(address, { credentials: "omit" });
    if (!response.ok) throw new Error(`status ${response.status}`);
    show(await response.json());
  } catch (error) {
    status.className = "failed";
    status.replaceChildren(`The description could not be read (${error.message}). `,
      element("button", { type: "button", onclick: () => location.reload() }, "Try again"));
  }
}

load();
