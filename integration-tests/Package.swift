// swift-tools-version: 6.2

import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "integration-tests",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "push-load", targets: ["push-load"]),
        .library(name: "AllocationCounter", type: .dynamic, targets: ["AllocationCounter"]),
    ],
    dependencies: [
        // Options, --help and subcommands of push-load in the style of the field.
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        // Sockets of the clients, which are written here so that they are strict and can also send nonsense.
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        // Reads the alert rules, which are YAML.
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
        // Processes and polls with a deadline. No component is imported: they are driven from outside.
        .package(path: "../push-kit"),
    ],
    targets: [
        // epoll, signalfd and timerfd, which the Glibc module of Swift leaves out. push-load uses them without a layer between, so that
        // the client costs as little as it can.
        .systemLibrary(name: "CEpoll"),
        // The load client: N subscribers and a publisher on one thread, and what it measures.
        .target(
            name: "PushLoad",
            dependencies: ["CEpoll", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "push-load",
            dependencies: ["PushLoad", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: swiftSettings),
        // Counts the allocations of a program that is started with it: the ceilings are tests.
        .target(name: "AllocationCounter"),
        // Deployments of the release binaries, and a client for each transport.
        .target(
            name: "IntegrationSupport",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "PushTestSupport", package: "push-kit"),
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "IntegrationSupport", .product(name: "PushTestSupport", package: "push-kit"),
                .product(name: "Yams", package: "Yams"),
            ],
            // Read from the working copy.
            exclude: [
                "ConfigurationDifference/Cases", "Difference/Configurations", "Difference/Recorded", "OpenAPI/hooks.py",
                "OpenAPI/requirements.txt", "OpenAPI/schemathesis.toml", "Pushaas/tsuru.toml", "Pushaas/tsuru_hooks.py",
            ],
            swiftSettings: swiftSettings),
    ]
)
