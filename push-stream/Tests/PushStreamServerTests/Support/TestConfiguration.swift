import NginxConf
import PushStreamCore

@testable import PushStreamServer

extension TestEngine {
    static func configuration(_ options: Options) throws -> EngineConfiguration {
        EngineConfiguration(
            process: ProcessSettings(
                eventLoops: options.loops, connectionsPerLoop: options.connectionsPerLoop, openFileLimit: nil, pidFile: nil,
                errorLog: .off, errorLogLevel: .error, shutdownTimeout: nil),
            store: options.store,
            servers: [try server(options)], subscriberQueueSize: options.queueSize)
    }

    private static func server(_ options: Options) throws -> ServerSettings {
        var locations = LocationTable<Location>()
        func add(_ pattern: LocationPattern, _ handler: LocationHandler, _ change: (inout LocationSettings) -> Void = { _ in }) {
            var settings = location(handler, options)
            change(&settings)
            precondition(locations.insert(pattern, Location(settings)))
        }
        let argument = try ComplexValue(parsing: "$arg_id")
        add(
            .prefix("/pub", skipsExpressions: false),
            .publisher(
                PublisherSettings(
                    isAdmin: true, channelsPath: argument, storesMessages: true, infoOnPublish: true,
                    allowedOrigins: ComplexValue(constant: "*")))
        ) { settings in
            if options.deniesPublishers { settings.accessRules = [AccessRule(allows: false, network: .all)] }
        }
        add(
            .prefix("/normal", skipsExpressions: false),
            .publisher(
                PublisherSettings(
                    isAdmin: false, channelsPath: argument, storesMessages: false, infoOnPublish: false, allowedOrigins: nil)))
        add(.prefix("/stats", skipsExpressions: false), .statistics(channelsPath: argument))
        add(.exact("/metrics"), .metrics)
        add(.exact("/readyz"), .readiness)
        add(.exact("/healthz"), .respond(status: 200, text: ComplexValue(constant: "ok")))
        for (path, mode) in [
            ("/sub/(.*)", SubscriberMode.streaming), ("/ev/(.*)", .eventSource), ("/poll/(.*)", .polling),
            ("/lp/(.*)", .longPolling), ("/ws/(.*)", .webSocket),
        ] {
            add(.expression(try RegularExpression(path)), .subscriber(try subscriber(mode, options))) { settings in
                if mode == .streaming { settings.defaultType = "text/html; charset=utf-8" }
            }
        }
        return ServerSettings(
            listens: [ListenAddress(kind: .ip(host: "127.0.0.1", port: 0), isDefault: true, backlog: 511, reusePort: false)],
            names: ["t"], locations: locations, rewrite: [], fallback: Location(location(.none, options)),
            headerTimeout: options.headerTimeout, headerBufferSize: 1024, largeHeaderBuffers: (count: 4, size: 8192))
    }

    private static func location(_ handler: LocationHandler, _ options: Options) -> LocationSettings {
        LocationSettings(
            handler: handler, maxBodySize: options.maxBodySize, bodyTimeout: options.bodyTimeout,
            sendTimeout: options.sendTimeout,
            keepAliveTimeout: 75_000, keepAliveRequests: options.keepAliveRequests, tcpNoDelay: true, defaultType: "text/plain",
            addedHeaders: [], accessRules: [], serverTokens: false, rewrite: [])
    }

    private static func subscriber(_ mode: SubscriberMode, _ options: Options) throws -> SubscriberSettings {
        SubscriberSettings(
            mode: mode, channelsPath: try ComplexValue(parsing: "$1"), authorizedChannelsOnly: options.authorizedOnly,
            headerTemplate: options.header, messageTemplate: MessageTemplate(template), footerTemplate: options.footer,
            maxWildcardChannels: 3, pingInterval: options.pingInterval, connectionTTL: options.connectionTTL,
            longPollingTTL: options.longPollingTTL, websocketAllowsPublish: options.websocketPublishes, lastReceivedTime: nil,
            lastReceivedTag: nil, lastEventID: nil, userAgent: nil, paddings: [], allowedOrigins: ComplexValue(constant: "*"),
            allowsEventsChannel: false, storesMessages: true)
    }
}
