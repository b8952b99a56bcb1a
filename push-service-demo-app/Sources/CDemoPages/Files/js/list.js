import { element, getJSON, notice, readable, refreshen } from "./dom.js";
import { keepLive } from "./live.js";

const list = document.getElementById("articles");
const isFirstPage = "first" in list.dataset;
/** Ids are not used again: what is deleted stays so, whatever an answer says that was on its way. */
const deleted = new Set();
/** Ids that a message told of while a list was being loaded. */
let told = new Set();

const items = () => Array.from(list.children);
const itemOf = (id) => items().find((item) => Number(item.dataset.id) === id);

function show(article, isNews) {
  if (deleted.has(article.id)) return;
  const former = itemOf(article.id);
  if (former && Number(former.dataset.version) >= article.version) return;
  const item = element("li", { "data-id": article.id, "data-version": article.version },
    element("h2", {}, element("a", { href: `/articles/${article.id}` }, article.title)),
    element("p", { class: "excerpt" }, article.excerpt),
    element("p", { class: "meta" }, `Version ${article.version}, `,
      element("time", { datetime: article.updated }, readable(article.updated))));
  const hadFocus = former?.contains(document.activeElement);
  if (former) {
    former.replaceWith(item);
  } else {
    // Newest first.
    const next = items().find((other) => Number(other.dataset.id) < article.id);
    list.insertBefore(item, next ?? null);
  }
  if (hadFocus) item.querySelector("a").focus();
  if (isNews) refreshen(item);
}

function remove(id) {
  itemOf(id)?.remove();
}

function tellWhetherEmpty() {
  document.getElementById("empty").hidden = list.children.length > 0;
}

function onChange({ kind, article }) {
  told.add(article.id);
  const isShown = itemOf(article.id) !== undefined;
  if (kind === "deleted") {
    deleted.add(article.id);
    remove(article.id);
    if (isShown) notice(`“${article.title}” was deleted.`);
  } else if (isShown || isFirstPage) {
    // On the first page an edit may also tell of an article whose creation was missed.
    const oldest = Number(items().at(-1)?.dataset.id ?? 0);
    if (isShown || article.id > oldest) {
      show(article, true);
      notice(kind === "created" ? `New: “${article.title}”.` : `“${article.title}” was changed.`);
    }
  }
  tellWhetherEmpty();
}

async function refresh() {
  told = new Set();
  const before = list.dataset.before;
  const page = await getJSON(before ? `/api/articles?before=${encodeURIComponent(before)}` : "/api/articles");
  const current = new Set(page.articles.map(({ id }) => id));
  for (const article of page.articles) show(article, true);
  for (const item of items()) {
    const id = Number(item.dataset.id);
    // What a message told meanwhile may be younger than the answer.
    if (!current.has(id) && !told.has(id)) remove(id);
  }
  tellWhetherEmpty();
}

keepLive({ channels: ["articles"], onChange, refresh });
