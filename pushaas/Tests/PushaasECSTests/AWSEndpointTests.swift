import Testing

@testable import PushaasECS

@Suite struct AWSEndpointTests {
    @Test(arguments: [
        (AWSService.ecs, "eu-west-1", "https://ecs.eu-west-1.amazonaws.com/", "eu-west-1"),
        (.cloudMap, "us-east-1", "https://servicediscovery.us-east-1.amazonaws.com/", "us-east-1"),
        (.loadBalancing, "cn-north-1", "https://elasticloadbalancing.cn-north-1.amazonaws.com.cn/", "cn-north-1"),
        (.iam, "eu-west-1", "https://iam.amazonaws.com/", "us-east-1"),
        (.iam, "cn-northwest-1", "https://iam.cn-north-1.amazonaws.com.cn/", "cn-north-1"),
        (.iam, "us-gov-east-1", "https://iam.us-gov.amazonaws.com/", "us-gov-west-1"),
        (.sts, "eu-west-1", "https://sts.eu-west-1.amazonaws.com/", "eu-west-1"),
    ])
    func eachServiceHasItsHost(service: AWSService, region: String, url: String, signed: String) {
        let endpoint = AWSEndpoint(service, region: region, override: nil)
        #expect(endpoint.url == url)
        #expect(endpoint.region == signed)
    }

    @Test func oneURLCanStandForAll() {
        for service in AWSService.allCases {
            #expect(AWSEndpoint(service, region: "eu-west-1", override: "http://127.0.0.1:5000").url == "http://127.0.0.1:5000/")
        }
    }

    @Test func formsAreEscaped() {
        #expect(QueryForm([("A.1", "a b&c=d/ü~-._*")]).body == "A.1=a%20b%26c%3Dd%2F%C3%BC~-._%2A")
    }

    @Test func documentsAreReadAsTrees() throws {
        let text = """
            <?xml version="1.0"?><R xmlns="http://x/"><L><member><A> 1 </A></member><member><A>2&amp;3</A></member></L></R>
            """
        let root = try #require(XMLNode.parse(Array(text.utf8)))
        #expect(root.list("L").map { $0["A"]?.text } == ["1", "2&3"])
        #expect(root.find("A")?.text == "1")
        for broken in ["", "no xml", "<a><b></a>", "<a>", String(repeating: "<a>", count: 100_000)] {
            #expect(XMLNode.parse(Array(broken.utf8)) == nil)
        }
        // A document that would grow without end, or read a file.
        let bomb = """
            <!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a><b>&x;</b></a>
            """
        #expect(XMLNode.parse(Array(bomb.utf8))?.find("b")?.text ?? "" == "")
    }
}
