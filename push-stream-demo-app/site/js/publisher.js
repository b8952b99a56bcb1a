/**
 * Publishes on push-stream's publisher location, percent-encoded as push-api does.
 *
 * @param {{ url: string, channel: string }} publisher
 * @param {string} text
 * @returns {Promise<string>} What became of it, in words.
 */
export async function publish({ url, channel }, text) {
  let address;
  try {
    address = new URL(url);
  } catch {
    throw new Error("The publisher is a URL such as http://localhost:9081/pub.");
  }
  address.searchParams.set("id", channel);
  let answer;
  try {
    answer = await fetch(address, { method: "POST", body: encodeURIComponent(text), credentials: "omit" });
  } catch {
    throw new Error(
      `No answer from ${address.host}. Either nothing listens there, or pages of other origins may not read its answers; then the message `
        + "may be published all the same. By default only push-agent can reach the publisher: publish through push-api instead.");
  }
  if (answer.ok) return `Published on ${channel}.`;
  if (answer.status === 403) throw new Error(`${address.host} does not let this page publish on ${channel} (403).`);
  if (answer.status === 404) throw new Error(`${address.host} has no publisher at ${address.pathname} (404): a location with push_stream_publisher is needed.`);
  if (answer.status === 413) throw new Error("The message is larger than the publisher takes (413).");
  throw new Error(`${address.host} answered with status ${answer.status}.`);
}
