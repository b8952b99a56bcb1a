import { h, replace } from "./dom.js";
import { errorNotice } from "./notice.js";

/**
 * A table with its states. On a narrow screen each row becomes a block whose cells are named.
 *
 * @param {{ title: string, cell: (row: object) => Node|string, class?: string }[]} columns The first one names the row.
 * @param {string} caption Read by screen readers.
 */
export class Table {
  /** Goes into the page. */
  element;
  /** Shown when there are no rows: a text, or nodes. */
  empty;
  #columns;
  #body;
  #table;
  #state;

  constructor({ caption, columns, empty }) {
    this.#columns = columns;
    this.empty = empty;
    this.#body = h("tbody");
    this.#table = h("table", {},
      h("caption.hidden", {}, caption),
      h("thead", {}, h("tr", {}, columns.map((column) =>
        h("th", { scope: "col", class: column.class }, column.title || h("span.hidden", {}, "Actions"))))),
      this.#body);
    this.#state = h("div.table-state", { role: "status" });
    this.element = h("div.table", {}, this.#table, this.#state);
    this.loading();
  }

  loading() {
    this.element.setAttribute("aria-busy", "true");
    if (this.#body.childElementCount > 0) return;
    this.#table.hidden = true;
    replace(this.#state, h("p.loading", {}, "Loading…"));
  }

  show(rows) {
    this.element.removeAttribute("aria-busy");
    this.#table.hidden = rows.length === 0;
    replace(this.#state, rows.length === 0 ? h("div.empty", {}, this.empty) : null);
    // A row that has the focus would lose it.
    const focused = this.#focusedCell();
    replace(this.#body, rows.map((row) => h("tr", {}, this.#columns.map((column, index) =>
      h(index === 0 ? "th" : "td", { scope: index === 0 && "row", class: column.class, dataset: { label: column.title } },
        column.cell(row))))));
    focused?.(this.#body);
  }

  fail(error, retry) {
    this.element.removeAttribute("aria-busy");
    this.#table.hidden = this.#body.childElementCount === 0;
    replace(this.#state, errorNotice(error, retry));
  }

  /** For a page that explains elsewhere why there is nothing to show. Rows that are shown stay. */
  unavailable() {
    if (!this.element.hasAttribute("aria-busy")) return;
    this.element.removeAttribute("aria-busy");
    replace(this.#state, h("p.empty", {}, "Not available at the moment"));
  }

  #focusedCell() {
    const cell = document.activeElement?.closest("td, th");
    if (!cell || !this.#body.contains(cell)) return null;
    const [row, column] = [cell.parentElement.rowIndex - 1, cell.cellIndex];
    return (body) => body.rows[row]?.cells[column]?.querySelector("a, button")?.focus();
  }
}
