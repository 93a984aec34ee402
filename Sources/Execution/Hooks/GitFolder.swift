internal import FoundationEssentials

/// Where a repository is, found without opening it.
///
/// To open one costs as much as all that a hook does when nothing concerns us.
public struct GitFolder: Hashable, Sendable {
    /// What this work tree has of its own.
    public let gitDirectory: String
    /// What all work trees share.
    public let commonDirectory: String

    /// Looks where git starts its hooks: at the top of the work tree.
    ///
    /// `nil` says nothing about whether there is a repository.
    public init?(at directory: String, environment: [String: String]) {
        guard environment["GIT_COMMON_DIR"] == nil else { return nil }
        let named = environment["GIT_DIR"] ?? ".git"
        var path = Self.absolute(named, in: directory)
        if let line = Self.line(of: path) {
            guard line.utf8.starts(with: "gitdir: ".utf8) else { return nil }
            path = Self.absolute(String(line.dropFirst(8)), in: directory)
        }
        gitDirectory = path
        commonDirectory =
            Self.line(of: "\(path)/commondir").map { Self.absolute($0, in: path) } ?? path
        let manager = FileManager.default
        guard manager.fileExists(atPath: "\(path)/HEAD"),
            !manager.fileExists(atPath: "\(commonDirectory)/reftable")
        else { return nil }
    }

    /// What `HEAD` points to, such as `refs/heads/main`; `nil` if it is no reference.
    public var headReference: String? {
        guard let line = Self.line(of: "\(gitDirectory)/HEAD"),
            line.utf8.starts(with: "ref: ".utf8)
        else { return nil }
        return String(line.dropFirst(5))
    }

    /// Whether there is a board, be it damaged.
    public var hasBoard: Bool {
        if FileManager.default.fileExists(atPath: "\(commonDirectory)/refs/draft/board") {
            return true
        }
        guard let packed = FileManager.default.contents(atPath: "\(commonDirectory)/packed-refs")
        else { return false }
        return packed.firstRange(of: Array(" refs/draft/board\n".utf8)) != nil
    }

    private static func absolute(_ path: String, in directory: String) -> String {
        path.utf8.first == UInt8(ascii: "/") ? path : "\(directory)/\(path)"
    }

    /// The first line of a file; `nil` if it is none.
    private static func line(of path: String) -> String? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        return String(decoding: data.prefix { $0 != 10 && $0 != 13 }, as: UTF8.self)
    }
}
