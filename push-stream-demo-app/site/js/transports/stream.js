import { splitObjects } from "/client/subscriber/message.js";

/** A message as the hidden iframe of push-stream's clients gets it: `p(id,'channel','text','event id','time','tag')`. */
const SCRIPT = /p\((-?\d+),'([^']*)','([^']*)','([^']*)','([^']*)','([^']*)'\)/g;

/**
 * A response without an end, read as it comes.
 *
 * A hidden iframe can speak with its page only where both are of one domain; a program reads the same bytes from anywhere.
 *
 * @param {{ url: () => string, handlers: { onOpen: () => void, onData: (data: string) => void, onEnd: (error: Error) => void } }} connection
 */
export function openStream({ url, handlers }) {
  const controller = new AbortController();
  const read = async () => {
    const answer = await fetch(url(), { signal: controller.signal, cache: "no-store", credentials: "omit" });
    if (!answer.ok) throw new Error(`it answered with status ${answer.status}`);
    handlers.onOpen();
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Error("the stream ended");
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) messages(line).forEach(handlers.onData);
    }
  };
  read().catch((error) => {
    if (!controller.signal.aborted) handlers.onEnd(error);
  });
  return () => controller.abort();
}

/** The messages of a line, as JSON: of scripts for a hidden iframe, or of a template that writes JSON itself. */
function messages(line) {
  const scripts = [...line.matchAll(SCRIPT)];
  if (scripts.length === 0) return splitObjects(line);
  return scripts.map(([, id, channel, text, eventid, time, tag]) =>
    JSON.stringify({ id: Number(id), channel, text, eventid, time, tag }));
}
