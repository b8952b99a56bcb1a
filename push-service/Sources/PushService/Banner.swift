/// What a person sees when everything runs.
struct Banner {
    var apiPort: Int
    var streamPort: Int
    var user: String?
    var password: String
    /// Where the password is kept, if it was made by this program.
    var passwordFile: String?
    var dataDirectory: String
    /// Without the password; `nil` for the private one.
    var redis: String?

    var text: String {
        let api = "http://localhost:\(self.apiPort)"
        let stream = "http://localhost:\(self.streamPort)"
        let credentials =
            self.user.map { user in
                "user \(user), password \(self.password)" + (self.passwordFile.map { " (kept in \($0))" } ?? "")
            } ?? "no authentication"
        let login = self.user.map { "-u \(Self.shellWord("\($0):\(self.password)")) " } ?? ""
        return """
            Push Service is running. Ctrl-C ends it.

              Publish    \(api)   \(credentials)
              Subscribe  \(stream)
              Admin      \(api)/admin
              Redis      \(self.redis ?? "private")
              Data       \(self.dataDirectory)

            Subscribe in one terminal:
              curl -N \(stream)/ev/demo

            Publish in another:
              curl \(login)-H 'Content-Type: application/json' -d '{"channels":["demo"],"content":"Hello"}' \(api)/api/v1/messages

            """
    }

    /// A word that a shell reads as this text.
    static func shellWord(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    return true
                default: return "-_.:/@%+,=".utf8.contains(byte)
                }
            }
        return isPlain ? text : "'" + text.replacing("'", with: "'\\''") + "'"
    }
}
