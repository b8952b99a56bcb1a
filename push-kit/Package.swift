// swift-tools-version: 6.2

import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "push-kit",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "PushAdmin", targets: ["PushAdmin", "CAdminKit", "CAPIDocsKit"]),
        .library(name: "PushHealth", targets: ["PushHealth"]),
        .library(name: "PushModels", targets: ["PushModels"]),
        .library(name: "PushRedis", targets: ["PushRedis"]),
        .library(name: "PushRuntime", targets: ["PushRuntime"]),
        .library(name: "PushSystem", targets: ["PushSystem"]),
        .library(name: "PushTestSupport", targets: ["PushTestSupport"]),
    ],
    dependencies: [
        // The transport below the Redis client, and the event loops that all servers share.
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        // `rediss://` URLs.
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        // zlib compression of HTTP responses.
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
        // The logging interface; PushRuntime gives it a terminal and a JSON handler.
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        // The metrics interface; PushRuntime gives it a Prometheus text backend.
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        // Header fields and status codes of the shared HTTP middleware.
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        // Layered configuration: defaults, YAML file, environment. Without its readers of files: they take all of Foundation.
        .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0", traits: []),
        // SHA-256 for constant-time comparison of credentials of any length and for the entity tags of static files, SHA-1 as
        // Redis' name of a script.
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        // Start order, signals and drain.
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        // The HTTP server that push-api, push-agent and pushaas share; the middleware is written for it.
        // Without all of Foundation, whose tables of languages would be a third of each program.
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: ["ConfigurationSupport"]),
        // The standard streams.
        .package(url: "https://github.com/apple/swift-system.git", from: "1.8.1"),
    ],
    targets: [
        // No pkgConfig: it would add -D_FILE_OFFSET_BITS, which SwiftPM warns about, and the headers are on the default path.
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        // libyaml, which reads configuration files: the packages that read YAML take all of Foundation.
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        // Threads with a name, which Swift does not import.
        .target(name: "CThread"),
        // What programs without all of Foundation need of the system: the standard streams, threads, their own file.
        .target(
            name: "PushSystem", dependencies: ["CThread", .product(name: "SystemPackage", package: "swift-system")],
            swiftSettings: swiftSettings),
        // The health checks of containers; apart, because push-stream takes nothing else of this package but PushSystem.
        .target(name: "PushHealth", dependencies: ["PushSystem"], swiftSettings: swiftSettings),
        .target(name: "PushModels", swiftSettings: swiftSettings),
        .target(
            name: "PushRedis",
            dependencies: [
                "CHiredis",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "PushRuntime",
            dependencies: [
                "CYAML", "PushSystem",
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swiftSettings
        ),
        // The files that the admin apps share travel inside the programs.
        .target(name: "CAdminKit", exclude: ["Files"]),
        // So does the page that shows an OpenAPI document.
        .target(name: "CAPIDocsKit", dependencies: ["CAdminKit"], exclude: ["Files"]),
        .target(
            name: "PushAdmin",
            dependencies: [
                "CAPIDocsKit", "CAdminKit",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: swiftSettings
        ),
        // Three calls of the GNU library that Swift does not import.
        .target(name: "CTestSupport"),
        .target(
            name: "PushTestSupport",
            dependencies: [
                "CTestSupport", "PushModels", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ], swiftSettings: swiftSettings),
        .testTarget(
            name: "PushAdminTests",
            dependencies: [
                "CAPIDocsKit", "CAdminKit", "PushAdmin", "PushTestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ],
            swiftSettings: swiftSettings),
        .testTarget(name: "PushHealthTests", dependencies: ["PushHealth", "PushTestSupport"], swiftSettings: swiftSettings),
        .testTarget(name: "PushModelsTests", dependencies: ["PushModels"], swiftSettings: swiftSettings),
        .testTarget(
            name: "PushRedisTests",
            dependencies: [
                "PushRedis", "PushTestSupport",
                // Shows what is counted without a backend.
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "PushRuntimeTests",
            dependencies: [
                "PushRuntime", "PushRuntimeProbe",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swiftSettings),
        // A program for the tests of signals and exit statuses, which need a process of their own.
        .executableTarget(
            name: "PushRuntimeProbe",
            dependencies: [
                "PushRuntime", .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Tests/PushRuntimeProbe", swiftSettings: swiftSettings),
    ]
)
