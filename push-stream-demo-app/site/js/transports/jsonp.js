/** A failure that comes sooner is a refusal; a later one is a long poll that ended without a message, which has no script in it. */
const SHORTEST_POLL = 5000;
let count = 0;

/**
 * Long polling by script elements, for pages and servers without CORS: the answer calls a function of the page.
 *
 * @param {{ url: () => string, handlers: { onOpen: () => void, onData: (data: string) => void, onEnd: (error: Error) => void } }} connection
 */
export function openJSONP({ url, handlers }) {
  count += 1;
  const name = `pushStreamDemo${count}`;
  let script = null;
  let timer = 0;
  let isOver = false;
  const close = () => {
    isOver = true;
    clearTimeout(timer);
    script?.remove();
    // An answer that is on its way calls it still.
    window[name] = () => delete window[name];
  };
  window[name] = (messages) => {
    for (const message of messages) {
      if (!isOver) handlers.onData(JSON.stringify(message));
    }
  };
  const poll = () => {
    const began = Date.now();
    const address = url();
    script = document.createElement("script");
    script.src = `${address}${address.includes("?") ? "&" : "?"}callback=${name}`;
    // Nothing tells that a script is awaited: who has not been refused for a moment is taken for connected.
    clearTimeout(timer);
    timer = setTimeout(() => { if (!isOver) handlers.onOpen(); }, 1000);
    const next = () => {
      script.remove();
      if (isOver) return;
      clearTimeout(timer);
      handlers.onOpen();
      poll();
    };
    script.onload = next;
    script.onerror = () => {
      if (Date.now() - began >= SHORTEST_POLL) {
        next();
        return;
      }
      if (isOver) return;
      close();
      handlers.onEnd(new Error("the script could not be loaded"));
    };
    document.head.append(script);
  };
  const begin = () => { if (!isOver) poll(); };
  // A script that is awaited before the page has loaded would keep it loading for ever.
  if (document.readyState === "complete") begin();
  else window.addEventListener("load", () => setTimeout(begin, 0), { once: true });
  return close;
}
