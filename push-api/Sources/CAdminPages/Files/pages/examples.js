/** The examples of the how-to page: functions of `{ api, stream, channel }`. They hold no credentials, only where these go. */

/** A text within single quotes of a shell. */
function shell(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A text as a literal of JSON, JavaScript and Swift. */
function literal(text) {
  return JSON.stringify(text);
}

export const subscribing = [
  {
    name: "browser", text: "Browser", examples: ({ stream, channel }) => {
      const path = encodeURIComponent(channel);
      return [
        {
          text: "EventSource connects again by itself, and continues where it was:", code: `const source = new EventSource(${literal(`${stream}/ev/${path}`)});
source.onmessage = (event) => {
  const message = JSON.parse(event.data);
  console.log(message.channel, decodeURIComponent(message.text));
};`,
        },
        {
          text: "The same over WebSocket:", code: `const socket = new WebSocket(${literal(`${stream.replace(/^http/, "ws")}/ws/${path}`)});
socket.onmessage = (event) => {
  const message = JSON.parse(event.data);
  console.log(message.channel, decodeURIComponent(message.text));
};`,
        },
        { text: "Begin with the last five messages, and follow two channels:", code: `new EventSource(${literal(`${stream}/ev/${path}.b5/sport`)});` },
      ];
    },
  },
  {
    name: "curl", text: "curl", examples: ({ stream, channel }) => {
      const path = encodeURIComponent(channel);
      return [
        { text: "Follow a channel:", code: `curl -N ${shell(`${stream}/ev/${path}`)}` },
        { text: "Wait for one message, by long polling:", code: `curl ${shell(`${stream}/lp/${path}`)}` },
        { text: "Continue after a message that you have seen:", code: `curl -N ${shell(`${stream}/ev/${path}`)} -H "Last-Event-ID: $EVENT_ID"` },
      ];
    },
  },
  {
    name: "swift", text: "Swift", examples: ({ stream, channel }) => [
      {
        text: "On Apple platforms, URLSession reads the event stream line by line:", code: `import Foundation

struct Message: Decodable { let channel: String, text: String, eventid: String }

let url = URL(string: ${literal(`${stream}/ev/${encodeURIComponent(channel)}`)})!
let (lines, _) = try await URLSession.shared.bytes(from: url)
for try await line in lines.lines where line.hasPrefix("data: ") {
    let message = try JSONDecoder().decode(Message.self, from: Data(line.dropFirst(6).utf8))
    print(message.channel, message.text.removingPercentEncoding ?? message.text)
}`,
      },
    ],
  },
  {
    name: "javascript", text: "JavaScript", examples: ({ stream, channel }) => [
      {
        text: "Node.js and Deno have WebSocket built in:", code: `const socket = new WebSocket(${literal(`${stream.replace(/^http/, "ws")}/ws/${encodeURIComponent(channel)}`)});
socket.addEventListener("message", ({ data }) => {
  const message = JSON.parse(data);
  console.log(message.channel, decodeURIComponent(message.text));
});`,
      },
    ],
  },
];

export const publishing = [
  {
    name: "curl", text: "curl", examples: ({ api, channel }) => {
      const body = JSON.stringify({ channels: [channel], content: "Hello" });
      return [
        {
          text: "With an API key from the page “Keys”:", code: `curl ${shell(`${api}/api/v1/messages`)} \\
  -H "Authorization: Bearer $PUSH_KEY" \\
  -H "Content-Type: application/json" \\
  -d ${shell(body)}`,
        },
        {
          text: "With the user of the configuration; curl asks for the password:", code: `curl -u USER ${shell(`${api}/api/v1/messages`)} \\
  -H "Content-Type: application/json" \\
  -d ${shell(body)}`,
        },
        {
          text: "Keep the channel for an hour, also without subscribers:", code: `curl ${shell(`${api}/api/v1/channels`)} \\
  -H "Authorization: Bearer $PUSH_KEY" \\
  -H "Content-Type: application/json" \\
  -d ${shell(JSON.stringify({ id: channel, ttl: 3600 }))}`,
        },
      ];
    },
  },
  {
    name: "swift", text: "Swift", examples: ({ api, channel }) => [
      {
        text: "On a server, with the key from its environment:", code: `import Foundation
#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

struct Message: Encodable { let channels: [String], content: String }

var request = URLRequest(url: URL(string: ${literal(`${api}/api/v1/messages`)})!)
request.httpMethod = "POST"
request.setValue("Bearer \\(ProcessInfo.processInfo.environment["PUSH_KEY"]!)", forHTTPHeaderField: "Authorization")
request.setValue("application/json", forHTTPHeaderField: "Content-Type")
request.httpBody = try JSONEncoder().encode(Message(channels: [${literal(channel)}], content: "Hello"))
let (_, response) = try await URLSession.shared.data(for: request)
print((response as! HTTPURLResponse).statusCode)  // 204: the message is stored`,
      },
    ],
  },
  {
    name: "javascript", text: "JavaScript", examples: ({ api, channel }) => [
      {
        text: "On a server; the idempotency key lets you repeat the request without publishing twice:", code: `const response = await fetch(${literal(`${api}/api/v1/messages`)}, {
  method: "POST",
  headers: {
    "Authorization": \`Bearer \${process.env.PUSH_KEY}\`,
    "Content-Type": "application/json",
    "Idempotency-Key": crypto.randomUUID(),
  },
  body: JSON.stringify({ channels: [${literal(channel)}], content: "Hello" }),
});
console.log(response.status, response.headers.get("X-Push-Message-Id"));  // 204: the message is stored`,
      },
    ],
  },
  {
    name: "browser", text: "Browser", examples: () => [
      {
        text: "Not from a page of your own: whoever reads its source could publish. Let the page ask your server, which publishes with its key:", code: `await fetch("/your-server/say", { method: "POST", body: "Hello" });`,
      },
    ],
  },
];
