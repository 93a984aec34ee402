// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target is built with.
let boundary: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// Everything but the libgit2 room: an unmarked raw pointer does not compile.
let pure = boundary + [.strictMemorySafety()]

let package = Package(
    name: "git-draft",
    targets: [
        .systemLibrary(name: "CGit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CProcess"),
        // Runs in whatever a container holds, hence static and without a line of Swift.
        .executableTarget(
            name: "git-draft-cell", cSettings: [.treatAllWarnings(as: .error)],
            linkerSettings: [.unsafeFlags(["-static-executable", "-nostartfiles"])]),
        // Attempts at a sandbox from inside, which need what a container may not hold.
        .executableTarget(
            name: "git-draft-probe", cSettings: [.treatAllWarnings(as: .error)],
            linkerSettings: [.unsafeFlags(["-static-executable", "-nostartfiles"])]),
        .target(name: "Model", swiftSettings: pure),
        .target(name: "Configuration", dependencies: ["CYAML", "Model"], swiftSettings: pure),
        .target(
            name: "GitStore", dependencies: ["CGit2", "CZlib", "Model"], swiftSettings: boundary),
        .target(
            name: "Execution", dependencies: ["CProcess", "GitStore", "Model"], swiftSettings: pure),
        .target(
            name: "Integrations", dependencies: ["CCurl", "CProcess", "Model"],
            swiftSettings: pure),
        .target(name: "Planner", dependencies: ["GitStore", "Model"], swiftSettings: pure),
        .target(name: "Porcelain", swiftSettings: pure),
        .executableTarget(
            name: "git-draft",
            dependencies: [
                "Configuration", "Execution", "GitStore", "Model", "Planner", "Porcelain",
            ], swiftSettings: pure),
        .executableTarget(
            name: "git-draft-service", dependencies: ["CProcess", "Integrations"],
            swiftSettings: pure),
        .target(
            name: "TestSupport", path: "Tests/TestSupport", exclude: ["hostile-git.txt"],
            swiftSettings: pure),
        .testTarget(
            name: "ModelTests", dependencies: ["Model"], exclude: ["ExecutableModel", "Golden"],
            swiftSettings: pure),
        .testTarget(
            name: "ConfigurationTests", dependencies: ["Configuration", "Model"],
            swiftSettings: pure),
        .testTarget(
            name: "GitStoreTests", dependencies: ["GitStore", "Model", "TestSupport"],
            swiftSettings: pure),
        .testTarget(
            name: "ExecutionTests",
            dependencies: ["Execution", "GitStore", "Model", "TestSupport"],
            exclude: ["AgentStreams"], swiftSettings: pure),
        .testTarget(
            name: "IntegrationsTests",
            dependencies: ["CProcess", "Integrations", "Model", "git-draft-service"],
            swiftSettings: pure),
        .testTarget(
            name: "PlannerTests", dependencies: ["GitStore", "Model", "Planner", "TestSupport"],
            swiftSettings: pure),
        .testTarget(name: "PorcelainTests", dependencies: ["Porcelain"], swiftSettings: pure),
        .testTarget(
            name: "DraftTests",
            dependencies: ["git-draft", "GitStore", "Model", "Porcelain", "TestSupport"],
            exclude: ["Transcripts"], swiftSettings: pure),
        .testTarget(
            name: "AgentTests", dependencies: ["git-draft", "Model", "TestSupport"],
            exclude: ["StubModel"], swiftSettings: pure),
    ]
)
