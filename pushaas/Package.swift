// swift-tools-version: 6.2

import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A provider of places where instances run: its own target, so that it knows the protocol and nothing of the rest.
func provider(_ name: String, _ others: [Target.Dependency] = []) -> Target {
    .target(
        name: name,
        dependencies: [
            "PushaasCurl", "PushaasProvisioning",
            .product(name: "PushModels", package: "push-kit"),
            .product(name: "PushRuntime", package: "push-kit"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"),
        ] + others,
        swiftSettings: swiftSettings)
}

func providerTests(_ name: String, _ others: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: [
            .byName(name: name), "PushaasCurl", "PushaasProvisioning", "PushaasTestSupport",
            .product(name: "PushModels", package: "push-kit"),
            .product(name: "PushRuntime", package: "push-kit"),
            .product(name: "PushTestSupport", package: "push-kit"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"),
        ] + others,
        swiftSettings: swiftSettings)
}

let package = Package(
    name: "pushaas",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "pushaas", targets: ["pushaas"]),
        .library(name: "PushaasServer", targets: ["PushaasServer"]),
    ],
    dependencies: [
        // Redis client, configuration, logging, metrics, health, shutdown, what admin apps share.
        .package(path: "../push-kit"),
        // The HTTP server.
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: ["ConfigurationSupport"]),
        // The logging interface.
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        // The metrics interface.
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        // Byte buffers, and threads for calls that block.
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        // Tests: what stands before a Docker Engine that is reached with TLS.
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        // Header fields and status codes.
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        // Start order, signals and drain.
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        // What libcurl offers as functions with any number of arguments, as functions that Swift can call.
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
        // HTTP calls that leave pushaas: to a Docker Engine's socket, to AWS with signatures, to the push-api of an instance.
        .target(
            name: "PushaasCurl",
            dependencies: ["CCurl", .product(name: "NIOPosix", package: "swift-nio")],
            swiftSettings: swiftSettings),
        // What a provider is: plans, steps, resources.
        .target(name: "PushaasProvisioning", swiftSettings: swiftSettings),
        // Instances as containers of a Docker Engine.
        provider("PushaasDocker"),
        providerTests("PushaasDocker", [.product(name: "NIOSSL", package: "swift-nio-ssl")]),
        // Servers that tests script, byte by byte where it matters.
        .target(
            name: "PushaasTestSupport",
            dependencies: [.product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio")],
            path: "Tests/PushaasTestSupport", swiftSettings: swiftSettings),
        .testTarget(
            name: "PushaasCurlTests",
            dependencies: [
                "PushaasCurl", "PushaasTestSupport", .product(name: "PushTestSupport", package: "push-kit"),
            ],
            swiftSettings: swiftSettings),
        // expat, for the answers of AWS's query services: FoundationXML would take libxml2 with it, and that its own tables of languages.
        .systemLibrary(name: "CExpat", pkgConfig: "expat", providers: [.apt(["libexpat1-dev"])]),
        provider("PushaasECS", ["CExpat"]),
        // A call of the GNU library that Swift does not import.
        .target(name: "CDetachedProcess"),
        provider("PushaasProcess", ["CDetachedProcess", .product(name: "PushSystem", package: "push-kit")]),
        providerTests("PushaasProcess"),
        // The pages of the admin app travel inside the program, so that one file is all there is to install.
        .target(
            name: "CPushaasPages", dependencies: [.product(name: "PushAdmin", package: "push-kit")], exclude: ["Files"]),
        // So does the OpenAPI document.
        .target(
            name: "CPushaasDescription", dependencies: [.product(name: "PushAdmin", package: "push-kit")],
            exclude: ["openapi.json"]),
        .target(
            name: "PushaasServer",
            dependencies: [
                "CPushaasDescription", "CPushaasPages", "PushaasCurl", "PushaasDocker", "PushaasECS", "PushaasProcess",
                "PushaasProvisioning",
                .product(name: "PushAdmin", package: "push-kit"),
                .product(name: "PushSystem", package: "push-kit"),
                .product(name: "PushRedis", package: "push-kit"),
                .product(name: "PushRuntime", package: "push-kit"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "pushaas",
            dependencies: [
                "PushaasServer",
                .product(name: "PushSystem", package: "push-kit"),
                .product(name: "PushHealth", package: "push-kit"),
                .product(name: "PushRedis", package: "push-kit"),
                .product(name: "PushRuntime", package: "push-kit"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "PushaasServerTests",
            dependencies: [
                "CPushaasDescription", "CPushaasPages", .product(name: "PushAdmin", package: "push-kit"),
                "PushaasCurl", "PushaasProvisioning", "PushaasServer", "PushaasTestProvider", "PushaasWorkerProbe",
                .product(name: "PushRedis", package: "push-kit"),
                .product(name: "PushRuntime", package: "push-kit"),
                .product(name: "PushTestSupport", package: "push-kit"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swiftSettings),
        // A provider of the tests: its resources are files, so they outlive the process that made them.
        .target(
            name: "PushaasTestProvider", dependencies: ["PushaasProvisioning"], path: "Tests/PushaasTestProvider",
            swiftSettings: swiftSettings),
        // A worker that ends or halts itself where a test tells it to, which needs a process of its own.
        .executableTarget(
            name: "PushaasWorkerProbe",
            dependencies: [
                "PushaasServer", "PushaasTestProvider",
                .product(name: "PushRedis", package: "push-kit"),
                .product(name: "PushRuntime", package: "push-kit"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Tests/PushaasWorkerProbe", swiftSettings: swiftSettings),
        providerTests("PushaasECS"),
        .testTarget(
            name: "PushaasProvisioningTests", dependencies: ["PushaasProvisioning"], swiftSettings: swiftSettings),
    ]
)
