import { replace } from "./dom.js";
import { countDown, errorNotice } from "./notice.js";

/**
 * Runs what a button or a form starts: once at a time, and an error is explained at `place`.
 *
 * @param {HTMLButtonElement} button Disabled meanwhile, and while the service wants it to wait.
 * @param {HTMLElement} place Emptied first.
 * @returns whether it worked.
 */
export async function run(button, place, action) {
  if (button.disabled) return false;
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  replace(place);
  try {
    await action();
    button.disabled = false;
    return true;
  } catch (error) {
    button.disabled = false;
    replace(place, errorNotice(error));
    if (error.wait > 0) countDown(button, error.wait);
    return false;
  } finally {
    button.removeAttribute("aria-busy");
  }
}
