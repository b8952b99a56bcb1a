/// How the app stands with its Push Service, in words for people.
public struct StatusReport: Sendable, Equatable, Codable {
    public enum State: String, Sendable, Codable {
        case working
        case problem
        /// Could not be found out, because of another problem.
        case unknown
    }

    /// One thing that was looked at.
    public struct Check: Sendable, Equatable, Codable {
        public var name: String
        public var state: State
        /// What was found.
        public var text: String
        /// What to do about it.
        public var advice: String?
        /// A command for that.
        public var command: String?
    }

    public struct PushStream: Sendable, Equatable, Codable {
        /// The address that browsers use.
        public var url: String
    }

    /// `nil` as long as push-api has not told it.
    public var pushStream: PushStream?
    /// Whether no check found a problem.
    public var working: Bool
    public var checks: [Check]
}
