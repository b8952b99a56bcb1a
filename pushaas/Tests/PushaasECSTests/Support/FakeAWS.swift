import Foundation
import PushModels
import Synchronization

@testable import PushaasECS

/// One call, whichever way it was written.
struct FakeCall: Sendable {
    var service: AWSService
    var action: String
    /// Of a JSON service.
    var body: JSONValue = [:]
    /// Of a query service.
    var form: [String: String] = [:]

    init?(_ request: FakeRequest) {
        if let target = request.headers["x-amz-target"] {
            let parts = target.split(separator: ".").map(String.init)
            guard parts.count == 2, let body = JSONValue(Array(request.body.utf8)),
                let service = AWSService.allCases.first(where: { $0.wire == .json(target: parts[0]) })
            else { return nil }
            (self.service, self.action, self.body) = (service, parts[1], body)
        } else {
            for pair in request.body.split(separator: "&") {
                let parts = pair.split(separator: "=", omittingEmptySubsequences: false).map {
                    String($0).removingPercentEncoding ?? ""
                }
                self.form[parts[0]] = parts.count > 1 ? parts[1] : ""
            }
            guard let action = self.form["Action"], let version = self.form["Version"],
                let service = AWSService.allCases.first(where: { $0.wire == .query(version: version) })
            else { return nil }
            (self.service, self.action) = (service, action)
        }
    }

    subscript(_ name: String) -> String { self.body[name]?.string ?? self.form[name] ?? "" }
}

/// An error as AWS gives it.
struct FakeError: Error {
    var code: String
    var message = ""
    var more: [String: JSONValue] = [:]
}

/// What is to go wrong with a call.
enum FakeFault: String, Sendable, CaseIterable {
    /// Refused for a moment, without effect.
    case throttle
    /// The connection ends before the call takes effect.
    case lostBefore
    /// The call takes effect, and its answer is lost.
    case lostAfter
}

/// The state of a small AWS with one cluster, one namespace and one load balancer, and faults on request.
///
/// It knows what the provider asks for and no more; how far that is true of AWS is for the tests against moto to show.
final class FakeAWS: Sendable {
    private let state: Mutex<FakeState>

    init(_ configure: (inout FakeState) -> Void = { _ in }) {
        var state = FakeState()
        configure(&state)
        self.state = Mutex(state)
    }

    func withState<Result: Sendable>(_ body: (inout FakeState) -> Result) -> Result { self.state.withLock { body(&$0) } }

    func answer(_ request: FakeRequest) -> FakeAnswer {
        if request.method == "GET" { return .answer(request.path == "/healthz" ? 200 : 404, "") }
        guard let call = FakeCall(request) else { return .answer(400, "{}") }
        return self.state.withLock { state in
            state.calls.append(call.action)
            if let limit = state.failsAfter, state.calls.count > limit {
                return Self.error(call, FakeError(code: "AccessDenied"))
            }
            // Each action has its fault once.
            let fault = state.faults.insert(call.action).inserted ? state.fault : nil
            switch fault {
            case .throttle: return Self.error(call, FakeError(code: "ThrottlingException", message: "Rate exceeded"))
            case .lostBefore: return .close
            case .lostAfter, nil: break
            }
            let answer: FakeAnswer
            do {
                answer =
                    switch call.service.wire {
                    case .json: .answer(200, try state.json(call).text)
                    case .query: .answer(200, "<\(call.action)Response>\(try state.query(call))</\(call.action)Response>")
                    }
            } catch let error as FakeError {
                return Self.error(call, error)
            } catch {
                return .answer(500, "")
            }
            return fault == .lostAfter ? .close : answer
        }
    }

    private static func error(_ call: FakeCall, _ error: FakeError) -> FakeAnswer {
        switch call.service.wire {
        case .json:
            var body = error.more
            body["__type"] = .string(error.code)
            body["message"] = .string(error.message)
            return .answer(400, JSONValue.object(body).text)
        case .query:
            return .answer(
                400, "<ErrorResponse><Error><Code>\(error.code)</Code><Message>\(error.message)</Message></Error></ErrorResponse>"
            )
        }
    }

    /// Runs a body against a fresh server with this state, which goes on from one to the next.
    func serve<Result: Sendable>(_ body: @escaping @Sendable (Int) async throws -> Result) async throws -> Result {
        try await withFakeServer({ self.answer($0) }, body)
    }
}

struct FakeState: Sendable {
    struct Service: Sendable {
        var definition: String
        var desired: Int
        var registry: String
        var tags: JSONValue
        /// How often it was described since the deployment began.
        var looks = 0
        var token: String
        /// The revision of before, where a deployment fails.
        var before: String?
    }

    struct Definition: Sendable {
        var arn: String
        var isActive = true
        var body: JSONValue
    }

    var calls: [String] = []
    /// The actions that have had their fault.
    var faults: Set<String> = []
    var fault: FakeFault?
    /// Calls that succeed; later ones are refused for good, as if the caller had died.
    var failsAfter: Int?
    /// Families whose tasks never start.
    var broken: Set<String> = []
    /// Whether the circuit breaker notices that.
    var hasBreaker = true

    var services: [String: Service] = [:]
    var definitions: [Definition] = []
    var revisions: [String: Int] = [:]
    /// Cloud Map services: id to name and tags.
    var names: [String: (name: String, tags: JSONValue)] = [:]
    /// Registered instances, by the Cloud Map service's id.
    var instances: [String: Set<String>] = [:]
    var secrets: [String: JSONValue] = [:]
    var logGroups: Set<String> = []
    /// Target groups: ARN to form.
    var groups: [String: [String: String]] = [:]
    /// Listeners: ARN to form.
    var listeners: [String: [String: String]] = [:]
    /// Commands of the removal tasks that ran.
    var removals: [String] = []
    /// The revision that the last of them ran.
    var removalDefinition: String?
    /// Why the removal tasks' containers never start, if they do not.
    var removalFailure: String?
    var publicIP = "203.0.113.7"

    /// What is left of instances, in words: nothing once all are destroyed.
    var remains: [String] {
        self.services.keys.sorted() + self.definitions.map(\.arn) + self.names.values.map(\.name).sorted()
            + self.secrets.keys.sorted() + self.groups.keys.sorted() + self.listeners.keys.sorted()
    }
}
