/// What tsuru may send in a body, in either of its encodings. A field that is not sent is `nil` or empty.
struct ServiceRequest: Sendable, Equatable {
    /// Bytes of a body at most. An app with very many host names stays far below.
    static let maximumBodySize = 256 * 1024

    var name: String?
    var plan: String?
    var team: String?
    var user: String?
    var eventID: String?
    var description: String?
    var tags: [String] = []
    var appName: String?
    var jobName: String?
    /// Only from tsuru up to 1.17, which binds each unit.
    var unitHost: String?
    /// The first of ``appHosts``; the JSON encoding leaves it out.
    var appHost: String?
    /// May be empty, and may hold empty texts: a router that has no address yet.
    var appHosts: [String] = []

    /// A field with one value: its name in a form, its name in JSON, and where it goes.
    struct Text: Sendable {
        let form: String
        let json: String
        let path: any WritableKeyPath<ServiceRequest, String?> & Sendable
    }

    /// A field with any number of values.
    struct List: Sendable {
        let form: String
        let json: String
        let path: any WritableKeyPath<ServiceRequest, [String]> & Sendable
    }

    // What is not listed (`parameters.*`, the pool and the cluster of an app, what later versions may add) is of no use here and skipped.
    static let texts: [Text] = [
        Text(form: "name", json: "name", path: \.name),
        Text(form: "plan", json: "plan", path: \.plan),
        Text(form: "team", json: "team", path: \.team),
        Text(form: "user", json: "user", path: \.user),
        Text(form: "eventid", json: "eventID", path: \.eventID),
        Text(form: "description", json: "description", path: \.description),
        Text(form: "app-name", json: "appName", path: \.appName),
        Text(form: "app-host", json: "appHost", path: \.appHost),
        Text(form: "job-name", json: "jobName", path: \.jobName),
        Text(form: "unit-host", json: "unitHost", path: \.unitHost),
    ]
    static let lists: [List] = [
        List(form: "tags", json: "tags", path: \.tags),
        List(form: "app-hosts", json: "appHosts", path: \.appHosts),
    ]

    /// All addresses of the app, without duplicates and empty ones.
    var hosts: [String] {
        var seen: Set<String> = []
        return ([self.appHost].compactMap { $0 } + self.appHosts).filter { !$0.isEmpty && seen.insert($0).inserted }
    }
}

/// Why a body cannot be used, in a sentence for the caller.
enum InvalidServiceRequest: Error, Equatable {
    case tooLarge
    case unsupportedType
    case malformed(String)
}
