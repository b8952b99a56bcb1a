import { run } from "../kit/busy.js";
import { h, replace } from "../kit/dom.js";
import { moment } from "../kit/format.js";
import { errorNotice, notice } from "../kit/notice.js";
import { poll } from "../kit/poll.js";
import { toast } from "../kit/toast.js";
import { leftoverList, logList, stepList } from "./parts.js";

const INTERVAL = 1000;

/** An instance that was destroyed and of which something is left. */
export function destroyedPage({ api, parameters: { id }, signal }) {
  const path = `/destroyed/${encodeURIComponent(id)}`;
  const title = h("h1", {}, "Destroyed instance");
  const since = h("span.muted", { role: "status" });
  const trouble = h("div", { "aria-live": "polite" });
  const problems = h("div.stack");
  const steps = h("div");
  const log = h("div");
  const again = h("button", { type: "button", hidden: true, onclick: () => run(again, trouble, async () => {
    await api.post(`${path}/retry`);
    toast("The removal is tried again");
    reload();
  }) }, "Try again");
  const reload = poll(INTERVAL, async (abort) => {
    const { data } = await api.get(path, { signal: abort });
    replace(trouble);
    replace(title, data.name);
    replace(since, `destroyed ${moment(data.destroyed)}`);
    again.hidden = !data.failure;
    replace(problems, data.failure && notice("error", "The removal failed", data.failure),
      data.leftovers.length > 0 && notice("warning", "Left to remove", "It is tried again every ten minutes.", leftoverList(data.leftovers)));
    replace(steps, stepList(data.job));
    replace(log, logList(data.log));
  }, signal, (error) => {
    again.hidden = true;
    replace(trouble, error.kind === "missing"
      ? notice("info", "Nothing is left of this instance", "", h("p", {}, h("a", { href: "#/instances" }, "All instances")))
      : errorNotice(error, () => reload()));
  });
  return h("div.page", {},
    h("p.crumb", {}, h("a", { href: "#/instances" }, "Instances")),
    h("div.page-head", {}, title, since, h("div.actions", {}, again)),
    trouble, problems,
    h("div.columns.even", {},
      h("section.panel", {}, h("header", {}, h("h2", {}, "Removal")), steps),
      h("section.panel", {}, h("header", {}, h("h2", {}, "Log")), log)));
}
