import { h, svg } from "../kit/dom.js";
import { duration, timeOfDay } from "../kit/format.js";

const STATUSES = {
  pending: ["warn", "Being created"],
  running: ["good", "Running"],
  updating: ["warn", "Changing its plan"],
  failed: ["bad", "Failed"],
  destroyed: ["warn", "Being removed"],
};
const STEPS = {
  waiting: ["", "Waiting"],
  started: ["warn", "Under way"],
  done: ["good", "Done"],
  undone: ["", "Taken back"],
};

export function instanceLink(name) {
  return `#/instances/${encodeURIComponent(name)}`;
}

export function statusBadge(status) {
  const [kind, text] = STATUSES[status] ?? ["", status];
  return h("span.badge.dot", { class: kind }, text);
}

/** How far a job is: `{ kind, done, total, step }`, or nothing. */
export function progressBar(progress) {
  if (!progress || progress.total === 0) return null;
  const share = Math.round((100 * progress.done) / progress.total);
  return h("div", {},
    h("span.muted", {}, progress.step ? `${progress.step} (${progress.done} of ${progress.total})` : `${progress.done} of ${progress.total} steps`),
    svg("svg.progress", {
      viewBox: "0 0 100 8", preserveAspectRatio: "none", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": share,
      "aria-label": "Progress",
    }, svg("rect", { width: share, height: 8 })));
}

/** The steps of the last job, in order. */
export function stepList(job) {
  if (!job || job.steps.length === 0) return h("p.empty", {}, "No job has run yet");
  return h("ol.steps", {}, job.steps.map((step) => {
    const [kind, text] = STEPS[step.state] ?? ["", step.state];
    const seconds = step.started && step.finished ? (new Date(step.finished) - new Date(step.started)) / 1000 : null;
    return h("li", { dataset: { step: step.name, state: step.state } },
      h("span", {}, step.title, step.attempts > 1 && h("span.muted", {}, ` (try ${step.attempts})`)),
      h("span.step-end", {}, seconds !== null && duration(seconds), h("span.badge", { class: kind }, text)),
      step.error && h("p.step-error", {}, step.error));
  }));
}

export function logList(lines) {
  if (lines.length === 0) return h("p.empty", {}, "Nothing was noted yet");
  return h("ol.log", { tabindex: "0", role: "log", "aria-label": "Log of the last job", "aria-live": "off" }, lines.map((line) =>
    h("li", { class: line.level }, h("time", { datetime: line.time }, timeOfDay(line.time)), h("span", {}, line.text))));
}

/** What could not be taken away. */
export function leftoverList(leftovers) {
  return h("ul.problems", {}, leftovers.map((leftover) => h("li", {}, `${leftover.step}: ${leftover.reason}`)));
}
