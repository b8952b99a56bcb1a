import PushaasProvisioning
import Testing

@Suite struct InstanceNamesTests {
    static let plan = Plan(
        name: "small", description: "", streamTasks: 3, apiTasks: 1, stream: .init(cpu: 1, memory: 1),
        agent: .init(cpu: 1, memory: 1),
        api: .init(cpu: 1, memory: 1), redis: .init(cpu: 1, memory: 1), persistence: .ephemeral,
        limits: .init(subscribers: 100, messagesPerSecond: 0, historyMessages: 1, historySeconds: 1))

    @Test func idsAreTwelveLettersAndDigitsAndDiffer() {
        let ids = (0..<1000).map { _ in InstanceID.random() }
        #expect(Set(ids).count == ids.count)
        #expect(ids.allSatisfy { InstanceID(rawValue: $0.rawValue) == $0 })
        for text in ["", "a", "0bcdefghijkl", "abcdefghijk_", "Abcdefghijkl", "abcdefghijklm"] {
            #expect(InstanceID(rawValue: text) == nil)
        }
    }

    @Test(arguments: [
        ("mychat", "mychat"), ("My_Chat-2", "my-chat-2"), ("a_", "a"),
        (String(repeating: "N", count: 300), String(repeating: "n", count: 20)),
        ("abcdefghijklmnopqrs_tuv", "abcdefghijklmnopqrs"),
    ])
    func resourceNamesFitEveryProvider(name: String, slug: String) throws {
        let id = try #require(InstanceID(rawValue: "k3v9q0z1x7ab"))
        let specification = InstanceSpecification(
            id: id, name: name, plan: Self.plan, secrets: .init(apiUser: "u", apiPassword: "p", redisPassword: "r"))
        #expect(specification.resourceName == "pushaas-\(slug)-k3v9q0z1x7ab")
        #expect(specification.resourceName.count <= 41)
    }

    @Test func theSubscribersOfAPlanAreSharedOut() {
        #expect(Self.plan.subscribersPerStreamTask == 33)
        var unlimited = Self.plan
        unlimited.limits.subscribers = 0
        #expect(unlimited.subscribersPerStreamTask == 0)
    }
}
