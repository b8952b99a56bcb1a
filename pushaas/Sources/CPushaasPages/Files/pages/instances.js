import { confirmDialog, formDialog } from "../kit/dialog.js";
import { field, h, replace, select } from "../kit/dom.js";
import { ago, moment } from "../kit/format.js";
import { poll } from "../kit/poll.js";
import { Table } from "../kit/table.js";
import { toast } from "../kit/toast.js";
import { instanceLink, progressBar, statusBadge } from "./parts.js";

const INTERVAL = 2000;

/** All instances, with what their jobs are at. */
export function instancesPage({ api, plans, signal }) {
  const provider = h("span.muted", { role: "status" });
  const table = new Table({
    caption: "Instances",
    columns: [
      { title: "Name", cell: (row) => h("a", { href: instanceLink(row.name) }, row.name) },
      { title: "Status", cell: (row) => h("div", {}, statusBadge(row.status), progressBar(row.progress), problems(row)) },
      { title: "Plan", cell: (row) => (row.targetPlan ? `${row.plan} → ${row.targetPlan}` : row.plan) },
      { title: "Team", cell: (row) => row.team || h("span.muted", {}, "none") },
      { title: "Bound", class: "number", cell: (row) => String(row.bindings) },
      { title: "Created", class: "moment", cell: (row) => h("span", { title: moment(row.created) }, ago(row.created)) },
      {
        title: "", class: "actions", cell: (row) => h("button.small.quiet-danger", {
          type: "button", "aria-label": `Destroy ${row.name}`, onclick: () => destroyDialog(api, row.name, () => reload()),
        }, "Destroy"),
      },
    ],
    empty: [h("strong", {}, "There is no instance yet"),
      h("span", {}, "Users of tsuru create them with “tsuru service instance add”. Here you can create one too.")],
  });
  const gone = new Table({
    caption: "Destroyed instances",
    columns: [
      { title: "Name", cell: (row) => h("a", { href: `#/destroyed/${encodeURIComponent(row.id)}` }, row.name) },
      { title: "Status", cell: (row) => h("div", {}, row.failure ? h("span.badge.dot.bad", {}, "Something is left") : statusBadge("destroyed"),
        progressBar(row.progress), row.failure && h("div.muted", {}, row.failure)) },
      { title: "Destroyed", class: "moment", cell: (row) => h("span", { title: moment(row.destroyed) }, ago(row.destroyed)) },
    ],
    empty: "",
  });
  const destroyed = h("section.panel", { hidden: true }, h("header", {}, h("h2", {}, "Being removed")), gone.element);
  const reload = poll(INTERVAL, async (abort) => {
    const { data } = await api.get("/instances", { signal: abort });
    replace(provider, `on ${data.provider}`);
    table.show(data.instances);
    destroyed.hidden = data.destroyed.length === 0;
    gone.show(data.destroyed);
  }, signal, (error) => table.fail(error, () => reload()));
  return h("div.page", {},
    h("div.page-head", {}, h("h1", {}, "Instances"), provider, h("div.actions", {}, h("button.primary", {
      type: "button", onclick: () => createDialog(api, plans),
    }, "Create instance"))),
    h("div.panel", {}, table.element), destroyed);
}

function problems(row) {
  const texts = [
    row.failure,
    row.leftovers > 0 && `${row.leftovers === 1 ? "1 leftover" : `${row.leftovers} leftovers`} to remove`,
    row.drift > 0 && "Something differs from the plan",
  ].filter(Boolean);
  return texts.map((text) => h("div.muted", {}, text));
}

function createDialog(api, plans) {
  const name = h("input", {
    name: "name", required: true, minlength: "2", maxlength: "200", pattern: "[A-Za-z][-a-zA-Z0-9_]+", autocomplete: "off", autocapitalize: "none",
    spellcheck: "false",
  });
  const plan = select(plans.map((entry) => [entry.name, `${entry.name}: ${entry.description}`]), { name: "plan" },
    plans.find((entry) => entry.isDefault)?.name);
  formDialog({
    title: "Create instance",
    body: [
      field("Name", name, "Letters, digits, hyphens and underscores, a letter first."),
      field("Plan", plan),
      h("p.hint", {}, "Tsuru does not learn of instances that are created here: applications on tsuru need “tsuru service instance add”."),
    ],
    label: "Create instance",
    submit: () => api.post("/instances", { name: name.value, plan: plan.value }),
    done: () => {
      location.hash = instanceLink(name.value);
    },
  });
}

/** @param {() => void} done Called when the instance is gone, whoever destroyed it. */
export function destroyDialog(api, name, done) {
  confirmDialog({
    title: `Destroy ${name}?`,
    text: "Its channels and messages are gone, its subscribers are closed, and bound applications can publish no more. This cannot be undone.",
    label: "Destroy instance",
    action: async () => {
      try {
        await api.delete(`/instances/${encodeURIComponent(name)}`);
      } catch (error) {
        if (error.kind !== "missing") throw error;
      }
      toast(`${name} is being removed`);
      done();
    },
  });
}
