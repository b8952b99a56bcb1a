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
    dependencies: [
        // Sockets of the clients, which are written here so that they are strict and can also send nonsense.
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        // Processes and polls with a deadline. No component is imported: they are driven from outside.
        .package(path: "../push-kit"),
    ],
    targets: [
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
            dependencies: ["IntegrationSupport", .product(name: "PushTestSupport", package: "push-kit")],
            // Read from the working copy.
            exclude: ["Difference/Configurations", "Difference/Recorded"],
            swiftSettings: swiftSettings),
    ]
)
