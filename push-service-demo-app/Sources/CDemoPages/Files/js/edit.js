import { element, getJSON, notice } from "./dom.js";
import { keepLive } from "./live.js";

const form = document.getElementById("form");
const id = Number(form.dataset.id);
let version = Number(form.dataset.version);

/** What is typed stays: whoever edits decides. */
function tell(current) {
  if (current !== null && current.version <= version) return;
  if (current === null) {
    notice("Somebody has deleted this article meanwhile: it cannot be saved any more. Copy what you want to keep.");
    version = Infinity;
    return;
  }
  version = current.version;
  notice(`Somebody has saved version ${version} meanwhile. `,
    element("a", { href: `/articles/${id}`, target: "_blank" }, "Look at it"),
    "; when you save, both are shown to you before anything is changed.");
}

keepLive({
  channels: [`article-${id}`],
  onChange: ({ kind, article }) => {
    if (article.id === id) tell(kind === "deleted" ? null : article);
  },
  refresh: async () => tell(await getJSON(`/api/articles/${id}`)),
});
