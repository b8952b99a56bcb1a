import { explain } from "./api.js";
import { h } from "./dom.js";

/** A text in a frame: `kind` is `info`, `warning` or `error`. */
export function notice(kind, title, text, ...more) {
  return h("div.notice", { class: kind, role: kind === "error" ? "alert" : "note" },
    h("p.notice-title", {}, title), text && h("p", {}, text), more);
}

/**
 * An error, explained, with a button that tries again. While the service wants it to wait, the button counts down.
 *
 * @param {(() => void)|null} retry `null` where trying again makes no sense.
 */
export function errorNotice(error, retry = null) {
  const { title, text, wait } = explain(error);
  if (!retry) return notice("error", title, text);
  const button = h("button", { type: "button", onclick: retry }, "Try again");
  countDown(button, wait);
  return notice("error", title, text, h("p", {}, button));
}

/** Disables a button for so many seconds and shows how many are left. */
export function countDown(button, seconds) {
  if (seconds <= 0) return;
  const label = button.textContent;
  const end = Date.now() + seconds * 1000;
  button.disabled = true;
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    button.textContent = left > 0 ? `${label} (${left} s)` : label;
    if (left > 0) return;
    button.disabled = false;
    clearInterval(timer);
  };
  const timer = setInterval(tick, 250);
  tick();
}
