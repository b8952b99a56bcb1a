import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// What a subscriber may cost. The ceilings stand a third or so above what was measured when they were written; who raises one says
    /// why in its commit.
    @Suite struct Ceilings {
        private struct Idle: Decodable { var residentBytesPerSubscriber: Double }

        /// Runs push-load to its end.
        /// - Returns: the JSON object that it printed.
        private static func load(_ arguments: [String]) async throws -> Data {
            let process = try TestProcess(try Repository.binary("push-load"), arguments: arguments + ["--json"])
            #expect(try await process.exit(within: .seconds(240)) == .exited(0))
            return Data(try await process.line(containing: "{").text.utf8)
        }

        /// Resident bytes of one more subscriber, when there are 2,000 already.
        @Test(arguments: [("eventsource", 700.0), ("streaming", 700), ("websocket", 700), ("longpolling", 6000)])
        func `memory of an idle subscriber`(transport: String, ceiling: Double) async throws {
            try await LonePushStream.run { server in
                let data = try await Self.load(
                    ["idle", "--transport", transport, "--base", "2000", "--subscribers", "5000", "--hold", "0.5"]
                        + server.loadOptions)
                let bytes = try JSONDecoder().decode(Idle.self, from: data).residentBytesPerSubscriber
                print("measured: \(Int(bytes)) bytes of resident memory for one more idle \(transport) subscriber")
                #expect(bytes < ceiling)
                // Nothing was measured if nothing grew.
                #expect(bytes > 100)
            }
        }

        /// A message is encoded once for all: what it allocates must not follow the number of its subscribers.
        @Test(arguments: ["eventsource", "streaming", "websocket"])
        func `allocations of a delivery`(transport: String) async throws {
            let (few, many) = (
                try await Self.allocations(transport, subscribers: 500), try await Self.allocations(transport, subscribers: 2000)
            )
            print(
                "measured: \(Int(few)) allocations for a message to 500 \(transport) subscribers, \(Int(many)) to 2,000")
            #expect(many < Self.messageCeiling)
            #expect((many - few) / 1500 < Self.deliveryCeiling)
        }

        /// Of one message, from the publisher's request to its answer, and of handing it to one subscriber more.
        private static let messageCeiling = 40.0
        private static let deliveryCeiling = 0.01

        /// Allocations of the server for each message: those of a run with many messages less those of one with few.
        private static func allocations(_ transport: String, subscribers: Int) async throws -> Double {
            let directory = try TemporaryDirectory()
            let file = directory.file("count")
            try Data(count: 4096).write(to: URL(fileURLWithPath: file))
            func count() throws -> Int {
                let bytes = try Data(contentsOf: URL(fileURLWithPath: file)).prefix(8)
                return bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
            }
            let environment = ["LD_PRELOAD": try Self.counter(), "ALLOCATION_COUNTER": file]
            return try await LonePushStream.run(environment: environment) { server in
                var counts: [Int] = []
                try await eventually("the first request is over") { try await server.isIdle() }
                let descriptors = try server.openDescriptors()
                // The first run fills caches and tables. Messages are in flight beside each other: one after the other they would take so long
                // on a busy machine that what the server's timers allocate meanwhile counted more than they.
                for messages in [100, 100, 600] {
                    let before = try count()
                    _ = try await Self.load(
                        [
                            "fanout", "--transport", transport, "--subscribers", "\(subscribers)", "--messages", "\(messages)",
                            "--window", "20",
                        ]
                            + server.loadOptions)
                    // Asked of the system, because a request to the server would allocate.
                    try await eventually("all subscribers are gone") { try server.openDescriptors() <= descriptors }
                    counts.append(try count() - before)
                }
                #expect(counts[0] > subscribers, "the allocations are not counted")
                return Double(counts[2] - counts[1]) / 500
            }
        }

        /// Built beside the tests.
        private static func counter() throws -> String {
            let folders = [Bundle.main.executableURL, URL(fileURLWithPath: CommandLine.arguments[0])].compactMap { $0 }
            let paths = folders.map { $0.deletingLastPathComponent().appending(path: "libAllocationCounter.so").path }
            return try #require(paths.first { FileManager.default.fileExists(atPath: $0) })
        }
    }
}
