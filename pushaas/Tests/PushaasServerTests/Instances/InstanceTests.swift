import PushaasProvisioning
import Testing

@testable import PushaasServer

@Suite struct InstanceTests {
    @Test func statusesAreStoredByTheirNames() {
        #expect(InstanceStatus.allCases.map(\.rawValue) == ["pending", "running", "updating", "failed"])
    }

    @Test func outputsAreStoredWhateverTheirNamesBeginWithAndReplaceNoSecret() throws {
        var instance = Instance(
            id: .random(), name: "mychat", plan: .test("small"), team: "t", user: "u", description: "", tags: [], created: 1,
            status: .running, leftovers: [], drift: [],
            secrets: .init(apiUser: "app", apiPassword: "p", redisPassword: "r"),
            outputs: ["secret.arn": "arn:aws:secretsmanager:x", "secret.api_password": "another", "api.url": "http://a"])
        func read() throws -> Instance {
            try Instance(
                record: Dictionary(try instance.record()) { $1 }, variables: Dictionary(instance.variables()) { $1 }, key: "k")
        }
        #expect(try read().outputs == ["secret.arn": "arn:aws:secretsmanager:x", "api.url": "http://a"])
        #expect(try read().secrets == instance.secrets)
        instance.outputs = [:]
        #expect(try read().outputs == [:])
    }
}
