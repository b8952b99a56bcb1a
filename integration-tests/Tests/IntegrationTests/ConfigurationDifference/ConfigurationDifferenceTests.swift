import Foundation
import IntegrationSupport
import Testing

extension EndToEnd {
    /// `push-stream -t` beside `nginx -t`: for every directive of the module, and every one of nginx that counts here, a wrong place, a
    /// wrong number of arguments, values that mean nothing, and the directive twice; and what the module checks in the whole.
    ///
    /// With an Nginx, `PUSH_STREAM_RECORD=module` writes what it says into the folder Cases; `PUSH_STREAM_RECORD=differences` writes what
    /// we say where a reason for a difference stands.
    @Suite
    struct ConfigurationDifference {
        // To run this, set PUSH_STREAM_NGINX to the program of an Nginx that has the Push Stream module 0.6.0, and
        // PUSH_STREAM_NGINX_MODULE to the module's file if it is a dynamic one.
        @Test(
            .enabled(
                if: ConfigurationTester.nginx != nil,
                "set PUSH_STREAM_NGINX (and PUSH_STREAM_NGINX_MODULE for a dynamic module) to compare with a live Nginx"),
            arguments: ConfigurationCase.groups)
        func `nginx says what it was recorded to say`(group: String) async throws {
            let nginx = try #require(ConfigurationTester.nginx)
            var cases = try ConfigurationCase.read(group)
            let answers = try await nginx.test(cases)
            if try Recording.asked() == .module {
                for index in cases.indices { cases[index].expected = answers[cases[index].name] ?? [] }
                try ConfigurationCase.write(cases, group)
            }
            for item in cases { #expect(answers[item.name] == item.expected, "\(item.name)") }
        }

        @Test(arguments: ConfigurationCase.groups)
        func `push-stream says what nginx says`(group: String) async throws {
            var cases = try ConfigurationCase.read(group)
            let answers = try await ConfigurationTester.pushStream().test(cases)
            if try Recording.asked() == .differences {
                for index in cases.indices where cases[index].known != nil {
                    let ours = answers[cases[index].name] ?? []
                    if ours == cases[index].expected { cases[index].known = nil } else { cases[index].known?.lines = ours }
                }
                try ConfigurationCase.write(cases, group)
            }
            for item in cases {
                let ours = answers[item.name]
                if let known = item.known {
                    #expect(ours != item.expected, "'\(item.name)' differs no more")
                    #expect(ours == known.lines, "'\(item.name)' differs otherwise than is known")
                } else {
                    #expect(ours == item.expected, "\(item.name)")
                }
            }
        }

        @Test func `there are cases for every directive, and each name stands once`() throws {
            let cases = try ConfigurationCase.groups.flatMap(ConfigurationCase.read)
            #expect(cases.count >= 1000)
            #expect(Set(cases.map(\.name)).count == cases.count)
            #expect(cases.allSatisfy { !$0.expected.isEmpty && $0.known?.reason != "" })
            let directives = try Repository.text(of: "push-stream/DIRECTIVES.md")
            let module = try #require(directives.split(separator: "\n## ").first { $0.hasPrefix("Nginx Push Stream module") })
            for match in module.matches(of: /\n\| `(push_stream_[a-z_]+)`/) {
                #expect(cases.count { $0.configuration.contains(match.1) } >= 4, "\(match.1)")
            }
        }
    }
}
