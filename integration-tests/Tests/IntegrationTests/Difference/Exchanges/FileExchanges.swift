extension ExchangeGroup {
    private static let modified = "If-Modified-Since: Fri, 02 Jan 2026 03:04:05 GMT"

    @ListBuilder<Exchange> static var fileExchanges: [Exchange] {
        for path in [
            "/digits.txt", "/", "/index.html", "/inner", "/inner?a=b", "/inner/", "/a%20b", "/a%20b/", "/empty/", "/nothing.txt",
            "/page.unknown", "/missing", "/missing/", "/digits.txt/", "/digits.txt/x", "/alias/", "/alias/missing", "/alias",
            "/expression/digits.txt", "/expression/", "/unindexed/", "/elsewhere/", "/typeless/digits.txt",
            "/inner/../digits.txt",
            "/inner/..%2f..%2fdigits.txt",
        ] {
            Exchange("file \(path)") { get(path) }
        }
        for method in ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
            for path in ["/digits.txt", "/inner", "/inner/", "/missing"] {
                Exchange("\(method) of file \(path)") { request(method, path) }
            }
        }
        Exchange("file in HTTP/1.0") { request("GET", "/digits.txt", version: "1.0") }
        for (name, field) in [
            ("its time", modified), ("a later time", "If-Modified-Since: Sat, 03 Jan 2026 03:04:05 GMT"),
            ("an earlier time", "If-Modified-Since: Thu, 01 Jan 2026 03:04:05 GMT"), ("no time", "If-Modified-Since: nonsense"),
            ("its tag", "If-None-Match: \"695735a5-14\""), ("its weak tag", "If-None-Match: W/\"695735a5-14\""),
            ("another tag", "If-None-Match: \"x\""), ("any tag", "If-None-Match: *"),
            ("another tag that must match", "If-Match: \"x\""), ("its tag that must match", "If-Match: \"695735a5-14\""),
            ("a time after which it must not change", "If-Unmodified-Since: Thu, 01 Jan 2026 03:04:05 GMT"),
        ] {
            for place in ["", "/before", "/never"] {
                Exchange("file \(place) with \(name)") { get("\(place)/digits.txt", [field]) }
            }
        }
        for range in [
            "2-5", "0-0", "18-", "-3", "-30", "0-", "5-2", "20-", "30-40", "15-99", "x", "", "-", "0-1,4-5", "0-1, 18-, -2",
            "0-1,30-40",
            "0-15,0-15", "0-1,", " 2 - 5 ", "99999999999999999999-",
        ] {
            Exchange("file, range '\(range)'") { get("/digits.txt", ["Range: bytes=\(range)"]) }
        }
        Exchange("file, a range of lines") { get("/digits.txt", ["Range: lines=1-2"]) }
        Exchange("file, a range of nothing") { get("/nothing.txt", ["Range: bytes=0-0"]) }
        Exchange("file, three ranges where two are allowed") { get("/before/digits.txt", ["Range: bytes=0-1,3-4,6-7"]) }
        Exchange("file, a range where none is allowed") { get("/never/digits.txt", ["Range: bytes=0-1"]) }
        Exchange("file, a range if it has its tag") { get("/digits.txt", ["Range: bytes=2-5", "If-Range: \"695735a5-14\""]) }
        Exchange("file, a range if it has another tag") { get("/digits.txt", ["Range: bytes=2-5", "If-Range: \"x\""]) }
        Exchange("file, a range if it has its time") {
            get("/digits.txt", ["Range: bytes=2-5", "If-Range: Fri, 02 Jan 2026 03:04:05 GMT"])
        }
        Exchange("file, a range of what has not changed") { get("/digits.txt", ["Range: bytes=2-5", modified]) }
        Exchange("HEAD of a file, a range") { request("HEAD", "/digits.txt", ["Range: bytes=2-5"]) }
        Exchange("file with added headers") {
            get("/headers/digits.txt")
            get("/headers/digits.txt", [modified])
            get("/headers/digits.txt", ["Range: bytes=2-5"])
            get("/headers/missing")
        }
        Exchange("file, then an answer, then a file on one connection") {
            get("/digits.txt")
            get("/said")
            get("/inner/")
        }
    }

    @ListBuilder<Exchange> static var errorPageExchanges: [Exchange] {
        for path in [
            "/try/x", "/app/x", "/app/inner", "/teapot/x", "/internal/x", "/error/x", "/error/denied", "/error-elsewhere/x",
            "/error-nowhere/x",
            "/error-inside/x", "/said", "/said?how",
        ] {
            Exchange("page of \(path)") { get(path) }
        }
        for path in ["/error/x", "/error-elsewhere/x", "/error-nowhere/x"] {
            Exchange("page of PUT \(path)") { request("PUT", path) }
            Exchange("page of HEAD \(path)") { request("HEAD", path) }
        }
        Exchange("page of a range") { get("/error/x", ["Range: bytes=2-5"]) }
        Exchange("page of what has not changed") { get("/error/denied", [modified]) }
    }

    @ListBuilder<Exchange> static var connectionExchanges: [Exchange] {
        Exchange("more requests than a connection may carry") {
            for _ in 0..<4 { get("/said") }
            end("main")
        }
        Exchange("a long request line") { get("/said?" + String(repeating: "a", count: 400)) }
        Exchange("a request line that is too long") { get("/said?" + String(repeating: "a", count: 600)) }
        Exchange("a long field") { get("/said", ["X-A: " + String(repeating: "a", count: 400)]) }
        Exchange("a field that is too long") { get("/said", ["X-A: " + String(repeating: "a", count: 600)]) }
        Exchange("fields that are too long together") {
            get("/said", (0..<5).map { "X-\($0): " + String(repeating: "a", count: 300) })
        }
        for path in ["/limited", "/limited-otherwise", "/limited-not"] {
            Exchange("a key that has a subscriber, at \(path)") {
                subscribe("sub", "/sub?id=@&key=@")
                get("\(path)?key=@")
                get("\(path)?key=other")
                get(path)
                Step.close(on: "sub")
                subscribers(0)
                get("\(path)?key=@")
            }
        }
        Exchange("a key that has a long poll") {
            begin("poll", "/lp?id=@&key=@")
            subscribers(1)
            get("/limited?key=@")
            publish("/pub?id=@", "x")
            response("poll")
            get("/limited?key=@")
        }
        Exchange("second subscriber of a key") {
            subscribe("one", "/sub?id=@&key=@")
            get("/sub?id=@&key=@", on: "two")
            get("/lp?id=@&key=@", on: "three")
        }
    }
}
