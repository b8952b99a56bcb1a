import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// The simulation of AWS does what the ECS provider's tests rely on: botocore, which is AWS's own client, finds it so.
    @Suite struct AWSSimulation {
        @Test(arguments: ["test_gateway", "test_services"])
        func `botocore and its waiters find an AWS`(module: String) async throws {
            try await withProcess(
                module, try MotoServer.python(), arguments: ["-m", "unittest", module],
                environment: ["PUSH_BINARIES": Repository.binaries, "PYTHONDONTWRITEBYTECODE": "1"],
                workingDirectory: "\(Repository.root)/integration-tests/aws/tests"
            ) { run in
                let status = try await run.exit(within: .seconds(110))
                let lines = try await run.allLines().map(\.text)
                #expect(status == .exited(0), "\(lines.joined(separator: "\n"))")
                // A run that tests nothing ends well, too.
                #expect(lines.contains { $0.firstMatch(of: /^Ran ([5-9]|\d\d) tests/) != nil })
            }
        }

        private struct Leftovers: Decodable {
            let services: [String]
            let processes: [Int32]
        }

        @Test func `the simulation starts for a test and is empty`() async throws {
            let process = try await MotoServer.run { aws in
                let left = try await aws.ask("leftovers", as: Leftovers.self)
                #expect(left.services == [] && left.processes == [])
                try await aws.tell("delay", #"{"seconds": 0.1}"#)
                await #expect(throws: MotoServer.ControlFailure.self) { try await aws.tell("behaviour", #"{"family": "x"}"#) }
                return aws.process
            }
            #expect(process.status != nil)
        }
    }
}
