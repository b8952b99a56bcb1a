import Testing

@testable import PushaasServer

@Suite struct ServiceRequestTests {
    @Test func `a form of tsuru is read, with repeated fields and parameters`() throws {
        let form =
            "app-host=a.example.com&app-hosts=a.example.com&app-hosts=&app-hosts=b.example.com&app-name=my-app&eventid=5f&"
            + "parameters.a.b=1e%2B06&parameters.=&tags=x+y&tags=%C3%BC&user=u%40x.org&&flag"
        let request = try ServiceRequest(form: form.utf8)
        #expect(request.appName == "my-app")
        #expect(request.hosts == ["a.example.com", "b.example.com"])
        #expect(request.tags == ["x y", "ü"])
        #expect(request.user == "u@x.org")
        #expect(request.eventID == "5f")
        #expect(request.description == nil)
    }

    @Test func `JSON is read into the same`() throws {
        let json = #"""
            {"appName":"my-app","appHosts":["a.example.com","","b.example.com"],"eventID":"5f","tags":["x y","ü"],"user":"u@x.org",
             "parameters":{"a":{"b":1e6},"l":[null]},"plan":null,"later":[[1]]}
            """#
        var form = try ServiceRequest(
            form:
                "app-name=my-app&app-hosts=a.example.com&app-hosts=&app-hosts=b.example.com&eventid=5f&tags=x+y&tags=%c3%bc&user=u%40x.org"
                .utf8)
        form.appHost = nil
        let read = try ServiceRequest(json: Array(json.utf8))
        #expect(read == form)
    }

    @Test func `of a field with one value the first counts`() throws {
        #expect(try ServiceRequest(form: "name=a&name=b".utf8).name == "a")
    }

    @Test(arguments: ["name=%", "name=%g0", "%1=a", "name=%ff", "name=%c3", "a=%+1"])
    func `a broken form is refused`(form: String) {
        #expect(throws: InvalidServiceRequest.self) { try ServiceRequest(form: form.utf8) }
    }

    @Test func `a form with too many fields is refused`() {
        let form = String(repeating: "tags=a&", count: ServiceRequest.maximumFields + 1)
        #expect(throws: InvalidServiceRequest.self) { try ServiceRequest(form: form.utf8) }
    }

    @Test(arguments: ["", "[]", "null", "{", #"{"name":1}"#, #"{"tags":"a"}"#, #"{"tags":[1]}"#, "{\u{0}}", #"{"name":["a"]}"#])
    func `JSON of another form is refused`(json: String) {
        #expect(throws: InvalidServiceRequest.self) { try ServiceRequest(json: Array(json.utf8)) }
    }

    @Test func `deep JSON and JSON that is not UTF-8 are refused`() {
        #expect(throws: InvalidServiceRequest.self) {
            try ServiceRequest(json: Array(#"{"name":"#.utf8) + [0x22, 0xFF, 0x22, 0x7D])
        }
        let deep = #"{"parameters":"# + String(repeating: "[", count: 100_000)
        #expect(throws: InvalidServiceRequest.self) { try ServiceRequest(json: Array(deep.utf8)) }
    }

    @Test(arguments: ["ab", "Ab_c", "a-1", "plans2", String(repeating: "x", count: 200)])
    func `names that tsuru allows are taken`(name: String) {
        #expect(ServiceName.problem(ofInstance: name) == nil)
    }

    @Test(arguments: ["", "a", "1a", "-a", "a/b", "a b", "plans", "instances", "ü1", "a.b", String(repeating: "x", count: 201)])
    func `other names are refused with a reason`(name: String) {
        #expect(ServiceName.problem(ofInstance: name)?.isEmpty == false)
    }
}
