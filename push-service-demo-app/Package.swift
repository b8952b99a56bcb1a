// swift-tools-version: 6.2

import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "push-service-demo-app",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "push-service-demo-app", targets: ["push-service-demo-app"]),
        .library(name: "PushServiceDemo", targets: ["PushServiceDemo"]),
    ],
    dependencies: [
        // Configuration, logging, metrics, health, shutdown, static files.
        .package(path: "../push-kit"),
        // The HTTP server.
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: ["ConfigurationSupport"]),
        // The pages: HTML templates that escape what they are given.
        .package(url: "https://github.com/hummingbird-project/swift-mustache.git", from: "2.1.1"),
        // Articles and outbox in SQLite, with migrations and transactions.
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        // Calls push-api, over TLS where its address says so.
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        // SHA-256, by which paths of static files change with their content.
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        // The logging interface.
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        // The metrics interface.
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        // Byte buffers and socket addresses.
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        // Header fields and status codes.
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        // Start order, signals and drain.
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        // Templates, styles and scripts travel inside the program, so that one file is all there is to install; so do the modules of the
        // JavaScript client, which come from its own folder.
        .target(name: "CDemoPages", dependencies: [.product(name: "PushAdmin", package: "push-kit")], exclude: ["Files"]),
        .target(
            name: "PushServiceDemo",
            dependencies: [
                "CDemoPages",
                .product(name: "PushAdmin", package: "push-kit"),
                .product(name: "PushRuntime", package: "push-kit"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "push-service-demo-app",
            dependencies: [
                "PushServiceDemo",
                .product(name: "PushHealth", package: "push-kit"),
                .product(name: "PushRuntime", package: "push-kit"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "PushServiceDemoTests",
            dependencies: [
                "PushServiceDemo", "CDemoPages",
                // The tests of the program start it as a process.
                "push-service-demo-app",
                .product(name: "PushAdmin", package: "push-kit"),
                .product(name: "PushRuntime", package: "push-kit"),
                .product(name: "PushTestSupport", package: "push-kit"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swiftSettings
        ),
    ]
)
