internal import Foundation
public import Testing

/// A git that the tests run.
public enum GitEdition: String, CaseIterable, Sendable, CustomTestStringConvertible {
    /// The one on the `PATH`.
    case installed

    /// The one that `tools/install-newer-git` unpacks.
    case newer

    /// What a test of it is called.
    public var testDescription: String { rawValue }

    /// Those that are tested: the newer one, too, unless `SKIP_NEWER_GIT=1` calls it off.
    public static var tested: [GitEdition] {
        ProcessInfo.processInfo.environment["SKIP_NEWER_GIT"] == "1" ? [.installed] : allCases
    }

    /// What the `PATH` begins with, to find it; nothing, or a folder and a colon.
    ///
    /// A newer git that is not there fails the test.
    public func prefix(sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        guard self == .newer else { return "" }
        let folder = Self.top.appending(path: ".build/newer-git/bin").path
        try #require(
            FileManager.default.isExecutableFile(atPath: "\(folder)/git"),
            "the newer git is not installed; run: tools/install-newer-git",
            sourceLocation: sourceLocation)
        return "\(folder):"
    }

    /// The source tree: where the tests run, or else where they were compiled.
    static let top: URL = {
        let here = URL(filePath: FileManager.default.currentDirectoryPath)
        let manifest = here.appending(path: "Package.swift").path
        if FileManager.default.fileExists(atPath: manifest) { return here }
        return URL(filePath: #filePath).appending(path: "../../..").standardized
    }()
}
