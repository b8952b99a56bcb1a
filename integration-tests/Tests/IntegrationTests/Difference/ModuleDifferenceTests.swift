import Foundation
import IntegrationSupport
import Testing

extension EndToEnd {
    /// push-stream beside an Nginx with the Push Stream module: the same configuration, the same requests, and then status lines,
    /// header fields with their order, bodies, chunks, frames, and what becomes of the connection.
    ///
    /// `PUSH_STREAM_RECORD=module`, with an Nginx, writes the module's answers to the folder Recorded, and
    /// `PUSH_STREAM_RECORD=differences` our own where the difference is meant.
    @Suite
    struct ModuleDifference {
        /// Answers of one server by group and exchange.
        private typealias Answers = [String: [String: [String]]]

        // To run this, set PUSH_STREAM_NGINX to the program of an Nginx that has the Push Stream module 0.6.0, and
        // PUSH_STREAM_NGINX_MODULE to the module's file if it is a dynamic one.
        @Test(
            .enabled(
                if: Contestant.module != nil,
                "set PUSH_STREAM_NGINX (and PUSH_STREAM_NGINX_MODULE for a dynamic module) to compare with a live Nginx"))
        func `push-stream answers as the module does`() async throws {
            let module = try #require(Contestant.module)
            let recording = try Recording.asked()
            async let theirs = Self.answers(of: module)
            async let ours = Self.answers(of: .pushStream)
            let (expected, actual) = (try await theirs, try await ours)
            if recording == .module {
                for group in ExchangeGroup.all {
                    try Record(answers: expected[group.name] ?? [:]).write(for: group.name, group.exchanges)
                }
            }
            try Self.compare(actual, expected)
        }

        @Test func `push-stream answers as the module was recorded to answer`() async throws {
            let recording = try Recording.asked()
            var expected: Answers = [:]
            for group in ExchangeGroup.all { expected[group.name] = try Record(of: group.name).answers }
            var actual = try await Self.answers(of: .pushStream)
            // A busy machine may be late for what lasts a second: then everything of the group is asked again, of a new server.
            for _ in 0..<3 where recording == nil {
                let different = try ExchangeGroup.all.filter { try !Self.problems(in: $0, actual, expected).isEmpty }
                if different.isEmpty { break }
                print("asked again: \(different.map(\.name))")
                actual.merge(try await Self.answers(of: .pushStream, to: different)) { $1 }
            }
            if recording == .differences {
                let exchanges = ExchangeGroup.all.flatMap(\.exchanges).filter { KnownDifference.names.contains($0.name) }
                let answers = actual.values.reduce(into: [:]) { all, group in all.merge(group) { $1 } }
                try Record(answers: answers).write(for: Record.differences, exchanges)
            }
            try Self.compare(actual, expected)
        }

        @Test func `there are at least 300 exchanges, and each name stands once`() {
            let names = ExchangeGroup.all.flatMap(\.exchanges).map(\.name)
            #expect(names.count >= 300)
            #expect(Set(names).count == names.count)
            #expect(KnownDifference.names.subtracting(names) == [])
        }

        @Test func `what cannot be recorded is refused`() throws {
            #expect(try Recording.asked(by: nil) == nil)
            #expect(try Recording.asked(by: "") == nil)
            #expect(try Recording.asked(by: "differences", hasModule: false) == .differences)
            #expect(try Recording.asked(by: "module", hasModule: true) == .module)
            #expect(throws: Recording.Refused.self) { try Recording.asked(by: "module", hasModule: false) }
            for value in ["1", "Module", "module,differences"] {
                let error = #expect(throws: Recording.Refused.self) { try Recording.asked(by: value) }
                #expect(error?.description == "PUSH_STREAM_RECORD is '\(value)'; it must be module or differences")
            }
        }

        @Test func `only the name and the number of a version are left out of the comparison`() {
            let normaliser = Normaliser(id: "none", keepsTags: true, keepsTotals: true, port: 1)
            let lines = normaliser.normalise([
                "Server: nginx/1.31.5", "Server: push-stream/1.0.0", "Server: nginx", "Server: push-stream", "Server: other",
                "body \"<center>push-stream/1.0.0</center>\"", "body \"<center>nginx</center>\"",
            ])
            #expect(
                lines == [
                    "Server: <Server>", "Server: <Server>", "Server: <Server> without version",
                    "Server: <Server> without version", "Server: other", "body \"<center><server></center>\"",
                    "body \"<center><server> without version</center>\"",
                ])
        }

        /// docs/compatibility.md says of each directive of the module whether it is the same.
        @Test func `each directive of the module is in the document`() throws {
            let directives = try Repository.text(of: "push-stream/DIRECTIVES.md")
            let document = try Repository.text(of: "docs/compatibility.md")
            let section = try #require(directives.split(separator: "\n## ").first { $0.hasPrefix("Nginx Push Stream module") })
            let names = section.matches(of: /\n\| (`push_stream_[a-z_]+`)/).map(\.1)
            #expect(names.count == 36)
            for name in names { #expect(document.contains("| \(name) |"), "\(name)") }
        }

        // MARK: Playing

        private static func answers(
            of contestant: Contestant, to groups: [ExchangeGroup] = ExchangeGroup.all
        ) async throws -> Answers {
            try await withThrowingTaskGroup(of: (String, [String: [String]]).self) { tasks in
                for group in groups {
                    tasks.addTask {
                        let answers = try await contestant.run(configuration: group.configuration) { player in
                            await Self.play(group, player)
                        }
                        return (group.name, answers)
                    }
                }
                return try await tasks.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
        }

        private static func play(_ group: ExchangeGroup, _ player: Player) async -> [String: [String]] {
            let player = Player(port: player.port, isAlone: group.concurrency == 1)
            return await withTaskGroup(of: (String, [String]).self) { tasks in
                var answers: [String: [String]] = [:]
                for (index, exchange) in group.exchanges.enumerated() {
                    if index >= group.concurrency, let (name, lines) = await tasks.next() { answers[name] = lines }
                    tasks.addTask { (exchange.name, await player.play(exchange)) }
                }
                for await (name, lines) in tasks { answers[name] = lines }
                return answers
            }
        }

        // MARK: Comparing

        private static func compare(_ actual: Answers, _ expected: Answers) throws {
            for group in ExchangeGroup.all {
                for problem in try Self.problems(in: group, actual, expected) { Issue.record(Comment(rawValue: problem)) }
            }
        }

        private static func problems(in group: ExchangeGroup, _ actual: Answers, _ expected: Answers) throws -> [String] {
            let differences = try Record(of: Record.differences).answers
            var problems: [String] = []
            for exchange in group.exchanges {
                guard let theirs = expected[group.name]?[exchange.name] else {
                    problems.append("'\(exchange.name)' is not recorded: run with an Nginx and PUSH_STREAM_RECORD=module")
                    continue
                }
                let ours = actual[group.name]?[exchange.name] ?? []
                if !KnownDifference.names.contains(exchange.name) {
                    let theirs = Chunks.join(theirs, like: ours)
                    if ours != theirs { problems.append("'\(exchange.name)' differs:\n\(difference(ours, theirs))") }
                } else if let known = differences[exchange.name] {
                    if ours == theirs { problems.append("'\(exchange.name)' differs no more") }
                    if ours != known {
                        problems.append("'\(exchange.name)' differs otherwise than is known:\n\(difference(ours, known))")
                    }
                } else {
                    problems.append("'\(exchange.name)' is not recorded: run with PUSH_STREAM_RECORD=differences")
                }
            }
            return problems
        }

        /// Lines of both, the common ones once.
        private static func difference(_ ours: [String], _ theirs: [String]) -> String {
            let changes = ours.difference(from: theirs)
            var removed: [Int: String] = [:]
            var inserted: [Int: String] = [:]
            for change in changes {
                switch change {
                case .remove(let offset, let line, _): removed[offset] = line
                case .insert(let offset, let line, _): inserted[offset] = line
                }
            }
            var output: [String] = []
            var mine = 0
            for (index, line) in theirs.enumerated() {
                while let line = inserted[mine] {
                    output.append("  ours   | \(line)")
                    mine += 1
                }
                if removed[index] != nil {
                    output.append("  module | \(line)")
                } else {
                    output.append("         | \(line)")
                    mine += 1
                }
            }
            while let line = inserted[mine] {
                output.append("  ours   | \(line)")
                mine += 1
            }
            return output.joined(separator: "\n")
        }
    }
}
