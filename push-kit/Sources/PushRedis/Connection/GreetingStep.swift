/// A command of the greeting, and what an error to it means.
struct GreetingStep {
    enum Kind {
        case auth, select, name, ping, role
    }

    let kind: Kind
    let command: RedisCommand

    static func steps(_ configuration: RedisConfiguration, mustBeMaster: Bool) -> [GreetingStep] {
        var steps: [GreetingStep] = []
        if let credentials = configuration.credentials { steps.append(GreetingStep(kind: .auth, command: .auth(credentials))) }
        // Always asked, since it shows whether the server wants a password or is still loading.
        steps.append(GreetingStep(kind: .ping, command: RedisCommand("PING")))
        if configuration.database != 0 {
            steps.append(GreetingStep(kind: .select, command: RedisCommand("SELECT", configuration.database)))
        }
        if let name = configuration.clientName {
            steps.append(GreetingStep(kind: .name, command: RedisCommand("CLIENT", "SETNAME", name)))
        }
        if mustBeMaster { steps.append(GreetingStep(kind: .role, command: RedisCommand("ROLE"))) }
        return steps
    }

    /// `nil` if the connection can be used in spite of the answer.
    func failure(for reply: RedisValue) -> RedisConnector.Failure? {
        guard let error = reply.error else {
            guard kind == .role, reply.array?.first?.string != "master" else { return nil }
            return RedisConnector.Failure(error: RedisError(code: .connection, message: "the server is not the master"))
        }
        switch error.code {
        case .server("LOADING"), .server("BUSY"), .server("MASTERDOWN"), .server("TRYAGAIN"):
            return RedisConnector.Failure(error: error)
        case .server("NOAUTH"):
            return RedisConnector.Failure(error: error, isRefusal: true)
        case .server("ERR") where error.message.contains("max number of clients"):
            return RedisConnector.Failure(error: error)
        default:
            // A user may well be barred from PING or CLIENT; the commands proper will show what it may do.
            let isFatal = kind == .auth || kind == .select || kind == .role
            return isFatal ? RedisConnector.Failure(error: error, isRefusal: true) : nil
        }
    }
}

extension RedisCommand {
    static func auth(_ credentials: RedisConfiguration.Credentials) -> RedisCommand {
        if let username = credentials.username {
            RedisCommand("AUTH", username, credentials.password)
        } else {
            RedisCommand("AUTH", credentials.password)
        }
    }
}
