// swift-tools-version: 6.2

import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "push-agent",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "push-agent", targets: ["push-agent"]),
        .library(name: "PushAgent", targets: ["PushAgent"]),
    ],
    dependencies: [
        // Redis client, configuration, logging, metrics, health, shutdown.
        .package(path: "../push-kit"),
        // The HTTP server of the health and metrics endpoints.
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: ["ConfigurationSupport"]),
        // The pipelined connection to push-stream.
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        // Start order, signals and drain.
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        .target(
            name: "PushAgent",
            dependencies: [
                .product(name: "PushModels", package: "push-kit"),
                .product(name: "PushRedis", package: "push-kit"),
                .product(name: "PushRuntime", package: "push-kit"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "push-agent",
            dependencies: [
                "PushAgent",
                .product(name: "PushSystem", package: "push-kit"),
                .product(name: "PushHealth", package: "push-kit"),
                .product(name: "PushRuntime", package: "push-kit"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "PushAgentTests",
            dependencies: [
                "PushAgent",
                // The tests of the program start it as a process.
                "push-agent",
                .product(name: "PushModels", package: "push-kit"),
                .product(name: "PushRedis", package: "push-kit"),
                .product(name: "PushRuntime", package: "push-kit"),
                .product(name: "PushTestSupport", package: "push-kit"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swiftSettings
        ),
    ]
)
