import { h } from "./dom.js";

/** Long enough to read two lines. */
const DURATION = 6000;

let region = null;

/** Takes what is told within a dialog along to the page, when the dialog goes. */
export function leaveDialog(dialog) {
  if (region && dialog.contains(region)) document.body.append(region);
}

/** Tells that something was done, for a few seconds, without taking the focus. Screen readers say it. */
export function toast(text, kind = "done") {
  region ??= document.body.appendChild(h("div.toasts", { role: "status", "aria-live": "polite" }));
  // A dialog lies above everything else: what is told while one is open is told within it.
  (document.querySelector("dialog[open]") ?? document.body).append(region);
  const element = h("p.toast", { class: kind }, text);
  region.append(element);
  setTimeout(() => element.remove(), DURATION);
}
