import { codeBlock } from "../kit/copy.js";
import { confirmDialog, formDialog, openDialog } from "../kit/dialog.js";
import { field, h, select } from "../kit/dom.js";
import { ago, day, moment, number, timeLeft } from "../kit/format.js";
import { notice } from "../kit/notice.js";
import { Table } from "../kit/table.js";
import { toast } from "../kit/toast.js";

const SCOPES = [
  ["publish", "Publish messages"],
  ["channels", "Create, list and delete channels"],
  ["stats", "Read statistics"],
  ["admin", "All of these, and manage keys"],
];
const LIFETIMES = [["0", "Never"], ["86400", "In 1 day"], ["2592000", "In 30 days"], ["7776000", "In 90 days"], ["31536000", "In 1 year"]];
const GRACES = [["0", "Ends now"], ["3600", "1 hour"], ["86400", "1 day"], ["604800", "7 days"]];

/** API keys: create, rotate, revoke. A secret is shown once, when it is made. */
export function keysPage({ api, signal }) {
  const load = async () => {
    table.loading();
    try {
      table.show((await api.get("/keys", { signal })).data);
    } catch (error) {
      if (!signal.aborted) table.fail(error, load);
    }
  };
  const create = h("button.primary", { type: "button", onclick: () => createDialog(api, load) }, "Create key");
  const table = new Table({
    caption: "API keys",
    columns: [
      { title: "Name", cell: (key) => h("div", {}, key.name, h("div.key-id", {}, key.id)) },
      { title: "May", cell: rights },
      { title: "Limits", cell: limits },
      { title: "Created", cell: (key) => h("span", { title: moment(key.created) }, day(key.created)) },
      { title: "Expires", cell: (key) => h("span", { title: moment(key.expires) }, timeLeft(key.expires)) },
      { title: "Last used", cell: (key) => h("span", { title: moment(key.lastUsed) }, ago(key.lastUsed)) },
      { title: "", class: "actions", cell: (key) => [
        h("button.small", { type: "button", "aria-label": `Rotate ${key.name}`, onclick: () => rotateDialog(api, key, load) }, "Rotate"),
        h("button.small.quiet-danger", { type: "button", "aria-label": `Revoke ${key.name}`, onclick: () => revokeDialog(api, key, load) }, "Revoke"),
      ] },
    ],
    empty: [h("strong", {}, "There is no key yet"), h("span", {}, "Give each application its own key, with no more rights than it needs.")],
  });
  load();
  return h("div.page", {},
    h("div.page-head", {}, h("h1", {}, "Keys"), h("div.actions", {}, create)),
    h("div.panel", {}, table.element));
}

function rights(key) {
  return h("div", {},
    h("div.badges", {}, key.scopes.map((scope) => h("span.badge", {}, scope))),
    key.channelPrefixes?.length > 0 && h("div.muted", {}, `channels ${key.channelPrefixes.map((prefix) => `${prefix}…`).join(", ")}`),
    key.secrets?.length > 1 && h("div.muted", {}, `old secret: ${timeLeft(key.secrets.find((secret) => secret.expires)?.expires)}`));
}

function limits({ limits: { messagesPerSecond, bytesPerSecond } }) {
  const parts = [messagesPerSecond && `${number(messagesPerSecond)} messages/s`, bytesPerSecond && `${number(bytesPerSecond)} bytes/s`];
  return h("div", {}, parts.some(Boolean) ? parts.map((part) => part && h("div", {}, part)) : h("span.muted", {}, "none"));
}

function createDialog(api, reload) {
  const name = h("input", { name: "name", required: true, maxlength: "100", autocomplete: "off" });
  const boxes = SCOPES.map(([scope]) => h("input", { type: "checkbox", name: "scope", value: scope, checked: scope === "publish" }));
  const prefixes = h("textarea", { name: "prefixes", rows: "2", spellcheck: "false", autocapitalize: "none" });
  const messages = h("input", { name: "messages", type: "number", min: "1", max: "1000000", inputmode: "numeric", placeholder: "no limit" });
  const bytes = h("input", { name: "bytes", type: "number", min: "1", max: "1000000000", inputmode: "numeric", placeholder: "no limit" });
  const lifetime = select(LIFETIMES, { name: "ttl" }, "0");
  const checkScopes = () => boxes[0].setCustomValidity(boxes.some((box) => box.checked) ? "" : "Choose at least one.");
  for (const box of boxes) box.addEventListener("change", checkScopes);
  let created = null;
  formDialog({
    title: "Create key",
    body: [
      field("Name", name, "Who uses it: an application, a team."),
      h("fieldset.choices", {}, h("legend", {}, "May"), SCOPES.map(([scope, text], index) =>
        h("label", {}, boxes[index], scope, h("small", {}, text)))),
      field("Only channels that begin with", prefixes, "One prefix on each line. Empty: all channels. Not together with admin."),
      h("div.fields", {}, field("Messages per second", messages), field("Bytes per second", bytes), field("Expires", lifetime)),
    ],
    label: "Create key",
    submit: async () => {
      const channelPrefixes = prefixes.value.split("\n").map((line) => line.trim()).filter(Boolean);
      const limits = {
        ...(messages.value ? { messagesPerSecond: Number(messages.value) } : {}),
        ...(bytes.value ? { bytesPerSecond: Number(bytes.value) } : {}),
      };
      created = (await api.post("/keys", {
        name: name.value.trim(),
        scopes: boxes.filter((box) => box.checked).map((box) => box.value),
        ...(channelPrefixes.length > 0 ? { channelPrefixes } : {}),
        ...(Object.keys(limits).length > 0 ? { limits } : {}),
        ttl: Number(lifetime.value),
      })).data;
    },
    done: () => {
      reload();
      secretDialog("Key created", created);
    },
  });
}

function rotateDialog(api, key, reload) {
  const grace = select(GRACES, { name: "previousTTL" }, "86400");
  let rotated = null;
  formDialog({
    title: `Rotate ${key.name}?`,
    body: [h("p", {}, "The key gets a new secret. Its rights stay as they are."),
      field("The old secret works for", grace, "Time to put the new one wherever the key is used. Two secrets work at once at most.")],
    label: "Rotate key",
    submit: async () => {
      rotated = (await api.post(`/keys/${encodeURIComponent(key.id)}/rotate`, { previousTTL: Number(grace.value) })).data;
    },
    done: () => {
      reload();
      secretDialog("Key rotated", rotated);
    },
  });
}

function revokeDialog(api, key, reload) {
  confirmDialog({
    title: `Revoke ${key.name}?`,
    text: "Whoever uses this key is refused from now on. This cannot be undone.",
    label: "Revoke key",
    action: async () => {
      try {
        await api.delete(`/keys/${encodeURIComponent(key.id)}`);
      } catch (error) {
        if (error.kind !== "missing") throw error;
      }
      toast(`Key ${key.name} revoked`);
      reload();
    },
  });
}

function secretDialog(title, { name, key }) {
  const close = h("button.primary", { type: "button", onclick: () => dialog.close() }, "I have stored it");
  const dialog = openDialog({
    title,
    body: h("div.secret", {},
      notice("warning", "This is the only time that the key is shown", `Store ${name} where your application reads its secrets.`),
      codeBlock("API key", key),
      h("p.hint", {}, "Send it as “Authorization: Bearer KEY”, or as the password of HTTP Basic authentication with any user name.")),
    buttons: [close],
  });
  // It cannot be had again: only the button closes it.
  dialog.dataset.stays = "";
  dialog.addEventListener("cancel", (event) => event.preventDefault());
}
