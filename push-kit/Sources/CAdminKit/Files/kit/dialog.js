import { run } from "./busy.js";
import { h, uniqueID } from "./dom.js";
import { leaveDialog } from "./toast.js";

/**
 * A modal dialog: the browser keeps the focus within it, closes it at Escape, and gives the focus back.
 *
 * @param {HTMLElement[]} buttons The last one is the main one.
 */
export function openDialog({ title, body, buttons, onclose = () => {} }) {
  const heading = h("h2", { id: uniqueID("dialog") }, title);
  const dialog = h("dialog", { "aria-labelledby": heading.id, onclose: close },
    heading, h("div.dialog-body", {}, body), h("div.dialog-buttons", {}, buttons));
  function close() {
    leaveDialog(dialog);
    dialog.remove();
    onclose();
  }
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/**
 * For a change of the page below: what a dialog asks belongs to the page that has opened it.
 *
 * @param {{ all?: boolean }} options `all`: also those that are marked to stay (`data-stays`), because they tell what cannot be had again.
 */
export function closeDialogs({ all = false } = {}) {
  for (const dialog of document.querySelectorAll("dialog[open]")) {
    if (all || !("stays" in dialog.dataset)) dialog.close();
  }
}

/**
 * Asks before something that cannot be undone.
 *
 * @param {() => Promise<void>} action The dialog stays open and explains what went wrong if it fails.
 */
export function confirmDialog({ title, text, label, action, danger = true }) {
  formDialog({ title, body: h("p", {}, text), label, danger, submit: action });
}

/**
 * A form in a dialog.
 *
 * @param {(form: HTMLFormElement) => Promise<void>} submit Called when all fields are valid. The dialog closes when it is done.
 * @param {() => void} done Called after the dialog has closed because it was done.
 */
export function formDialog({ title, body, label, submit, danger = false, done = () => {} }) {
  const place = h("div", { "aria-live": "polite" });
  const cancel = h("button", { type: "button", onclick: () => dialog.close() }, "Cancel");
  // A field named "id" would hide the property of this name.
  const id = uniqueID("form");
  const form = h("form", { id }, body, place);
  const button = h("button", { type: "submit", form: id, class: danger ? "danger" : "primary" }, label);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!await run(button, place, () => submit(form))) return;
    dialog.close();
    done();
  });
  const dialog = openDialog({ title, body: form, buttons: [cancel, button] });
  // The less harmful choice is the one that a hasty Enter takes.
  if (danger) cancel.focus();
  return dialog;
}
