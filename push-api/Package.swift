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
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: ["ConfigurationSupport"]),
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
        // The pages of the admin app travel inside the program, so that one file is all there is to install.
        .target(name: "CAdminPages", dependencies: [.product(name: "PushAdmin", package: "push-kit")], exclude: ["Files"]),
        // So does the OpenAPI document.
        .target(
            name: "CAPIDocumentation", dependencies: [.product(name: "PushAdmin", package: "push-kit")],
            exclude: ["openapi.json"]),
        .target(
            name: "PushAPI",
            dependencies: [
                "CAPIDocumentation", "CAdminPages",
                .product(name: "PushAdmin", package: "push-kit"),
                .product(name: "PushModels", package: "push-kit"),
                .product(name: "PushRedis", package: "push-kit"),
                .product(name: "PushRuntime", package: "push-kit"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "push-api",
            dependencies: [
                "PushAPI",
                .product(name: "PushSystem", package: "push-kit"),
                .product(name: "PushHealth", package: "push-kit"),
                .product(name: "PushRedis", package: "push-kit"),
                .product(name: "PushRuntime", package: "push-kit"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "PushAPITests",
            dependencies: [
                "PushAPI",
                "CAPIDocumentation", "CAdminPages",
                // ExecutableTests runs it as a process.
                "push-api",
                .product(name: "PushAdmin", package: "push-kit"),
                .product(name: "PushModels", package: "push-kit"),
                .product(name: "PushRedis", package: "push-kit"),
                .product(name: "PushRuntime", package: "push-kit"),
                .product(name: "PushTestSupport", package: "push-kit"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swiftSettings
        ),
    ]
)
