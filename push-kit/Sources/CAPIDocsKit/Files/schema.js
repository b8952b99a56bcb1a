// Shows a JSON Schema: what kind of value it is, its limits, and its fields.
import { h } from "./kit/dom.js";
import { inline, paragraphs } from "./text.js";

const PREFIX = "#/components/schemas/";

function nameOf(schema) {
  return schema.$ref?.startsWith(PREFIX) ? schema.$ref.slice(PREFIX.length) : null;
}

function literal(value) {
  return h("code", {}, JSON.stringify(value));
}

function choice(parts) {
  return parts.flatMap((part, index) => (index > 0 ? [" or ", part] : [part]));
}

/** What kind of value it is, in words and links: "list of Message". */
export function kind(schema) {
  const name = nameOf(schema);
  if (name) return h("a", { href: `#schema-${name}` }, name);
  if ("const" in schema) return literal(schema.const);
  if (schema.enum) return choice(schema.enum.map(literal));
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return choice(choices.map(kind));
  if (schema.allOf) return schema.allOf.map(kind).flatMap((part, index) => (index > 0 ? [" and ", part] : [part]));
  const types = [schema.type ?? "any value"].flat();
  return choice(types.map((type) => (type === "array" ? ["list of ", kind(schema.items ?? {})] : type)));
}

function range(low, high, unit) {
  if (low !== undefined && high !== undefined) return `${low} to ${high}${unit}`;
  if (low !== undefined) return `${low}${unit} or more`;
  return high === undefined ? null : `at most ${high}${unit}`;
}

/** The limits of a value, as texts. */
export function limits(schema) {
  return [
    range(schema.minLength, schema.maxLength, " characters"),
    range(schema.minimum, schema.maximum, ""),
    range(schema.minItems, schema.maxItems, " items"),
    schema.format && `format ${schema.format}`,
    "default" in schema && `default ${JSON.stringify(schema.default)}`,
    schema.additionalProperties === false && "no other fields",
  ].filter(Boolean);
}

function about(schema) {
  return [
    h("p.kind", {}, kind(schema), limits(schema).map((limit) => `, ${limit}`)),
    schema.description && h("p", {}, inline(schema.description)),
    schema.pattern && h("p.kind", {}, "pattern ", h("code", {}, schema.pattern)),
  ];
}

function fields(schema) {
  const entries = Object.entries(schema.properties ?? {});
  return entries.length > 0 && h("dl.definitions", {}, entries.map(([name, value]) => [
    h("dt", {}, h("code", {}, name), schema.required?.includes(name) && [" ", h("span.required", {}, "required")]),
    h("dd", {}, about(value), inner(value)),
  ]));
}

/** The fields of an object, and of the objects within lists and choices that have no name of their own. */
function inner(schema) {
  const parts = [schema.items, ...(schema.oneOf ?? []), ...(schema.anyOf ?? []), ...(schema.allOf ?? [])];
  return [fields(schema), parts.filter((part) => part && !nameOf(part)).map(inner)];
}

/** A schema where it is used. */
export function schemaView(schema) {
  return h("div", {}, about(schema), inner(schema));
}

/** A schema with its name. */
export function namedSchema(name, schema) {
  return h("section.panel", { id: `schema-${name}`, "aria-label": name },
    h("header", {}, h("h3", {}, name)),
    h("div.panel-body", {}, h("div.about", {}, paragraphs(schema.description)), schemaView({ ...schema, description: undefined })));
}
