import { h } from "../kit/dom.js";
import { duration, number } from "../kit/format.js";

/** What users can choose from. */
export function plansPage({ plans }) {
  return h("div.page", {},
    h("div.page-head", {}, h("h1", {}, "Plans")),
    h("p.muted", {}, "Plans are part of the configuration of pushaas (plans.NAME). Instances keep the sizes that their plan had when they got it."),
    h("div.plans", {}, plans.map(planPanel)));
}

function planPanel(plan) {
  const limit = (value, unit) => (value === 0 ? "no limit" : `${number(value)}${unit}`);
  const facts = [
    ["push-streams", number(plan.streamTasks)], ["push-apis", number(plan.apiTasks)],
    ["Redis", plan.persistence === "persistent" ? "on a volume" : "in memory"],
    ["Processors", number(plan.cpu / 1000)], ["Memory", `${number(plan.memory)} MiB`],
    ["Subscribers", limit(plan.limits.subscribers, "")], ["Messages", limit(plan.limits.messagesPerSecond, " a second")],
    ["History", `${number(plan.limits.historyMessages)} messages, ${duration(plan.limits.historySeconds)}`],
  ];
  return h("section.panel", {},
    h("header", {}, h("h2", {}, plan.name), plan.isDefault && h("span.badge.good", {}, "Default")),
    h("div.panel-body", {}, h("p", {}, plan.description),
      h("dl.facts", {}, facts.map(([title, text]) => [h("dt", {}, title), h("dd", {}, text)]))));
}
