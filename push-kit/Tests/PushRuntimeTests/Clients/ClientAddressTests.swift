import NIOCore
import Testing

@testable import PushRuntime

@Suite struct ClientAddressTests {
    @Test func readsSocketsAndTexts() throws {
        for text in ["192.0.2.1", "255.255.255.255", "0.0.0.0", "2001:db8::1", "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"] {
            let address = try #require(IPAddress(text))
            #expect(IPAddress(try SocketAddress(ipAddress: text, port: 80)) == address)
        }
        #expect(IPAddress("192.0.2.1") == IPAddress("::ffff:192.0.2.1"))
        #expect(IPAddress("192.0.2.1")?.isIPv4 == true)
        #expect(IPAddress("::1")?.isIPv4 == false)
        #expect(
            ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1"].map { IPAddress($0)?.description } == [
                "192.0.2.1", "192.0.2.1", "2001:db8::1",
            ])
        #expect(IPAddress(try SocketAddress(unixDomainSocketPath: "/tmp/x")) == nil)
        for text in ["", "a", "192.0.2", "192.0.2.256", "192.0.2.1:80", "[::1]", "fe80::1%eth0", "1.2.3.4 ", "::1/64"] {
            #expect(IPAddress(text) == nil, "\(text)")
        }
    }

    @Test func aClientHasAnIPv4AddressOrANetworkOfIPv6() {
        #expect(IPAddress("2001:db8::1")?.clientNetwork == IPAddress("2001:db8::ffff:2")?.clientNetwork)
        #expect(IPAddress("2001:db8::1")?.clientNetwork != IPAddress("2001:db8:0:1::1")?.clientNetwork)
        #expect(IPAddress("192.0.2.1")?.clientNetwork != IPAddress("192.0.2.2")?.clientNetwork)
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.1.2.3/8", "10.0.0.1", true),
        ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false), ("192.0.2.0/31", "192.0.2.1", true),
        ("192.0.2.0/31", "192.0.2.2", false), ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "2001:db8::1", false),
        ("::/0", "2001:db8::1", true), ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::1", false),
        ("2001:db8::/65", "2001:db8::7fff:0:0:1", true), ("2001:db8::/65", "2001:db8::8000:0:0:1", false),
        ("::1", "::1", true), ("::1", "::2", false), ("::ffff:10.0.0.0/104", "10.1.1.1", true),
    ])
    func networks(network: String, address: String, contains: Bool) throws {
        #expect(try #require(IPNetwork(network)).contains(try #require(IPAddress(address))) == contains)
    }

    @Test(arguments: ["", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "::/129", "a/8", "10/8"])
    func noNetworks(text: String) {
        #expect(IPNetwork(text) == nil)
    }

    @Test(arguments: [
        ("203.0.113.1", ["198.51.100.1"], "203.0.113.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["192.0.2.66, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["192.0.2.66", "198.51.100.1,10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["198.51.100.1, nonsense, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", ["unknown"], "10.0.0.1"),
        ("10.0.0.1", [", ,"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("10.0.0.1", ["[2001:db8::5]:4711"], "2001:db8::5"),
        ("10.0.0.1", ["2001:db8::5"], "2001:db8::5"),
        ("::1", ["198.51.100.1"], "198.51.100.1"),
    ])
    func forwardedAddresses(peer: String, fields: [String], client: String) throws {
        let proxies = try TrustedProxies(list: "10.0.0.0/8, ::1")
        #expect(proxies.client(peer: IPAddress(peer), forwardedFor: fields) == IPAddress(client))
        #expect(TrustedProxies().client(peer: IPAddress(peer), forwardedFor: fields) == IPAddress(peer))
        #expect(proxies.client(peer: nil, forwardedFor: fields) == nil)
    }

    @Test func listsOfProxies() throws {
        #expect(throws: InvalidProxyList(entry: "b")) { try TrustedProxies(list: "10.0.0.0/8,b,c") }
        _ = try TrustedProxies(list: "")
    }
}
