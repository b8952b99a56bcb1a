// Shows a JSON Schema: what kind of value it is, its limits, and its fields.
import { element, inline, paragraphs } from "./docs-elements.js";

const prefix = "#/components/schemas/";

function named(schema) {
  return schema.$ref?.startsWith(prefix) ? schema.$ref.slice(prefix.length) : null;
}

function link(name) {
  return element("a", { href: `#schema-${name}` }, name);
}

function separated(parts, separator) {
  return parts.flatMap((part, index) => (index ? [separator, part] : [part])).flat();
}

/** What kind of value it is, in words and links: "list of Message". */
export function kind(schema) {
  const name = named(schema);
  if (name) return [link(name)];
  if ("const" in schema) return [element("code", {}, JSON.stringify(schema.const))];
  if (schema.enum) return separated(schema.enum.map((value) => element("code", {}, JSON.stringify(value))), " or ");
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return separated(choices.map(kind), " or ");
  const types = [schema.type ?? "any value"].flat();
  return separated(types.map((type) => (type === "array" ? ["list of ", ...kind(schema.items ?? {})] : [type])), " or ");
}

function range(low, high, unit) {
  if (low !== undefined && high !== undefined) return `${low} to ${high}${unit}`;
  if (low !== undefined) return `${low} or more${unit}`;
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
  ].filter(Boolean);
}

function about(schema) {
  const texts = limits(schema);
  return [
    element("span", { class: "type" }, kind(schema), texts.length ? `, ${texts.join(", ")}` : null),
    schema.description && element("div", {}, inline(schema.description)),
    schema.pattern && element("div", { class: "type" }, "pattern ", element("code", {}, schema.pattern)),
  ];
}

function fields(schema) {
  const entries = Object.entries(schema.properties ?? {});
  if (!entries.length) return null;
  return element(
    "dl",
    { class: "fields" },
    entries.flatMap(([name, value]) => [
      element(
        "dt",
        {},
        element("code", {}, name),
        schema.required?.includes(name) && [" ", element("span", { class: "required" }, "required")].flat(),
      ),
      element("dd", {}, about(value), inner(value)),
    ].map((part) => part)),
  );
}

/** The fields of an object, or of the objects within lists and choices that have no name of their own. */
function inner(schema) {
  const nested = [schema.items, ...(schema.oneOf ?? []), ...(schema.anyOf ?? [])].filter((part) => part && !named(part));
  return [fields(schema), ...nested.flatMap(inner)].filter(Boolean);
}

/** A schema where it is used. */
export function schemaView(schema) {
  return element("div", {}, about(schema), inner(schema));
}

/** A schema of its own, with its name. */
export function namedSchema(name, schema) {
  return element(
    "article",
    { id: `schema-${name}` },
    element("h3", {}, name),
    paragraphs(schema.description),
    schemaView({ ...schema, description: undefined }),
  );
}
