// swift-tools-version: 6.2

import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "push-service",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "push-service", targets: ["push-service"]),
        .library(name: "PushService", targets: ["PushService"]),
    ],
    dependencies: [
        // The three components that this program composes.
        .package(path: "../push-agent"),
        .package(path: "../push-api"),
        .package(path: "../push-stream"),
        // Redis client, configuration, logging, metrics, health, shutdown.
        .package(path: "../push-kit"),
        // Options, --help and --version in the style of the field.
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        // Files that are written whole or not at all.
        .package(url: "https://github.com/apple/swift-system.git", from: "1.8.1"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        // Start order, signals and drain.
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        .target(
            name: "PushService",
            dependencies: [
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "PushAgent", package: "push-agent"),
                .product(name: "PushAPI", package: "push-api"),
                .product(name: "PushSystem", package: "push-kit"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "PushHealth", package: "push-kit"),
                .product(name: "PushModels", package: "push-kit"),
                .product(name: "PushRedis", package: "push-kit"),
                .product(name: "PushRuntime", package: "push-kit"),
                .product(name: "PushStreamServer", package: "push-stream"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [
                // The configurations of push-redis and push-stream, so that this program is one file.
                .embedInCode("Resources/nginx.conf"),
                .embedInCode("Resources/redis.conf"),
            ],
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "push-service",
            dependencies: ["PushService", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "PushServiceTests",
            dependencies: [
                "PushService",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "PushAgent", package: "push-agent"),
                .product(name: "PushAPI", package: "push-api"),
                .product(name: "PushRedis", package: "push-kit"),
                .product(name: "PushRuntime", package: "push-kit"),
                .product(name: "PushStreamCore", package: "push-stream"),
                .product(name: "PushStreamServer", package: "push-stream"),
                .product(name: "PushTestSupport", package: "push-kit"),
            ],
            swiftSettings: swiftSettings
        ),
    ]
)
