/** The element with an id of the page. */
export const byID = (id) => document.getElementById(id);

/**
 * Makes an element.
 *
 * @param {string} name
 * @param {Record<string, string | ((event: Event) => void)>} attributes Functions listen for the event of that name.
 * @param {...(Node | string)} children
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}
