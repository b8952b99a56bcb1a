extension RedisConfiguration {
    /// Reads a Redis URL.
    ///
    /// - `redis://[user[:password]@]host[:port][/database]`; `redis://:password@host` for a password without a user.
    /// - `rediss://…`: the same over TLS. `?cafile=PATH`, `?certfile=PATH&keyfile=PATH` name PEM files.
    /// - `redis+sentinel://[user:password@]host[:26379],host[:26379]/master-name[/database]`; `rediss+sentinel://` with TLS.
    /// - `redis+unix://[user:password@]/path/to/redis.sock[?db=database]`: a socket on this machine.
    ///
    /// User, password and the path of a socket are percent-decoded. A user alone (`redis://secret@host`) is taken as an error, since servers differ in what
    /// they would make of it.
    public init(url: String) throws(RedisURLError) {
        guard let schemeEnd = url.firstRange(of: "://") else { throw RedisURLError(problem: "the Redis URL has no scheme") }
        let scheme = url[..<schemeEnd.lowerBound].lowercased()
        guard ["redis", "rediss", "redis+unix", "redis+sentinel", "rediss+sentinel"].contains(scheme) else {
            throw RedisURLError(problem: "the Redis URL's scheme is not known")
        }
        var rest = url[schemeEnd.upperBound...]
        guard !rest.contains("#") else {
            throw RedisURLError(problem: "the Redis URL holds a '#' (in a password, write %23)")
        }
        var options: Substring = ""
        if let mark = rest.firstIndex(of: "?") {
            options = rest[rest.index(after: mark)...]
            rest = rest[..<mark]
        }
        let pathStart = rest.firstIndex(of: "/") ?? rest.endIndex
        let path = rest[pathStart...].split(separator: "/", omittingEmptySubsequences: true)
        var authority = rest[..<pathStart]
        guard scheme == "redis+unix" || !path.contains(where: { $0.contains("@") }) else {
            throw RedisURLError(problem: "the Redis URL's password holds a '/' (write %2F)")
        }

        var credentials: Credentials?
        if let at = authority.lastIndex(of: "@") {
            credentials = try Self.credentials(authority[..<at])
            authority = authority[authority.index(after: at)...]
        }
        if scheme == "redis+unix" {
            guard authority.isEmpty, pathStart < rest.endIndex else {
                throw RedisURLError(problem: "the Redis URL's socket is not an absolute path")
            }
            let socket = try Self.percentDecoded(rest[pathStart...], what: "path")
            self.init(target: .socket(socket), credentials: credentials, database: try Self.socketDatabase(options))
            return
        }
        let tls = scheme.hasPrefix("rediss") ? try Self.tls(options) : nil
        if tls == nil, !options.isEmpty {
            throw RedisURLError(problem: "the Redis URL has options after '?', which only rediss:// takes")
        }

        if scheme.hasSuffix("+sentinel") {
            guard let master = path.first, path.count <= 2 else {
                throw RedisURLError(problem: "the Redis URL lacks the master's name after the Sentinels")
            }
            var sentinels: [Address] = []
            for part in authority.split(separator: ",", omittingEmptySubsequences: false) {
                sentinels.append(try Self.address(part, defaultPort: 26379))
            }
            let name = try Self.percentDecoded(master, what: "master name")
            let database = path.count == 2 ? try Self.database(path[1]) : 0
            self.init(target: .sentinel(sentinels, master: name), credentials: credentials, database: database, tls: tls)
        } else {
            guard path.count <= 1 else { throw RedisURLError(problem: "the Redis URL's path is more than a database number") }
            let address = try Self.address(authority, defaultPort: 6379)
            let database = try path.first.map { text throws(RedisURLError) in try Self.database(text) } ?? 0
            self.init(target: .server(address), credentials: credentials, database: database, tls: tls)
        }
    }

    /// The URL of a socket, for a path with any characters.
    public static func url(forSocket path: String) -> String {
        let encoded = path.utf8.map { byte in
            let isPlain = Character(UnicodeScalar(byte)).isLetter && byte < 0x80 || "0123456789/-_.~".utf8.contains(byte)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return "redis+unix://" + encoded.joined()
    }

    private static func socketDatabase(_ options: Substring) throws(RedisURLError) -> Int {
        guard !options.isEmpty else { return 0 }
        guard options.hasPrefix("db=") else {
            throw RedisURLError(problem: "the Redis URL of a socket has an option that is not db")
        }
        return try Self.database(options.dropFirst(3))
    }

    private static func credentials(_ text: Substring) throws(RedisURLError) -> Credentials {
        guard let colon = text.firstIndex(of: ":") else {
            throw RedisURLError(problem: "the Redis URL has a user but no password (a password alone is written :password@)")
        }
        let user = try percentDecoded(text[..<colon], what: "user")
        let password = try percentDecoded(text[text.index(after: colon)...], what: "password")
        guard !password.isEmpty else { throw RedisURLError(problem: "the Redis URL's password is empty") }
        return Credentials(username: user.isEmpty ? nil : user, password: password)
    }

    private static func address(_ text: Substring, defaultPort: Int) throws(RedisURLError) -> Address {
        var host = text
        var port: Substring?
        if text.first == "[" {
            guard let close = text.firstIndex(of: "]") else {
                throw RedisURLError(problem: "the Redis URL's IPv6 address is not closed with ']'")
            }
            host = text[text.index(after: text.startIndex)..<close]
            let after = text[text.index(after: close)...]
            guard after.isEmpty || after.first == ":" else {
                throw RedisURLError(problem: "the Redis URL's port is not separated from its host by ':'")
            }
            port = after.isEmpty ? nil : after.dropFirst()
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        guard !host.isEmpty, host.allSatisfy({ $0.isASCII && !$0.isWhitespace && $0 != "%" }) else {
            throw RedisURLError(problem: "the Redis URL's host is missing or malformed")
        }
        guard let port else { return Address(host: String(host), port: defaultPort) }
        guard port.allSatisfy({ ("0"..."9").contains($0) }), let number = Int(port), (1...65535).contains(number) else {
            throw RedisURLError(problem: "the Redis URL's port is not a number from 1 to 65535")
        }
        return Address(host: String(host), port: number)
    }

    private static func database(_ text: Substring) throws(RedisURLError) -> Int {
        guard text.allSatisfy({ ("0"..."9").contains($0) }), let number = Int(text), number <= Int(Int32.max) else {
            throw RedisURLError(problem: "the Redis URL's database is not a number")
        }
        return number
    }

    private static func tls(_ options: Substring) throws(RedisURLError) -> TLS {
        var tls = TLS()
        for option in options.split(separator: "&") {
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count == 2 ? try percentDecoded(parts[1], what: "option") : ""
            guard !value.isEmpty else { throw RedisURLError(problem: "an option of the Redis URL has no value") }
            switch parts[0] {
            case "cafile": tls.trustRootsFile = value
            case "certfile": tls.certificateFile = value
            case "keyfile": tls.privateKeyFile = value
            default: throw RedisURLError(problem: "the Redis URL has an option that is none of cafile, certfile, keyfile")
            }
        }
        guard (tls.certificateFile == nil) == (tls.privateKeyFile == nil) else {
            throw RedisURLError(problem: "the Redis URL needs certfile and keyfile together")
        }
        return tls
    }

    private static func percentDecoded(_ text: Substring, what: String) throws(RedisURLError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
                let value = UInt8(Substring(digits), radix: 16)
            else {
                throw RedisURLError(
                    problem: "the Redis URL's \(what) holds a '%' that is not followed by two hex digits (write %25)")
            }
            bytes.append(value)
            rest.removeFirst(2)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw RedisURLError(problem: "the Redis URL's \(what) is not UTF-8 after percent-decoding")
        }
        return decoded
    }
}
