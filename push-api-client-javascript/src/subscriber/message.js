/**
 * What a subscriber gets: the JSON of push-stream's message template, its text decoded.
 *
 * @param {string} data
 * @returns {{ id: number, channel: string, text: string, tag: string, time: string, eventId: string } | null} `null` for what is no
 *   message, and for what push-stream says of itself, whose ids are negative.
 */
export function readMessage(data) {
  let message;
  try {
    message = JSON.parse(data);
  } catch {
    return null;
  }
  if (typeof message !== "object" || message === null || typeof message.text !== "string" || !(message.id >= 0)) return null;
  return {
    id: message.id,
    channel: String(message.channel ?? ""),
    text: decodeText(message.text),
    tag: String(message.tag ?? ""),
    time: String(message.time ?? ""),
    eventId: String(message.eventid ?? ""),
  };
}

/** push-api percent-encodes all texts; one that was published past it may not be. */
function decodeText(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * The JSON objects of an answer that holds several, one behind the other with or without line ends between them.
 *
 * @param {string} text
 * @returns {string[]}
 */
export function splitObjects(text) {
  const objects = [];
  let depth = 0;
  let start = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (isInString) {
      if (character === "\\") index += 1;
      else if (character === '"') isInString = false;
    } else if (character === '"') {
      isInString = depth > 0;
    } else if (character === "{") {
      if (depth === 0) start = index;
      depth += 1;
    } else if (character === "}" && depth > 0) {
      depth -= 1;
      if (depth === 0) objects.push(text.slice(start, index + 1));
    }
  }
  return objects;
}
