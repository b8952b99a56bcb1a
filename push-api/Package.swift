// swift-tools-version: 6.2

import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "push-api",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "push-api", targets: ["push-api"]),
        .library(name: "PushAPI", targets: ["PushAPI"]),
    ],
    dependencies: [
        // Redis client, configuration, logging, metrics, health, shutdown.
        .package(path: "../push-kit"),
        // The HTTP server.
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        // Start order, signals and drain.
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        .target(
            name: "PushAPI",
            dependencies: [
                .product(name: "PushModels", package: "push-kit"),
                .product(name: "PushRedis", package: "push-kit"),
                .product(name: "PushRuntime", package: "push-kit"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swiftSettings
        ),
        .executableTarget(name: "push-api", dependencies: ["PushAPI"], swiftSettings: swiftSettings),
        .testTarget(
            name: "PushAPITests",
            dependencies: [
                "PushAPI",
                .product(name: "PushTestSupport", package: "push-kit"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ],
            swiftSettings: swiftSettings
        ),
    ]
)
