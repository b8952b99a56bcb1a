import PushTestSupport
import PushaasProvisioning
import Testing

@testable import PushaasDocker

@Suite("Settings of the Docker provider")
struct DockerConfigurationTests {
    @Test func theDefaultsAreASocketAndLoopback() throws {
        let configuration = try dockerConfiguration([:])
        #expect(configuration.endpoint.socket == "/var/run/docker.sock")
        #expect(configuration.publicHost == "127.0.0.1")
        #expect(configuration.publishPorts == 20_000...29_999)
        #expect(configuration.images.balancer == "haproxy:lts")
    }

    @Test func anEngineOverTheNetworkUsesTLSWhenFilesAreGiven() throws {
        #expect(try dockerConfiguration(["host": "tcp://10.0.0.5"]).endpoint.url == "http://10.0.0.5:2375")
        let secured = try dockerConfiguration(["host": "tcp://10.0.0.5", "tls_ca": "/a", "tls_cert": "/b", "tls_key": "/c"])
        #expect(secured.endpoint.url == "https://10.0.0.5:2376")
        #expect(secured.endpoint.authorities == "/a")
        #expect(secured.endpoint.socket == nil)
    }

    @Test(arguments: [
        ["host": "http://x"], ["host": "unix://relative"], ["host": "unix:///s", "tls_ca": "/a"], ["host": "tcp://x/path"],
        ["host": "tcp://x", "tls_cert": "/a"], ["publish_ports": "5-5"], ["publish_ports": "9-1"], ["publish_ports": "1-70000"],
        ["publish_ports": "many"], ["publish_address": "0.0.0.0", "public_host": ""], ["registry_server": "r.example"],
    ])
    func whatCannotBeIsAnErrorThatNamesItsKey(_ values: [String: String]) {
        #expect {
            try dockerConfiguration(values)
        } throws: { error in
            values.keys.contains { "\(error)".contains("provisioner.docker.\($0)") }
        }
    }

    @Test func addressesOfTheNewProtocolAreBracketed() throws {
        #expect(try dockerConfiguration(["publish_address": "::1"]).publicHost == "[::1]")
    }

    @Test func anArchiveIsWhatTarReads() async throws {
        let archive = TarArchive(
            folders: ["etc/pushaas"],
            files: [
                .init(path: "etc/pushaas/a.yml", text: String(repeating: "x", count: 700)),
                .init(path: "etc/pushaas/b", text: ""),
            ])
        #expect(archive.bytes.count % 512 == 0)
        let directory = try TemporaryDirectory()
        try directory.write(String(decoding: archive.bytes, as: UTF8.self), to: "a.tar")
        let list = try TestProcess(
            "tar", arguments: ["-tvf", directory.file("a.tar")], environment: ["TZ": "UTC", "LC_ALL": "C"])
        #expect(try await list.finish() == .exited(0))
        #expect(list.lines.count == 3)
        #expect(list.text.contains("drwxr-xr-x"))
        #expect(list.text.contains("-r--r--r-- root/root       700"))
        #expect(list.text.contains("etc/pushaas/a.yml"))
    }

    @Test func namesOfContainersFitIntoDNS() throws {
        let configuration = try dockerConfiguration([:])
        var specification = InstanceSpecification.test(.test(streams: 64, apis: 64))
        specification.name = "a" + String(repeating: "B", count: 199)
        let definitions = Definitions(configuration: configuration, specification: specification)
        let names =
            definitions.pairs.flatMap { [$0.stream.name, $0.agent.name] }
            + definitions.apis(streamURL: "http://x", proxies: "").map(\.name)
        #expect(Set(names).count == 192)
        #expect(names.allSatisfy { $0.utf8.count <= 63 })
        // Stable over processes: containers of before are found again.
        #expect(Definitions.digest(["a", "b"]) == Definitions.digest(["a", "b"]))
        #expect(Definitions.digest(["a", "b"]) != Definitions.digest(["ab"]))
    }

    @Test func tagsAreAdded() {
        #expect(EngineClient.withTag("haproxy") == "haproxy:latest")
        #expect(EngineClient.withTag("registry:5000/push-api") == "registry:5000/push-api:latest")
        #expect(EngineClient.withTag("registry:5000/push-api:1") == "registry:5000/push-api:1")
        #expect(EngineClient.withTag("push-api@sha256:00") == "push-api@sha256:00")
    }
}
