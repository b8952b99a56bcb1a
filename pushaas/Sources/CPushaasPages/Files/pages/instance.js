import { run } from "../kit/busy.js";
import { formDialog } from "../kit/dialog.js";
import { field, h, replace, select } from "../kit/dom.js";
import { ago, moment, number } from "../kit/format.js";
import { errorNotice, notice } from "../kit/notice.js";
import { poll } from "../kit/poll.js";
import { Table } from "../kit/table.js";
import { toast } from "../kit/toast.js";
import { destroyDialog } from "./instances.js";
import { leftoverList, logList, statusBadge, stepList } from "./parts.js";

const INTERVAL = 1000;

/** One instance: what it is, what its last job has done, who is bound. */
export function instancePage({ api, plans, parameters: { name }, signal }) {
  const path = `/instances/${encodeURIComponent(name)}`;
  const status = h("span", { role: "status" });
  const actions = h("div.actions");
  const trouble = h("div", { "aria-live": "polite" });
  const problems = h("div.stack");
  const tiles = h("dl.tiles");
  const facts = h("dl.facts");
  const steps = h("div");
  const jobTitle = h("h2", {}, "Last job");
  const log = h("div");
  const bindings = new Table({
    caption: "Bindings",
    columns: [
      { title: "Name", cell: (row) => row.name },
      { title: "Kind", cell: (row) => row.kind },
      { title: "User", cell: (row) => row.user ?? h("span.muted", {}, "none") },
      { title: "Since", class: "moment", cell: (row) => (row.created ? h("span", { title: moment(row.created) }, ago(row.created)) : "–") },
    ],
    empty: [h("strong", {}, "Nothing is bound"), h("span", {}, `“tsuru service instance bind pushaas ${name} -a APP” binds an application.`)],
  });
  let shown = null;
  // Only what has changed is drawn anew: a text that is being selected, or a log that is being read, stays.
  const update = (place, value, draw) => {
    const text = JSON.stringify(value);
    if (place.shownText === text) return;
    place.shownText = text;
    replace(place, draw(value));
  };
  const reload = poll(INTERVAL, async (abort) => {
    const { data } = await api.get(path, { signal: abort });
    shown = data;
    replace(trouble);
    update(status, data.status, statusBadge);
    update(actions, [data.status, data.drift.length > 0], () => buttons());
    update(problems, [data.failure, data.leftovers, data.drift], () => problemNotices(data));
    update(tiles, [data.figures, data.plan.name, data.targetPlan, data.bindings.length], () => tileList(data));
    update(facts, [data.addresses, data.team, data.user, data.description, data.tags, data.created, data.id], () => factList(data));
    update(jobTitle, data.job && [data.job.kind, data.job.state], () => jobText(data.job));
    update(steps, data.job, stepList);
    update(log, data.log, logList);
    if (bindings.shownText !== JSON.stringify(data.bindings)) {
      bindings.shownText = JSON.stringify(data.bindings);
      bindings.show(data.bindings);
    }
  }, signal, (error) => {
    if (error.kind === "missing") {
      replace(trouble, notice("info", `There is no instance “${name}”`, "It was destroyed, or it was never created.",
        h("p", {}, h("a", { href: "#/instances" }, "All instances"))));
      replace(actions);
      actions.shownText = null;
    } else {
      replace(trouble, errorNotice(error, () => reload()));
    }
  });

  const act = (button, action) => run(button, trouble, async () => {
    await action();
    reload();
  });
  const buttons = () => [
    shown.status === "failed" && h("button.primary", {
      type: "button", onclick: ({ currentTarget }) => act(currentTarget, async () => {
        await api.post(`${path}/retry`);
        toast(`${name} is tried again`);
      }),
    }, "Try again"),
    shown.status === "running" && h("button", {
      type: "button", onclick: ({ currentTarget }) => act(currentTarget, async () => {
        const { data } = await api.post(`${path}/inspect`);
        toast(data.drift.length === 0 ? "Everything is as the plan says" : "Something differs from the plan");
      }),
    }, "Inspect"),
    shown.status === "running" && plans.length > 1 && h("button", { type: "button", onclick: () => planDialog(api, path, shown, plans, reload) }, "Change plan"),
    h("button.quiet-danger", { type: "button", onclick: () => destroyDialog(api, name, () => { location.hash = "#/instances"; }) }, "Destroy"),
  ];

  return h("div.page", {},
    h("p.crumb", {}, h("a", { href: "#/instances" }, "Instances")),
    h("div.page-head", {}, h("h1", {}, name), status, actions),
    trouble, problems, tiles,
    h("section.panel", {}, h("header", {}, h("h2", {}, "About")), h("div.panel-body", {}, facts)),
    h("div.columns.even", {},
      h("section.panel", {}, h("header", {}, jobTitle), steps),
      h("section.panel", {}, h("header", {}, h("h2", {}, "Log")), log)),
    h("section.panel", {}, h("header", {}, h("h2", {}, "Bindings")), bindings.element));
}

function problemNotices({ failure, leftovers, drift }) {
  return [
    failure && notice("error", "The last job failed", failure),
    leftovers.length > 0 && notice("warning", "Something could not be taken away yet", "It is tried again every ten minutes.", leftoverList(leftovers)),
    drift.length > 0 && notice("warning", "What is there differs from the plan", "", h("ul.problems", {}, drift.map((text) => h("li", {}, text)))),
  ];
}

function tileList({ figures, plan, targetPlan, bindings }) {
  const tile = (title, value) => h("div", {}, h("dt", {}, title), h("dd", {}, value));
  return [
    tile("Plan", targetPlan ? `${plan.name} → ${targetPlan}` : plan.name),
    tile("Subscribers now", number(figures?.subscribers)),
    tile("Messages today", number(figures?.messagesToday)),
    tile("Bound", number(bindings.length)),
  ];
}

function factList({ addresses, team, user, description, tags, created, id }) {
  const fact = (title, value) => value && [h("dt", {}, title), h("dd", {}, value)];
  return [
    fact("Applications publish at", addresses?.api && h("a", { href: addresses.api, rel: "noreferrer" }, addresses.api)),
    fact("Browsers subscribe at", addresses?.stream),
    fact("Team", team), fact("Created by", user), fact("Description", description), fact("Tags", tags.join(", ")),
    fact("Created", moment(created)), fact("Id", h("code", {}, id)),
  ];
}

function jobText(job) {
  if (!job) return "Last job";
  const kinds = { create: "Creation", update: "Change of plan", destroy: "Removal" };
  const states = { running: "under way", undoing: "being taken back", watching: "looked at once more", done: "done", failed: "failed" };
  return `${kinds[job.kind] ?? job.kind}: ${states[job.state] ?? job.state}`;
}

function planDialog(api, path, instance, plans, reload) {
  const choices = plans.filter((plan) => plan.name !== instance.plan.name);
  const plan = select(choices.map((entry) => [entry.name, `${entry.name}: ${entry.description}`]), { name: "plan" });
  formDialog({
    title: `Change the plan of ${instance.name}`,
    body: [field("Plan", plan, `It has ${instance.plan.name} now.`),
      h("p", {}, "No message is lost. Subscribers of parts that are replaced are closed little by little and come back by themselves."),
      h("p.hint", {}, "Tsuru goes on showing the plan that it knows: change it with “tsuru service instance update” where tsuru manages the instance.")],
    label: "Change plan",
    submit: () => api.send("PUT", `${path}/plan`, { body: { plan: plan.value } }),
    done: () => {
      toast("The change is under way");
      reload();
    },
  });
}
