import IntegrationSupport
import Testing

extension EndToEnd.DockerStory {
    @Test func `a change of plan parts with those whose push-stream goes, once and little by little, and with nobody else`()
        async throws
    {
        let environment = ["PUSHAAS_PLANS__MEDIUM__PUSH_STREAM__TASKS": "3"]
        try await RunningPushaas.run(on: .shared, environment: environment) { pushaas, installation in
            let tsuru = Tsuru(pushaas)
            let variables = try await Self.create("crowd", tsuru, app: "shop")
            let (publisher, stream) = try await Self.clients(variables, pushaas.info("crowd"))
            var early: [ResilientSubscriber] = []
            var late: [ResilientSubscriber] = []
            // Each reads each message, on two processors beside all of the instance: five in a second are enough to tell when somebody goes.
            try await NumberTraffic.flow(from: publisher, to: stream, pause: .milliseconds(200)) { traffic in
                early = try await traffic.join(80)
                try await Self.change("crowd", to: "medium", tsuru, during: traffic)
                // All of them come to the two that are new, because these have fewer.
                late = try await traffic.join(120)
                try await Self.change("crowd", to: "small", tsuru, during: traffic)
            }
            let connectionsOfEarly = await Self.connections(early)
            let connectionsOfLate = await Self.connections(late)
            #expect(connectionsOfEarly == [1: 80])
            #expect(connectionsOfLate == [2: 120])
            // Messages are the clock: not many go between one and the next.
            var departures: [String?: Int] = [:]
            for subscriber in late {
                for position in await subscriber.departures { departures[position, default: 0] += 1 }
            }
            #expect(departures.count >= 10, "\(departures.values)")
            #expect(departures.values.allSatisfy { $0 <= late.count / 4 }, "\(departures.values)")
            try await Self.destroy("crowd", tsuru, installation)
        }
    }

    /// How many subscribers had to connect how often.
    private static func connections(_ subscribers: [ResilientSubscriber]) async -> [Int: Int] {
        var counts: [Int: Int] = [:]
        for subscriber in subscribers { counts[await subscriber.connections, default: 0] += 1 }
        return counts
    }
}
