import Foundation
import NginxConf
import PushStreamCore
import Testing

@testable import PushStreamServer

/// The shipped nginx.conf says what the product promises.
@Suite struct ShippedConfigurationTests {
    static let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "nginx.conf").path

    private struct Arguments: VariableSource {
        var values: [String: String] = [:]

        func value(of variable: Variable) -> String? {
            guard case .argument(let name) = variable else { return nil }
            return self.values[name]
        }
    }

    private func load() throws -> LoadedConfiguration { try EngineConfiguration.load(path: Self.path) }

    private func server(_ port: Int) throws -> ServerSettings {
        try #require(try self.load().engine.servers.first { $0.listens.map(\.kind) == [.ip(host: "0.0.0.0", port: port)] })
    }

    private func subscriber(_ path: String, _ arguments: [String: String] = [:]) throws -> (SubscriberSettings, Route<Arguments>)
    {
        let route = try self.server(9080).route(path: path, request: Arguments(values: arguments))
        guard case .subscriber(let settings) = route.settings.handler else { throw Unexpected() }
        return (settings, route)
    }

    private struct Unexpected: Error {}

    @Test func `process and store`() throws {
        let loaded = try self.load()
        #expect(loaded.diagnostics.isEmpty)
        let process = loaded.engine.process
        #expect(process.eventLoops == ProcessorCount.available())
        #expect(process.connectionsPerLoop == 65536)
        #expect(process.openFileLimit == 1_048_576)
        #expect(process.pidFile == "push-stream.pid")
        #expect(process.errorLog == .standardError)
        #expect(process.shutdownTimeout == 25_000)
        var store = StoreSettings()
        store.memoryLimit = 100 << 20
        store.maxMessagesPerChannel = 20
        store.messageTTL = 300_000
        store.channelInactivityTime = 120_000
        store.maxChannelIDLength = 200
        store.wildcardPrefix = "broad_"
        #expect(loaded.engine.store == store)
    }

    @Test(arguments: [
        ("/sub/a/b.b5", SubscriberMode.streaming), ("/ev/a/b.b5", .eventSource), ("/lp/a/b.b5", .longPolling),
        ("/jsonp/a/b.b5", .longPolling), ("/ws/a/b.b5", .webSocket),
    ])
    func `subscribers`(path: String, mode: SubscriberMode) throws {
        let (settings, route) = try self.subscriber(path)
        #expect(settings.mode == mode)
        #expect(settings.channelsPath?.evaluate(route.variables) == "a/b.b5")
        #expect(settings.pingInterval == 30_000)
        #expect(settings.connectionTTL == 900_000)
        #expect(settings.longPollingTTL == 30_000)
        #expect(settings.maxWildcardChannels == 3)
        #expect(settings.allowedOrigins?.constant == "*")
        #expect(!settings.authorizedChannelsOnly && !settings.websocketAllowsPublish)
        let json =
            #"{"id":~id~,"channel":"~channel~","text":"~text~","tag":"~tag~","time":"~time~","eventid":"~event-id~"}"#
        if mode != .streaming { #expect(settings.messageTemplate == MessageTemplate(json)) }
    }

    @Test func `the hidden iframe has its own templates`() throws {
        let (settings, route) = try self.subscriber("/sub/a")
        #expect(settings.headerTemplate?.contains("parent.PushStream.register(window)") == true)
        #expect(settings.headerTemplate?.contains(#"/^[0-9.]+$/"#) == true)
        #expect(settings.headerTemplate?.contains(#"/\.[a-z]{2,3}\.[a-z]{2}$/"#) == true)
        #expect(
            settings.messageTemplate
                == MessageTemplate("<script>p(~id~,'~channel~','~text~','~event-id~','~time~','~tag~');</script>\r\n"))
        #expect(settings.footerTemplate == "</body></html>\r\n")
        #expect(route.settings.contentType(ofPath: "/sub/a") == "text/html; charset=utf-8")
    }

    @Test func `the position comes from the query when asked for`() throws {
        let arguments = ["qs": "on", "time": "T", "tag": "7", "eventid": "E"]
        for path in ["/sub/a", "/ev/a", "/lp/a", "/ws/a", "/jsonp/a"] {
            let (settings, route) = try self.subscriber(path, arguments)
            #expect(settings.lastReceivedTime?.evaluate(route.variables) == "T")
            #expect(settings.lastReceivedTag?.evaluate(route.variables) == "7")
            #expect(settings.lastEventID?.evaluate(route.variables) == "E")
            #expect(settings.channelsPath?.evaluate(route.variables) == "a")
        }
        let (settings, _) = try self.subscriber("/ev/a", ["time": "T"])
        #expect(settings.lastReceivedTime == nil && settings.lastReceivedTag == nil && settings.lastEventID == nil)
    }

    @Test func `publishing and figures are on the inner port alone`() throws {
        let inner = try self.server(9081)
        let route = inner.route(path: "/pub", request: Arguments(values: ["id": "x"]))
        guard case .publisher(let publisher) = route.settings.handler else { throw Unexpected() }
        #expect(publisher.isAdmin && publisher.storesMessages && publisher.infoOnPublish)
        #expect(publisher.channelsPath?.evaluate(route.variables) == "x")
        #expect(route.settings.maxBodySize == 32768)
        guard case .statistics(let path) = inner.route(path: "/channels-stats", request: Arguments()).settings.handler else {
            throw Unexpected()
        }
        #expect(path?.source == "$arg_id")
        guard case .metrics = inner.route(path: "/metrics", request: Arguments()).settings.handler else { throw Unexpected() }
        let outer = try self.server(9080)
        for path in ["/pub", "/channels-stats", "/metrics", "/"] {
            guard case .respond(status: 404, text: nil) = outer.route(path: path, request: Arguments()).settings.handler else {
                Issue.record("\(path) is served to everybody")
                continue
            }
        }
        for server in [inner, outer] {
            guard case .readiness = server.route(path: "/readyz", request: Arguments()).settings.handler,
                case .respond(status: 200, let text) = server.route(path: "/healthz", request: Arguments()).settings.handler
            else { throw Unexpected() }
            #expect(text?.constant == "ok\n")
        }
    }
}
