/** Numbers and times as text, in the browser's language where it matters. */

const integers = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const decimals = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const shortClock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });

const date = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

const UNITS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];

/** `12,345`; one decimal below 100; `–` for what is not known. */
export function number(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  return (Math.abs(value) < 100 && !Number.isInteger(value) ? decimals : integers).format(value);
}

/** `14:03:22`. */
export function timeOfDay(date) {
  return clock.format(new Date(date));
}

/** `14:03`. */
export function hourAndMinute(date) {
  return shortClock.format(new Date(date));
}

/** `25 Nov 2026, 14:03`; `–` for none. */
export function moment(date) {
  return date ? dateTime.format(new Date(date)) : "–";
}

/** `25 Nov 2026`. */
export function day(value) {
  return date.format(new Date(value));
}

/** A duration in its two largest units: `2 d 3 h`, `59 s`. */
export function duration(seconds) {
  let rest = Math.max(0, Math.floor(seconds));
  const start = UNITS.findIndex(([, size]) => rest >= size);
  if (start < 0) return "0 s";
  const parts = [];
  for (const [name, size] of UNITS.slice(start, start + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${name}`);
  }
  return parts.join(" ");
}

/** How long ago: `12 s ago`, `now`; `never` for none. */
export function ago(date, now = Date.now()) {
  if (!date) return "never";
  const seconds = (now - new Date(date)) / 1000;
  return seconds < 1 ? "now" : `${duration(seconds)} ago`;
}

/** How long until: `2 h 4 min left`, `expired`, `never` for none. */
export function timeLeft(date, now = Date.now()) {
  if (!date) return "never";
  const seconds = (new Date(date) - now) / 1000;
  return seconds <= 0 ? "expired" : `${duration(seconds)} left`;
}
