// Shows /api/v1/openapi.json to people. Nothing is fetched but that document.
import { h, replace, segmented } from "./kit/dom.js";
import { Shell } from "./kit/shell.js";
import { applyTheme } from "./kit/theme.js";
import { operationView } from "./operation.js";
import { namedSchema } from "./schema.js";
import { paragraphs } from "./text.js";

const ADDRESS = "/api/v1/openapi.json";
const METHODS = ["get", "post", "put", "patch", "delete"];

/** Follows `$ref` within the document. */
function resolver(description) {
  return function resolve(value) {
    if (!value?.$ref?.startsWith("#/")) return value;
    return resolve(value.$ref.slice(2).split("/").reduce((at, key) => at[key], description));
  };
}

function operationsOf(description) {
  return Object.entries(description.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({ path, method, item, tag: item[method].tags[0] })));
}

/** How the commands sign in, if there is more than one way. */
function credentialsChoice(description, credentials) {
  if (!description.components.securitySchemes.bearer) return null;
  return h("p", {}, "The commands sign in with ", segmented("Credentials", [["password", "User"], ["key", "API key"]], credentials.choice,
    (choice) => {
      credentials.choice = choice;
      for (const listener of credentials.listeners) listener();
    }));
}

function link(id, text) {
  return h("li", {}, h("a", { href: `#${id}` }, text));
}

function contents(description, operations) {
  const groups = description.tags.map(({ name }) => [
    h("h2", {}, name),
    h("ul", {}, operations.filter((one) => one.tag === name).map(({ method, item }) => link(item[method].operationId, item[method].summary))),
  ]);
  // Wide screens show no summary that could open it.
  const wide = matchMedia("(min-width: 800.01px)");
  const details = h("details", { open: wide.matches }, h("summary", {}, "Operations"), groups,
    h("h2", {}, "Schemas"), h("ul", {}, Object.keys(description.components.schemas).map((name) => link(`schema-${name}`, name))));
  wide.addEventListener("change", () => { details.open = wide.matches; });
  return h("nav.contents", { "aria-label": "Operations" }, details);
}

function page(description) {
  const credentials = { choice: "password", listeners: [] };
  const resolve = resolver(description);
  const operations = operationsOf(description);
  return [
    h("div.page-head", {}, h("h1", {}, description.info.title),
      h("p.muted", {}, `Version ${description.info.version}, OpenAPI ${description.openapi}: `, h("a", { href: ADDRESS }, ADDRESS))),
    h("div.docs", {}, contents(description, operations), h("div.page", {},
      h("div.about", {}, paragraphs(description.info.description), credentialsChoice(description, credentials)),
      description.tags.map(({ name, description: text }) => [
        h("div.tag", {}, h("h2", {}, name), h("p.muted", {}, text)),
        operations.filter((one) => one.tag === name).map((one) => operationView(one, resolve, credentials)),
      ]),
      h("div.tag", {}, h("h2", {}, "Schemas")),
      Object.entries(description.components.schemas).map(([name, schema]) => namedSchema(name, schema)))),
  ];
}

async function start() {
  const shell = new Shell({
    product: document.documentElement.dataset.product, links: [{ href: "/admin", text: "Admin app" }], account: null, onSignOut: () => {},
  });
  shell.mark("", "API");
  replace(shell.main, h("p.loading", { role: "status" }, "Loading…"));
  try {
    const response = await fetch(ADDRESS, { credentials: "omit" });
    if (!response.ok) throw new Error(`status ${response.status}`);
    replace(shell.main, h("div.page", {}, page(await response.json())));
  } catch (error) {
    replace(shell.main, h("div.notice.error", { role: "alert" },
      h("p.notice-title", {}, "The description of the API could not be read"), h("p", {}, `The server may be down (${error.message}).`),
      h("div", {}, h("button", { type: "button", onclick: start }, "Try again"))));
    return;
  }
  // The place that the address names was not there when the browser looked for it.
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target) location.replace(location.hash);
}

applyTheme();
start();
