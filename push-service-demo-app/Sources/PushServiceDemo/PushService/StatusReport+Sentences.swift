extension StatusReport.Check {
    static let bind = "tsuru service instance bind pushaas NAME -a APP"
    private static let info = "tsuru service instance info pushaas NAME"

    static func variables(_ variables: PushServiceVariables) -> [StatusReport.Check] {
        PushServiceVariables.Name.allCases.map { name in
            guard variables.missing.contains(name) else {
                return StatusReport.Check(name: name.rawValue, state: .working, text: "\(name.rawValue) is set.")
            }
            return StatusReport.Check(
                name: name.rawValue, state: .problem, text: "\(name.rawValue) is missing: it is \(name.meaning).",
                advice:
                    "On tsuru, bind an instance of the Push Service to this app, which sets all three variables. Elsewhere, start the app "
                    + "with \(name.rawValue) set.",
                command: self.bind)
        }
    }

    static func pushAPI(notAsked variables: [PushServiceVariables.Name]) -> StatusReport.Check {
        StatusReport.Check(
            name: "push-api", state: .unknown,
            text: "push-api was not asked, because \(variables.map(\.rawValue).joined(separator: " and ")) "
                + "\(variables.count == 1 ? "is" : "are") missing.")
    }

    static func pushAPI(_ invalid: PushServiceVariables.InvalidEndpoint) -> StatusReport.Check {
        StatusReport.Check(
            name: "push-api", state: .problem, text: "push-api was not asked. \(invalid.sentence)",
            advice:
                "Set PUSHAAS_ENDPOINT to an address such as http://localhost:8080. On tsuru, binding the instance again does so.",
            command: self.bind)
    }

    static func pushAPI(answersAt endpoint: String) -> StatusReport.Check {
        StatusReport.Check(
            name: "push-api", state: .working, text: "push-api answers at \(endpoint), and takes user and password.")
    }

    static func pushAPI(_ failure: PushAPIClient.Failure, at endpoint: String) -> StatusReport.Check {
        func problem(_ text: String, _ advice: String, _ command: String? = nil) -> StatusReport.Check {
            StatusReport.Check(name: "push-api", state: .problem, text: text, advice: advice, command: command)
        }
        switch failure {
        case .unreachable(let reason):
            return problem(
                "push-api does not answer at \(endpoint): \(reason).",
                "Changes are kept, and are published when it is back. Find out whether the Push Service runs, and whether this app can reach "
                    + "that address. For an instance on tsuru this tells its state:", self.info)
        case .refused(status: 401, _, _, _):
            return problem(
                "push-api answers at \(endpoint), but does not take this user and password.",
                "PUSHAAS_USERNAME or PUSHAAS_PASSWORD is wrong, or was changed. On tsuru, unbind the instance and bind it again. Elsewhere, start "
                    + "the app with the right ones.", "tsuru service instance unbind pushaas NAME -a APP && \(self.bind)")
        case .refused(status: 403, _, let message, _):
            return problem(
                "push-api answers at \(endpoint), but does not allow what this app asks for\(message.map { ": \($0)" } ?? ".")",
                "If PUSHAAS_PASSWORD is an API key, it needs the scopes publish and channels.")
        case .refused(let status, _, let message, _):
            return problem(
                "push-api at \(endpoint) answers with status \(status)\(message.map { ": \($0)" } ?? ".")",
                status == 404
                    ? "This does not look like push-api: PUSHAAS_ENDPOINT is its address alone, such as http://localhost:8080."
                    : "Changes are kept, and are published when it takes them. Its log and its /readyz tell more.")
        case .unexpected(let status):
            return problem(
                "What answers at \(endpoint) is not push-api (status \(status)).",
                "PUSHAAS_ENDPOINT has to be the address of push-api, such as http://localhost:8080.")
        }
    }

    static func pushStreamUnknown() -> StatusReport.Check {
        StatusReport.Check(
            name: "push-stream", state: .unknown,
            text: "The address of push-stream is not known, because push-api has not told it.",
            advice: "Put push-api right first.")
    }

    static func pushStream(answersAt address: String) -> StatusReport.Check {
        StatusReport.Check(name: "push-stream", state: .working, text: "push-stream answers at \(address).")
    }

    static func pushStream(_ reason: String, at address: String) -> StatusReport.Check {
        StatusReport.Check(
            name: "push-stream", state: .problem, text: "push-stream does not answer this app at \(address): \(reason).",
            advice:
                "Browsers connect there for live updates. Find out whether push-stream runs, and whether push-api's push_stream.url is the "
                + "address by which browsers reach it. If only this app reaches it at another address, set DEMO_PUSH_STREAM__URL to that one."
        )
    }

    static func changes(waiting count: Int, reason: String?) -> StatusReport.Check {
        guard count > 0 else {
            return StatusReport.Check(name: "Changes", state: .working, text: "All changes are published.")
        }
        let waiting = count == 1 ? "1 change waits" : "\(count) changes wait"
        guard let reason else {
            return StatusReport.Check(name: "Changes", state: .working, text: "\(waiting) to be published.")
        }
        return StatusReport.Check(
            name: "Changes", state: .problem, text: "\(waiting) to be published: \(reason).",
            advice: "They are kept in the database, and are published in their order as soon as push-api takes them.")
    }
}
