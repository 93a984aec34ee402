internal import FoundationEssentials
public import GitStore
internal import Glibc

/// Where git looks for the hooks of a repository, and whether we may write there.
public enum HookPlace: Hashable, Sendable {
    /// The repository's own directory.
    case own(String)
    /// A directory of the work tree, whose files are committed, or made from such.
    case tracked(String)
    /// A directory elsewhere, which other repositories may share.
    case shared(String)

    /// The directory.
    public var directory: String {
        switch self {
        case .own(let path), .tracked(let path), .shared(let path): path
        }
    }

    /// Whether we write hooks there.
    public var isOwn: Bool {
        if case .own = self { true } else { false }
    }

    /// Finds the directory, as git does; `home` is what `~` stands for.
    public init(_ repository: Repository, home: String?) {
        let common = repository.commonDirectory
        guard let setting = repository.configuration.string("core.hooksPath"), !setting.isEmpty
        else {
            self = Self.kind(of: "\(common)/hooks", repository)
            return
        }
        var path = setting
        if path.hasPrefix("~/"), let home { path = home + path.dropFirst(1) }
        if path.utf8.first != UInt8(ascii: "/") {
            path = "\(repository.workDirectory ?? repository.gitDirectory)/\(path)"
        }
        self = Self.kind(of: path, repository)
    }

    private static func kind(of path: String, _ repository: Repository) -> HookPlace {
        let real = resolved(path)
        func isBelow(_ folder: String) -> Bool {
            real.utf8.elementsEqual(folder.utf8) || real.utf8.starts(with: "\(folder)/".utf8)
        }
        if isBelow(repository.commonDirectory) || isBelow(repository.gitDirectory) {
            return .own(real)
        }
        let trees = [repository.workDirectory, repository.mainWorkDirectory].compactMap(\.self)
        return trees.contains(where: isBelow) ? .tracked(real) : .shared(real)
    }

    /// The path without links; without dots only, as far as it does not exist.
    private static func resolved(_ path: String) -> String {
        if let real = unsafe realpath(path, nil) {
            defer { unsafe free(real) }
            return unsafe String(cString: real)
        }
        let parts = path.utf8.split(separator: UInt8(ascii: "/"))
        guard let last = parts.last, parts.count > 1 else { return path }
        let parent = parts.dropLast().reduce("") { "\($0)/\(Substring($1))" }
        return "\(resolved(parent))/\(Substring(last))"
    }

    /// The file that a person adds our line to.
    ///
    /// What husky 9 writes to `.husky/_` runs the file of the same name above it.
    public func file(of hook: HookName) -> String {
        let suffix = "/.husky/_"
        let folder = directory.hasSuffix(suffix) ? String(directory.dropLast(2)) : directory
        return "\(folder)/\(hook.rawValue)"
    }

    /// Whether that file calls us.
    public func calls(_ hook: HookName) -> Bool {
        guard let data = FileManager.default.contents(atPath: file(of: hook)) else { return false }
        let text = String(decoding: data, as: UTF8.self)
        return text.split(whereSeparator: \.isNewline).contains { line in
            let words = line.drop { $0.isWhitespace }
            return words.first != "#"
                && ["git-draft hook ", "git draft hook "].contains {
                    words.contains($0 + hook.rawValue)
                }
        }
    }
}
