import { h, replace, svg } from "./dom.js";
import { hourAndMinute, number, timeOfDay } from "./format.js";

const HEIGHT = 200;
const MARGIN = { top: 8, right: 8, bottom: 24, left: 44 };
/** The classes of the style sheet that give a line its colour and its dashes. */
const LINES = 6;

/**
 * Lines over time. The pointer, or the arrow keys once it has the focus, show the figures of one moment.
 *
 * Series are `{ name, samples: [{ time, value }] }` with times in seconds and `null` for what is not known: the line has a gap
 * there. The first one is filled.
 */
export class Chart {
  /** Goes into the page. */
  element;
  #title;
  #format;
  #graphic;
  #readout;
  #legend;
  #series = [];
  #isShown = false;
  #range = [0, 1];
  #width = 0;
  #moment = null;

  /** @param {{ title: string, unit: string, format?: (value: number) => string }} options `unit` as in `1.2 messages/s`. */
  constructor({ title, unit, format = number }) {
    this.#title = title;
    this.#format = (value) => `${format(value)} ${unit}`;
    this.#graphic = svg("svg", {
      role: "img", tabindex: "0", height: HEIGHT,
      onpointermove: (event) => this.#point(event), onpointerleave: () => this.#choose(null), onblur: () => this.#choose(null),
      onkeydown: (event) => this.#step(event),
    });
    this.#readout = h("p.readout", { "aria-live": "polite" });
    this.#legend = h("ul.legend");
    this.element = h("figure.chart", {}, h("figcaption", {}, h("h2", {}, title), this.#readout), this.#graphic, this.#legend);
    new ResizeObserver(([entry]) => {
      const width = Math.round(entry.contentRect.width);
      if (width === this.#width) return;
      this.#width = width;
      this.#draw();
    }).observe(this.element);
  }

  /** @param {[number, number]} range From and to, in seconds. */
  show(series, range) {
    this.#series = series;
    this.#isShown = true;
    this.#range = range;
    replace(this.#legend, series.length < 2 ? null : series.map((one, index) =>
      h("li", { class: `line-${index % LINES}` }, h("span.swatch", { "aria-hidden": "true" }), one.name)));
    this.#draw();
  }

  get #maximum() {
    const values = this.#series.flatMap((one) => one.samples.map((sample) => sample.value ?? 0));
    return niceCeiling(Math.max(1, ...values));
  }

  #x(time) {
    const [from, to] = this.#range;
    const width = this.#width - MARGIN.left - MARGIN.right;
    return MARGIN.left + (time - from) / Math.max(1, to - from) * width;
  }

  #y(value) {
    const height = HEIGHT - MARGIN.top - MARGIN.bottom;
    return MARGIN.top + height - value / this.#maximum * height;
  }

  #draw() {
    if (this.#width === 0) return;
    this.#graphic.setAttribute("viewBox", `0 0 ${this.#width} ${HEIGHT}`);
    this.#graphic.setAttribute("width", this.#width);
    this.#graphic.setAttribute("aria-label", this.#summary());
    const lines = this.#series.map((one, index) => this.#line(one, index)).reverse();
    replace(this.#graphic, this.#grid(), lines, this.#crosshair());
    replace(this.#readout, this.#reading());
  }

  #grid() {
    const [from, to] = this.#range;
    const values = [0, this.#maximum / 2, this.#maximum].map((value) => svg("g", {},
      svg("line", { x1: MARGIN.left, x2: this.#width - MARGIN.right, y1: this.#y(value), y2: this.#y(value) }),
      svg("text", { x: MARGIN.left - 8, y: this.#y(value) + 4, "text-anchor": "end" }, number(value))));
    const step = this.#width < 480 ? 1200 : 600;
    const times = [];
    for (let time = Math.ceil(from / step) * step; time <= to; time += step) {
      const x = this.#x(time);
      if (x < MARGIN.left + 16 || x > this.#width - 20) continue;
      times.push(svg("text", { x, y: HEIGHT - 6, "text-anchor": "middle" }, hourAndMinute(time * 1000)));
    }
    return svg("g.grid", {}, values, times);
  }

  #line(series, index) {
    const runs = [[]];
    for (const sample of series.samples) {
      if (sample.value === null) runs.push([]);
      else runs.at(-1).push([this.#x(sample.time), this.#y(sample.value)]);
    }
    const paths = runs.filter((run) => run.length > 0).map((run) => {
      const d = run.map(([x, y], position) => `${position === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
      // A moment alone is a dot: a round cap draws it.
      const line = svg("path.line", { d: run.length === 1 ? `${d}h0` : d });
      if (index > 0 || run.length === 1) return line;
      const base = this.#y(0);
      return [svg("path.area", { d: `${d}L${run.at(-1)[0].toFixed(1)} ${base}L${run[0][0].toFixed(1)} ${base}Z` }), line];
    });
    return svg("g", { class: `line-${index % LINES}` }, paths);
  }

  #crosshair() {
    if (this.#moment === null) return null;
    const x = this.#x(this.#moment);
    return svg("line.crosshair", { x1: x, x2: x, y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom });
  }

  /** What is known of the moment that is pointed at, else of the last one. */
  #reading() {
    const time = this.#moment ?? this.#series[0]?.samples.findLast((sample) => sample.value !== null)?.time;
    if (time === undefined) return this.#isShown ? "no figures yet" : "loading…";
    const values = this.#series.map((one) => {
      const sample = one.samples.find((candidate) => candidate.time === time);
      return `${this.#series.length > 1 ? `${one.name}: ` : ""}${sample && sample.value !== null ? this.#format(sample.value) : "–"}`;
    });
    return `${timeOfDay(time * 1000)}  ${values.join(", ")}`;
  }

  #summary() {
    const known = this.#series[0]?.samples.filter((sample) => sample.value !== null) ?? [];
    if (known.length === 0) return `${this.#title}: no figures yet`;
    const values = known.map((sample) => sample.value);
    return `${this.#title}, last hour: now ${this.#format(values.at(-1))}, lowest ${this.#format(Math.min(...values))}, `
      + `highest ${this.#format(Math.max(...values))}. Arrow keys read single moments.`;
  }

  #point(event) {
    const box = this.#graphic.getBoundingClientRect();
    const [from, to] = this.#range;
    const share = (event.clientX - box.left - MARGIN.left) / Math.max(1, this.#width - MARGIN.left - MARGIN.right);
    const time = from + share * (to - from);
    const times = this.#times();
    this.#choose(times.reduce((best, one) => Math.abs(one - time) < Math.abs(best - time) ? one : best, times[0]) ?? null);
  }

  #step(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -30, PageDown: 30, Home: -Infinity, End: Infinity };
    if (!(event.key in steps)) return;
    event.preventDefault();
    const times = this.#times();
    const here = this.#moment === null ? times.length - 1 : times.indexOf(this.#moment) + steps[event.key];
    this.#choose(times[Math.min(times.length - 1, Math.max(0, here))] ?? null);
  }

  #times() {
    return this.#series[0]?.samples.map((sample) => sample.time) ?? [];
  }

  #choose(moment) {
    if (moment === this.#moment) return;
    this.#moment = moment;
    this.#draw();
  }
}

/** The next of 1, 2, 4, 10, 20, 40, 100 ..., whose half is a round number too. */
function niceCeiling(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 4, 10].find((factor) => value <= factor * power);
  return step * power;
}
