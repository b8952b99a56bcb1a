import { h } from "./dom.js";
import { toast } from "./toast.js";

/** A button that copies a text. `text` is a function, so that it copies what is shown when it is pressed. */
export function copyButton(text, what = "Text") {
  return h("button.small", {
    type: "button", "aria-label": `Copy: ${what}`,
    onclick: async () => toast(await copy(text()) ? `${what} copied` : "The browser does not allow copying: select the text"),
  }, "Copy");
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** Pages that do not come over HTTPS or from localhost have no clipboard. */
function copyBySelection(text) {
  const area = h("textarea.hidden", { "aria-hidden": "true", tabindex: "-1" });
  area.value = text;
  const focused = document.activeElement;
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  focused?.focus();
  return copied;
}

/** Code below its caption, with a button that copies it. */
export function codeBlock(caption, text) {
  const name = caption.replace(/[:.]$/, "");
  const code = h("code", {}, text);
  return h("div.code", {}, h("div.code-head", {}, h("p", {}, caption), copyButton(() => code.textContent, name)),
    h("pre", { tabindex: "0", role: "region", "aria-label": name }, code));
}
