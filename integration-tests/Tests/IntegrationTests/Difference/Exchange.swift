/// One exchange with a server: what is sent, and what is waited for. Data, so that several hundred of them stay readable.
struct Exchange: Sendable {
    let name: String
    let steps: [Step]
    /// Whether it begins with a new second of the clock and has to end within it, so that tags of messages are certain.
    let isAligned: Bool
    init(_ name: String, aligned: Bool = false, @ListBuilder<Step> _ steps: () -> [Step]) {
        self.name = name
        self.isAligned = aligned
        self.steps = steps()
    }
}

/// In texts, `@` stands for an id that no other exchange uses; `{time}`, `{time-1}`, `{time+1}` and `{tag}` for `Last-Modified` and
/// `Etag` as the last response gave them, `{urltime}` for the former percent-encoded, `{now-10}` for the current time less ten seconds.
enum Step: Sendable {
    /// Opens the connection of that name, if it is new, and sends a request; `method` decides how the response ends.
    case request(method: String, text: String, on: String)
    case sendText(String, on: String)
    case sendBytes([UInt8], on: String)
    case wait(Condition, on: String)
    /// The client has sent all that it will send, and goes on reading.
    case finishSending(on: String)
    case close(on: String)
    /// Asks for a path again and again until the answer holds the text. Not recorded: for what happens in its own time.
    case poll(path: String, until: String)
    /// Publishes to new channels, with ids shorter than any other, until one is refused. Not recorded: how much goes in differs.
    case fill(path: String, body: String)

    enum Condition: Sendable {
        case response
        case head
        /// The text has come since the last wait.
        case text(String)
        case frame
        case end
        /// Nothing comes for so many milliseconds.
        case silence(Int)
    }
}

/// Exchanges that share a server, which runs with a configuration of its own.
struct ExchangeGroup: Sendable {
    let name: String
    /// A file in the folder Configurations.
    let configuration: String
    /// How many exchanges go on at once. One at a time where the figures of the whole server are compared.
    let concurrency: Int
    let exchanges: [Exchange]

    init(_ name: String, configuration: String = "rich", concurrency: Int = 4, _ exchanges: [Exchange]) {
        self.name = name
        self.configuration = configuration
        self.concurrency = concurrency
        self.exchanges = exchanges
    }
}

/// Lets lists be written one element a line. The compiler checks each line alone, which keeps long lists quick to build.
@resultBuilder
enum ListBuilder<Element> {
    static func buildExpression(_ element: Element) -> [Element] { [element] }
    static func buildExpression(_ elements: [Element]) -> [Element] { elements }
    static func buildBlock(_ parts: [Element]...) -> [Element] { parts.flatMap { $0 } }
    static func buildArray(_ parts: [[Element]]) -> [Element] { parts.flatMap { $0 } }
    static func buildOptional(_ part: [Element]?) -> [Element] { part ?? [] }
    static func buildEither(first: [Element]) -> [Element] { first }
    static func buildEither(second: [Element]) -> [Element] { second }
}
