// swift-tools-version: 6.2

import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "push-stream",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "push-stream", targets: ["push-stream"]),
        .library(name: "PushStreamCore", targets: ["PushStreamCore"]),
        .library(name: "PushStreamServer", targets: ["PushStreamServer"]),
    ],
    dependencies: [
        // Sockets, event loops and timers of the engine.
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        // TLS of `listen ... ssl`. The engine uses the BoringSSL in it directly (ADR 8): NIO's own handler keeps several times as
        // much memory for a subscriber that waits.
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        // The base64 SHA-1 of a WebSocket handshake, and random instance ids.
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        // Hash maps and ring buffers of the channel store.
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        // The health check of containers; for tests, processes, free ports and raw sockets.
        .package(path: "../push-kit"),
    ],
    targets: [
        // Regular expressions in Nginx's own dialect, for locations and conditions.
        .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
        // epoll, eventfd and accept4, which Swift's Glibc module leaves out: for the sockets that are not NIO's.
        .systemLibrary(name: "CEpoll"),
        // Reads nginx.conf: text in, checked directives with inheritance out. No I/O but files, no NIO.
        .target(name: "NginxConf", dependencies: ["CPCRE2"], swiftSettings: swiftSettings),
        // What a push server does, as values and state machines: no sockets, no clock, no NIO.
        .target(
            name: "PushStreamCore",
            dependencies: [
                .product(name: "Collections", package: "swift-collections"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: swiftSettings
        ),
        // The engine on SwiftNIO: listeners, one file per transport, publisher, statistics, process.
        .target(
            name: "PushStreamServer",
            dependencies: [
                "CEpoll",
                "NginxConf",
                "PushStreamCore",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "PushSystem", package: "push-kit"),
                .product(name: "PushHealth", package: "push-kit"),
            ],
            swiftSettings: swiftSettings
        ),
        .executableTarget(name: "push-stream", dependencies: ["PushStreamServer"], swiftSettings: swiftSettings),
        .testTarget(name: "NginxConfTests", dependencies: ["NginxConf"], swiftSettings: swiftSettings),
        .testTarget(name: "PushStreamCoreTests", dependencies: ["PushStreamCore"], swiftSettings: swiftSettings),
        .testTarget(
            name: "PushStreamServerTests",
            dependencies: [
                "PushStreamServer",
                // The client of the TLS tests.
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "PushTestSupport", package: "push-kit"),
            ],
            swiftSettings: swiftSettings
        ),
        // What must hold for every input of the readers: shared by the fuzzer and by the replay of its corpora.
        .target(
            name: "FuzzedReaders", dependencies: ["NginxConf", "PushStreamCore"], path: "Tests/FuzzedReaders",
            swiftSettings: swiftSettings),
        .testTarget(
            name: "FuzzedReadersTests", dependencies: ["FuzzedReaders", "NginxConf", "PushStreamServer"],
            swiftSettings: swiftSettings),
    ]
)

// libFuzzer brings its own `main`, so this program links only with the sanitizer: scripts/fuzz sets the variable and builds it.
if Context.environment["PUSH_STREAM_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "push-stream-fuzz", dependencies: ["FuzzedReaders"], path: "Tests/push-stream-fuzz",
            swiftSettings: swiftSettings))
}
