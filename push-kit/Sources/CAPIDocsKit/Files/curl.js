// The command that makes a request with curl.

/** A word that a POSIX shell takes as it is. */
export function quoted(word) {
  return /^[A-Za-z0-9_\-.,:/@%+=]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * The command as text, broken into lines where it is long.
 *
 * `request` has `origin`, `method`, `path` with its `{names}`, `parameters` (`{name, in, value}`; empty values are left out
 * unless they are in the path), `body` (text or null) and `credentials`: "none", "password" or "key".
 */
export function curl(request) {
  const values = (place) => request.parameters.filter((one) => one.in === place && one.value !== "");
  let target = request.path;
  for (const { name, value } of request.parameters.filter((one) => one.in === "path")) {
    target = target.replace(`{${name}}`, encodeURIComponent(value));
  }
  const query = values("query").map(({ name, value }) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  if (query.length) target += `?${query.join("&")}`;
  const words = ["curl"];
  // A POST with a body is what curl makes of -d by itself.
  if (request.method !== "get" && !(request.method === "post" && request.body !== null)) {
    words.push(`-X ${request.method.toUpperCase()}`);
  }
  // curl asks for the password; the shell knows the key. Neither stands in the command.
  if (request.credentials === "password") words.push("-u USER");
  if (request.credentials === "key") words.push('-H "Authorization: Bearer $PUSH_API_KEY"');
  words.push(quoted(request.origin + target));
  for (const { name, value } of values("header")) words.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (request.body !== null) words.push("-H 'Content-Type: application/json'", `-d ${quoted(request.body)}`);
  const line = words.join(" ");
  return line.length <= 90 ? line : words.join(" \\\n  ").replace("curl \\\n  ", "curl ");
}
