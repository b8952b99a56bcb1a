import { getJSON, notice, readable, refreshen } from "./dom.js";
import { keepLive } from "./live.js";

const article = document.getElementById("article");
const id = Number(article.dataset.id);
let version = Number(article.dataset.version);
let isDeleted = false;

function showDeleted() {
  isDeleted = true;
  document.getElementById("actions").hidden = true;
  notice("This article was deleted. What you see is the last that was shown here.");
}

async function refresh() {
  if (isDeleted) return;
  const current = await getJSON(`/api/articles/${id}`);
  if (current === null) {
    showDeleted();
    return;
  }
  if (isDeleted || current.version <= version) return;
  version = current.version;
  document.getElementById("title").textContent = current.title;
  document.getElementById("text").textContent = current.text;
  document.getElementById("version").textContent = String(version);
  const updated = document.getElementById("updated");
  updated.dateTime = current.updated;
  updated.textContent = readable(current.updated);
  document.title = `${current.title} – Push Service demo`;
  notice(`Version ${version} has just come.`);
  refreshen(article);
}

/** Messages have no texts, since a text need not fit into one. */
async function onChange(change) {
  if (change.article.id !== id || isDeleted) return;
  if (change.kind === "deleted") {
    showDeleted();
    return;
  }
  if (change.article.version <= version) return;
  try {
    await refresh();
  } catch {
    notice(`Version ${change.article.version} is there, but could not be loaded. Load this page again.`);
  }
}

keepLive({ channels: [`article-${id}`], onChange, refresh });
