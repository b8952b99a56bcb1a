import NginxConf
import PushStreamCore

/// Everything that one nginx.conf says, checked and typed: what the engine runs on.
///
/// Durations are milliseconds and sizes are bytes, as Nginx keeps them; `nil` means that the feature is off.
public struct EngineConfiguration: Sendable {
    public var process: ProcessSettings
    /// `push_stream_*` directives of the `http` level.
    public var store: StoreSettings
    public var servers: [ServerSettings]
    /// The files of every `access_log`; ``AccessLogRule/file`` counts in it.
    public var accessLogs: [AccessLogFile] = []
    /// Every `limit_conn_zone`.
    public var zones: [ConnectionZone] = []
    /// `push_stream_subscriber_queue_size`, a directive of this engine: bytes that may wait for a subscriber that does not read, at
    /// least 1. When more is due after that, it is closed; so what waits exceeds this by the messages of one tick at most. What a
    /// subscriber gets at its start is not cut short.
    public var subscriberQueueSize = EngineConfiguration.defaultSubscriberQueueSize

    static let defaultSubscriberQueueSize = 1 << 20
}

/// Directives of the main and `events` levels.
public struct ProcessSettings: Sendable {
    /// Number of event loops (`worker_processes`; `auto` is the number of processors that this process may use).
    public var eventLoops: Int
    /// Connections one event loop holds at most (`worker_connections`).
    public var connectionsPerLoop: Int
    /// `worker_rlimit_nofile`; `nil` leaves the limit as the process got it.
    public var openFileLimit: Int?
    /// `pid`; `nil` writes none.
    public var pidFile: String?
    public var errorLog: LogDestination
    public var errorLogLevel: ErrorLogLevel
    /// `error_log` directives after the first.
    public var moreErrorLogs: [ErrorLogTarget] = []
    /// How long a graceful stop may take (`worker_shutdown_timeout`); `nil` is ``usualShutdownTimeout``.
    public var shutdownTimeout: Int?
    /// `user`: whom the process becomes after its ports are bound, if root starts it.
    public var user: ProcessUser?
    /// `daemon on`: the server is a process of its own, in the background.
    public var isDaemon = false
    /// Whether `error_log` stands at the main level; else `-e` may say where errors go.
    public var namesErrorLog = false

    /// Milliseconds. Nginx waits for the last client then; streams that may last for ever need an end.
    public static let usualShutdownTimeout = 60_000
}

/// A user and a group of the system.
public struct ProcessUser: Sendable, Hashable {
    public var name: String
    public var userID: UInt32
    public var groupID: UInt32
}

public enum LogDestination: Sendable, Equatable {
    case standardError
    case standardOutput
    case file(String)
    case syslog(SyslogTarget)
    case off
}

/// One `error_log`: where messages of at least a level go.
public struct ErrorLogTarget: Sendable, Equatable {
    public var destination: LogDestination
    public var level: ErrorLogLevel

    public init(destination: LogDestination, level: ErrorLogLevel) {
        self.destination = destination
        self.level = level
    }
}

extension ProcessSettings {
    /// Every `error_log` of the main level; standard error if there is none.
    public var errorLogs: [ErrorLogTarget] {
        [ErrorLogTarget(destination: self.errorLog, level: self.errorLogLevel)] + self.moreErrorLogs
    }
}

/// Nginx's levels, least severe first.
public enum ErrorLogLevel: Int, Sendable, Comparable {
    case debug, info, notice, warn, error, crit, alert, emerg

    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// One `server` block.
public struct ServerSettings: Sendable {
    public var listens: [ListenAddress]
    /// As written; the first is `$server_name`.
    public var names: [String]
    /// What `names` match.
    public var namePatterns: [ServerNamePattern] = []
    public var locations: LocationTable<Location>
    /// `set`, `if` and `return` of the server itself, which run before a location is chosen.
    public var rewrite: [RewriteStep]
    /// What a request gets that no location matches.
    public var fallback: Location
    /// Time to receive a whole request head (`client_header_timeout`).
    public var headerTimeout: Int
    /// `client_header_buffer_size`.
    public var headerBufferSize: Int
    /// `large_client_header_buffers`: how many of what size.
    public var largeHeaderBuffers: (count: Int, size: Int)
    /// `ssl_*`; nil for a server without certificates.
    public var tls: TLSSettings?
}

public struct ListenAddress: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        case ip(host: String, port: Int)
        case unix(path: String)
    }
    public var kind: Kind
    public var isDefault: Bool
    public var backlog: Int
    public var reusePort: Bool
    /// Whether an IPv6 socket refuses IPv4 clients (`ipv6only`, on unless said otherwise).
    public var ipv6Only: Bool = true
    /// Whether clients of this address encrypt (`ssl`).
    public var isTLS: Bool = false
}

/// One `location`, or an `if` in one. A class, so that a request refers to it instead of copying it.
public final class Location: Sendable {
    public let settings: LocationSettings

    public init(_ settings: LocationSettings) {
        self.settings = settings
    }
}

/// What one `location` says, with everything it inherits resolved.
public struct LocationSettings: Sendable {
    public var handler: LocationHandler
    /// `client_max_body_size`; 0 is without limit.
    public var maxBodySize: Int
    /// Time between two reads of a body (`client_body_timeout`).
    public var bodyTimeout: Int
    /// Time between two writes (`send_timeout`).
    public var sendTimeout: Int
    /// `keepalive_timeout`; 0 closes each connection after its response.
    public var keepAliveTimeout: Int
    /// Seconds that `Keep-Alive` tells; nil leaves the field out.
    public var keepAliveHeader: Int?
    public var keepAliveRequests: Int
    public var tcpNoDelay: Bool
    /// `default_type`.
    public var defaultType: String
    /// `types`: content types by extension; see `contentType(ofPath:)`.
    public var types: [String: String] = LocationSettings.standardTypes
    public var addedHeaders: [AddedHeader]
    public var accessRules: [AccessRule]
    public var connectionLimits: ConnectionLimits?
    public var accessLogs: [AccessLogRule] = []
    /// Of a location without a push handler; nil serves none.
    public var files: FileSettings?
    public var errorPages: [ErrorPageRule] = []
    /// `internal`: clients get 404.
    public var isInternal = false
    /// `server_tokens`.
    public var serverTokens: Bool
    /// `set`, `if` and `return` in the order in which they stand; `ServerSettings.route` runs them.
    public var rewrite: [RewriteStep]
}

public struct AddedHeader: Sendable {
    public var name: String
    public var value: ComplexValue
    public var always: Bool
}

/// `allow` and `deny`; the first that matches decides.
public struct AccessRule: Sendable {
    public var allows: Bool
    /// An address, a CIDR range, `all`, or `unix:`.
    public var network: NetworkRange
}

public enum LocationHandler: Sendable {
    /// No content handler: a file, or 404.
    case none
    case publisher(PublisherSettings)
    case subscriber(SubscriberSettings)
    /// `push_stream_channels_statistics`.
    case statistics(channelsPath: ComplexValue?)
    /// `return`: a status with a body, or a redirect to the text.
    case respond(status: Int, text: ComplexValue?)
    /// `push_stream_metrics`, a directive of this engine: Prometheus text.
    case metrics
    /// `push_stream_health ready`, a directive of this engine: 200 while the engine takes subscribers, 503 while it drains.
    case readiness
}

public struct PublisherSettings: Sendable {
    /// `push_stream_publisher admin`: DELETE is allowed.
    public var isAdmin: Bool
    public var channelsPath: ComplexValue?
    public var storesMessages: Bool
    public var infoOnPublish: Bool
    public var allowedOrigins: ComplexValue?
}

public struct SubscriberSettings: Sendable {
    public var mode: SubscriberMode
    public var channelsPath: ComplexValue?
    public var authorizedChannelsOnly: Bool
    public var headerTemplate: String?
    /// `push_stream_message_template` as written; the core compiles it.
    public var messageTemplate: MessageTemplate
    public var footerTemplate: String?
    public var maxWildcardChannels: Int?
    public var pingInterval: Int?
    public var connectionTTL: Int?
    public var longPollingTTL: Int?
    public var websocketAllowsPublish: Bool
    public var lastReceivedTime: ComplexValue?
    public var lastReceivedTag: ComplexValue?
    public var lastEventID: ComplexValue?
    public var userAgent: ComplexValue?
    public var paddings: [PaddingRule]
    public var allowedOrigins: ComplexValue?
    public var allowsEventsChannel: Bool
    /// `push_stream_store_messages`: whether what a WebSocket client publishes is stored.
    public var storesMessages: Bool
}

/// One group of `push_stream_padding_by_user_agent`.
public struct PaddingRule: Sendable {
    public var agent: RegularExpression
    public var headerMinimum: Int
    public var messageMinimum: Int
}
