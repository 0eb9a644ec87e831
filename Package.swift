// swift-tools-version:6.2
import PackageDescription

/// `BITTING_PACKAGE=core` leaves only the targets that need no package from outside:
/// values, drivers, links and simulated locks build and test in seconds, alone (`make test-core`).
let coreOnly = Context.environment["BITTING_PACKAGE"] == "core"

let swift: [SwiftSetting] = [
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableUpcomingFeature("InferIsolatedConformances"),
  .enableUpcomingFeature("ImmutableWeakCaptures"),
  .treatAllWarnings(as: .error),
]
let c: [CSetting] = [.enableWarning("all"), .enableWarning("extra"), .treatAllWarnings(as: .error)]

let coreTargets: [Target] = [
  .target(name: "CUnixSocket", cSettings: c),
  .target(name: "CTermios", dependencies: ["CUnixSocket"], cSettings: c),
  .target(name: "CBlueZ", cSettings: c),
  .executableTarget(name: "bitting-bluetooth", dependencies: ["CBlueZ"], cSettings: c),
  .target(name: "CUdev", cSettings: c, linkerSettings: [.linkedLibrary("udev")]),
  .target(
    name: "CCrypto", cSettings: c, linkerSettings: [.linkedLibrary("crypto"), .linkedLibrary("sodium")]),
  .target(name: "CListen", dependencies: ["CUnixSocket"], cSettings: c),
  .target(name: "LockCore", swiftSettings: swift),
  .target(name: "Seeded", swiftSettings: swift),
  .target(name: "Sealing", dependencies: ["CCrypto"], swiftSettings: swift),
  .target(name: "OfflineCodes", dependencies: ["LockCore", "CCrypto"], swiftSettings: swift),
  .target(
    name: "LockDrivers", dependencies: ["LockCore", "OfflineCodes", "CCrypto"],
    exclude: ["Nuki/README.md", "OSDP/README.md", "Virtual/README.md"],
    swiftSettings: swift),
  .target(
    name: "LockTransport", dependencies: ["LockCore", "CTermios", "CBlueZ", "CUdev"], swiftSettings: swift),
  .target(
    name: "LockSimulator", dependencies: ["LockCore", "OfflineCodes", "LockDrivers", "LockTransport", "Seeded"],
    exclude: ["Nuki/README.md"],
    swiftSettings: swift),
  .target(name: "Supervision", swiftSettings: swift),
  .target(name: "OpenMetrics", swiftSettings: swift),
  .target(name: "Listening", dependencies: ["CListen"], swiftSettings: swift),
  .testTarget(name: "ListeningTests", dependencies: ["Listening"], swiftSettings: swift),
  .testTarget(name: "SupervisionTests", dependencies: ["Supervision"], swiftSettings: swift),
  .testTarget(name: "OpenMetricsTests", dependencies: ["OpenMetrics"], swiftSettings: swift),
  .testTarget(name: "SealingTests", dependencies: ["Sealing"], swiftSettings: swift),
  .testTarget(name: "LockCoreTests", dependencies: ["LockCore", "Seeded"], swiftSettings: swift),
  .testTarget(
    name: "OfflineCodesTests", dependencies: ["LockCore", "OfflineCodes", "Seeded"],
    resources: [.copy("vectors.json")], swiftSettings: swift),
  .testTarget(
    name: "LockDriversTests",
    dependencies: ["LockCore", "OfflineCodes", "LockDrivers", "LockSimulator", "LockTransport", "Seeded"],
    resources: [.copy("Captures")], swiftSettings: swift),
  .testTarget(
    name: "LockTransportTests", dependencies: ["LockCore", "LockTransport", "CTermios", "Seeded"],
    swiftSettings: swift),
  .testTarget(
    name: "BluetoothPeerTests", dependencies: ["LockDrivers", "LockTransport"], swiftSettings: swift),
]

let siteDependencies: [Package.Dependency] = [
  .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
  .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
  .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
  .package(
    url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
  // Hummingbird's own, named here because SeamAPI imports them.
  .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
  .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.34.1"),
  .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
  .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0", traits: []),
  .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
  .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
  .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
]

let siteTargets: [Target] = [
  .target(name: "CSystemd", cSettings: c, linkerSettings: [.linkedLibrary("systemd")]),
  .target(
    name: "Systemd", dependencies: ["CSystemd", .product(name: "Logging", package: "swift-log")],
    swiftSettings: swift),
  .target(
    name: "SyncEngine",
    dependencies: [
      "LockCore", "OfflineCodes", "LockDrivers", "LockTransport", "OpenMetrics", "Sealing", "Supervision", "CCrypto",
      .product(name: "GRDB", package: "GRDB.swift"),
      .product(name: "Logging", package: "swift-log"),
    ], swiftSettings: swift),
  .target(
    name: "TransportSecurity",
    dependencies: [
      "LockCore", .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "NIOSSL", package: "swift-nio-ssl"), .product(name: "Logging", package: "swift-log"),
    ], swiftSettings: swift),
  .testTarget(
    name: "TransportSecurityTests", dependencies: ["LockCore", "TransportSecurity"], swiftSettings: swift),
  .target(
    name: "SeamAPI",
    dependencies: [
      "CListen", "Listening", "LockCore", "OpenMetrics", "Sealing", "SyncEngine", "TransportSecurity",
      .product(name: "AsyncHTTPClient", package: "async-http-client"),
      .product(name: "Hummingbird", package: "hummingbird"),
      .product(name: "HummingbirdCore", package: "hummingbird"),
      .product(name: "HTTPTypes", package: "swift-http-types"),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "NIOExtras", package: "swift-nio-extras"),
      .product(name: "NIOPosix", package: "swift-nio"),
      .product(name: "NIOHTTP1", package: "swift-nio"),
      .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
      .product(name: "NIOSSL", package: "swift-nio-ssl"),
      .product(name: "NIOTLS", package: "swift-nio"),
      .product(name: "Logging", package: "swift-log"),
      .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
    ], swiftSettings: swift),
  .target(
    name: "Gateway",
    dependencies: [
      "LockCore", "OfflineCodes", "LockDrivers", "LockTransport", "Sealing", "SyncEngine", "TransportSecurity",
      .product(name: "ArgumentParser", package: "swift-argument-parser"),
      .product(name: "Yams", package: "Yams"),
    ], swiftSettings: swift),
  .executableTarget(
    name: "bitting",
    dependencies: [
      "Gateway", "Listening", "LockCore", "OfflineCodes", "LockDrivers", "LockTransport", "LockSimulator", "Sealing",
      "SyncEngine", "TransportSecurity",
      .product(name: "ArgumentParser", package: "swift-argument-parser"),
      .product(name: "AsyncHTTPClient", package: "async-http-client"),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "NIOHTTP1", package: "swift-nio"),
      .product(name: "NIOPosix", package: "swift-nio"),
      .product(name: "NIOSSL", package: "swift-nio-ssl"),
    ], swiftSettings: swift),
  .executableTarget(
    name: "bittingd",
    dependencies: [
      "Gateway", "Listening", "LockCore", "OfflineCodes", "LockDrivers", "LockTransport", "LockSimulator",
      "OpenMetrics", "Sealing", "SeamAPI", "Supervision", "SyncEngine", "Systemd", "TransportSecurity",
      .product(name: "ArgumentParser", package: "swift-argument-parser"),
      .product(name: "Logging", package: "swift-log"),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "NIOPosix", package: "swift-nio"),
      .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      .product(name: "UnixSignals", package: "swift-service-lifecycle"),
    ], swiftSettings: swift),
  .testTarget(
    name: "SystemdTests", dependencies: ["Systemd", .product(name: "Logging", package: "swift-log")],
    swiftSettings: swift),
  .testTarget(
    name: "SyncEngineTests",
    dependencies: [
      "LockCore", "LockDrivers", "LockSimulator", "LockTransport", "OfflineCodes", "Sealing", "Seeded", "Supervision",
      "SyncEngine",
      .product(name: "GRDB", package: "GRDB.swift"),
      .product(name: "Logging", package: "swift-log"),
    ],
    resources: [.copy("Stores")], swiftSettings: swift),
  .testTarget(
    name: "GatewayTests",
    dependencies: ["Gateway", "LockCore", "LockDrivers", "LockTransport", "OfflineCodes", "Sealing", "SyncEngine"],
    swiftSettings: swift),
  .testTarget(
    name: "OperatorTests",
    dependencies: [
      "bitting", "Gateway", "LockCore", "LockTransport", "SyncEngine",
      .product(name: "ArgumentParser", package: "swift-argument-parser"),
    ], swiftSettings: swift),
  .testTarget(
    name: "SeamAPITests",
    dependencies: [
      "LockCore", "Seeded", "SyncEngine", "SeamAPI", .product(name: "HTTPTypes", package: "swift-http-types"),
    ],
    swiftSettings: swift),
]

let package = Package(
  name: "bitting",
  platforms: [.macOS(.v15)],
  dependencies: coreOnly ? [] : siteDependencies,
  targets: coreOnly ? coreTargets : coreTargets + siteTargets,
  swiftLanguageModes: [.v6]
)
