import Foundation
import IntegrationSupport
import Testing

extension EndToEnd.Compose {
    /// What is in the images, and what is not.
    @Suite struct Images {
        /// The components' images, and the megabytes that each must stay below.
        private static let limits = [
            "push-redis": 120, "push-stream": 120, "push-agent": 120, "push-api": 120, "push-service": 120, "pushaas": 120,
            "push-stream-demo-app": 120,
            // Its database layer takes all of Foundation with it (ADR 16).
            "push-service-demo-app": 170,
        ]

        @Test(arguments: limits.keys.sorted()) func `an image holds a program and little else`(name: String) async throws {
            let image = DockerImage("\(name):local")
            let description = try await image.description()
            #expect(description.size < (Self.limits[name] ?? 0) * 1_000_000)
            // A fixed user without a name's lookup, and nothing of a person's or an installation's in its settings.
            #expect(description.settings.user == "10001:10001")
            #expect(description.settings.labels["org.opencontainers.image.title"] == name)
            let secret = ["PASSWORD", "SECRET", "TOKEN", "KEY"]
            #expect(description.settings.environment.filter { setting in secret.contains { setting.contains($0) } } == [])

            let paths = try await image.paths()
            let isUnwanted: (String) -> Bool = { path in
                let file = path.split(separator: "/").last.map(String.init) ?? ""
                let caches = ["var/lib/apt/lists/", "var/cache/apt/archives/", "root/.cache/", "var/log/"]
                let tools = [
                    "gcc", "cc", "g++", "clang", "clang++", "swift", "swiftc", "swift-build", "ld", "ld.lld", "make", "git",
                ]
                let secrets = [".env", "id_rsa", "credentials", ".netrc", ".git-credentials"]
                return caches.contains { path.hasPrefix($0) && path != $0 && !path.hasSuffix("/") }
                    || (path.hasPrefix("usr/") && path.split(separator: "/").dropLast().last == "bin" && tools.contains(file))
                    || secrets.contains(file) || file.hasSuffix(".swift") || file.hasSuffix(".swiftmodule")
                    || path.hasPrefix("source/")
            }
            #expect(paths.contains("usr/"))
            #expect(paths.filter(isUnwanted) == [])
        }

        /// docs/sbom is written by `make sbom`; this fails when an image has got something that it does not tell.
        @Test(arguments: limits.keys.sorted()) func `what an image holds stands in its SPDX document, with its licence`(
            name: String
        )
            async throws
        {
            let file = URL(filePath: "\(Repository.root)/docs/sbom/\(name).spdx.json")
            let document = try JSONDecoder().decode(SPDXDocument.self, from: Data(contentsOf: file))
            #expect(document.spdxVersion == "SPDX-2.3")
            let told = Set(document.packages.map(\.name))

            let image = DockerImage("\(name):local")
            let status = try await image.text(of: "/var/lib/dpkg/status")
            let installed = status.split(separator: "\n").compactMap { line in
                line.hasPrefix("Package: ") ? String(line.dropFirst(9)) : nil
            }
            #expect(installed.count > 50)
            #expect(Set(installed).subtracting(told).sorted() == [], "run make sbom")
            // The licences' texts are in the image itself; those of GCC's libraries are with the package that they are all made from.
            let paths = Set(try await image.paths())
            let withoutText = installed.filter { !paths.contains("usr/share/doc/\($0)/copyright") }
            #expect(Set(withoutText).subtracting(["libgcc-s1", "libstdc++6", "libatomic1"]).sorted() == [])
            #expect(paths.contains("usr/share/doc/gcc-12-base/copyright"))

            let libraries = document.packages.filter { $0.downloadLocation.hasPrefix("git+https://github.com/") }
            #expect(libraries.isEmpty == (name == "push-redis"))
            #expect(libraries.filter { $0.licenseDeclared == "NOASSERTION" }.map(\.name) == [])
            if name != "push-redis" { #expect(told.isSuperset(of: ["swift", "swift-nio"])) }
        }

        private struct SPDXDocument: Decodable {
            struct Package: Decodable {
                let name: String
                let licenseDeclared: String
                let downloadLocation: String
            }

            let spdxVersion: String
            let packages: [Package]
        }
    }
}
