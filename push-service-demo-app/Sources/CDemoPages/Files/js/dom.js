/** An element with attributes and children; text stays text. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** `2026-11-27T14:05:09.123Z` as the server writes it. */
export function readable(timestamp) {
  return `${timestamp.slice(0, 10)} ${timestamp.slice(11, 16)} UTC`;
}

/**
 * What the app answers, or `null` for 404.
 *
 * @throws Without an answer, or with another status.
 */
export async function getJSON(path) {
  const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(15000) });
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Error(`${path} answered with status ${answer.status}`);
  return answer.json();
}

/** Shows for a moment what has just come. */
export function refreshen(target) {
  target.classList.remove("fresh");
  // Reading it makes the browser notice the removal, so that the animation begins anew.
  void target.offsetWidth;
  target.classList.add("fresh");
}

/** Says what has happened, to screen readers too. */
export function notice(...content) {
  document.getElementById("notice")?.replaceChildren(...content);
}
