internal import GitStore

/// What a git directory of a job is made of; written by hand, without a run of git.
struct PrivateGit {
    /// The user's repository.
    let repository: Repository

    /// The lines of settings that decide how files are laid out.
    private let layout: String

    /// What is ignored, as `info/exclude` has it.
    private let excludes: [UInt8]

    /// Lines of settings for those that send objects, so that they do it with little memory.
    static let sparing =
        "[core]\n\tbigFileThreshold = \(largest)\n[pack]\n\twindowMemory = 256m\n\tthreads = 2\n"

    /// The largest file that is compared to others to save space.
    static let largest = "64m"

    /// Reads from the user's repository what its private ones share with it.
    init(_ repository: Repository, environment: [String: String]) throws {
        self.repository = repository
        guard !repository.commonDirectory.utf8.contains(10) else {
            throw WorkspaceError(
                .unsupported, "use the repository",
                reason: "there is a newline in its path")
        }
        let settings = repository.configuration
        layout = Self.layout(settings)
        var lines = Self.globalExcludes(settings, environment)
        let info = try? Folder(trusted: "\(repository.commonDirectory)/info")
        lines += ((try? info?.read("exclude", limit: 1 << 20)) ?? nil) ?? []
        if let last = lines.last, last != 10 { lines.append(10) }
        excludes = lines + Array("\(ExcludeFile.line)\n".utf8)
    }

    /// Makes an empty git directory, with the user's objects behind it.
    ///
    /// - Parameters:
    ///   - folder: The new directory.
    ///   - head: The branch that `HEAD` names.
    ///   - isBare: Whether it has a work tree only when told so.
    ///   - settings: Lines to add to its settings.
    /// - Throws: ``WorkspaceError`` if the system refuses.
    func lay(
        in folder: borrowing Folder, head: String, isBare: Bool = false, settings: String = ""
    ) throws {
        try folder.replace("HEAD", Array("ref: \(head)\n".utf8))
        let objects = try folder.making("objects")
        _ = try objects.making("pack")
        _ = try folder.making(["refs", "heads"])
        _ = try folder.making(["refs", "tags"])
        try folder.making("info").replace("exclude", excludes)
        try renew(in: folder, isBare: isBare, settings: settings)
    }

    /// Puts back what decides how git reads a git directory, whatever became of it.
    func renew(
        in folder: borrowing Folder, isBare: Bool = false, settings: String = ""
    ) throws {
        for name in ["commondir", "config.worktree", "gitdir"] { try folder.remove(name) }
        for name in ["config", "shallow"] where folder.kind(name) == .folder {
            try folder.remove(name)
        }
        let lines =
            "[core]\n\trepositoryFormatVersion = 0\n\tbare = \(isBare)\n\(layout)[gc]\n\tauto = 0\n"
        try folder.replace("config", Array((lines + settings).utf8))
        let info = try folder.making(["objects", "info"])
        if info.kind("alternates") == .folder { try info.remove("alternates") }
        try info.replace("alternates", Array("\(repository.commonDirectory)/objects\n".utf8))
        let common = try Folder(trusted: repository.commonDirectory)
        if let shallow = try common.read("shallow"), !shallow.isEmpty {
            try folder.replace("shallow", shallow)
        } else {
            try folder.remove("shallow")
        }
    }

    /// The bytes that say where a private git directory gets its objects from.
    static func quoted(_ value: String) -> String {
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\", "\"": text += "\\\(scalar)"
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            case "\0": continue
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }

    private static func layout(_ settings: GitConfiguration) -> String {
        let known: [(String, Set<String>)] = [
            ("autocrlf", ["true", "false", "input"]), ("eol", ["lf", "crlf", "native"]),
            ("filemode", ["true", "false"]), ("symlinks", ["true", "false"]),
        ]
        return known.reduce(into: "") { text, entry in
            guard let value = settings.string("core.\(entry.0)")?.lowercased(),
                entry.1.contains(value)
            else { return }
            text += "\t\(entry.0) = \(value)\n"
        }
    }

    private static func globalExcludes(
        _ settings: GitConfiguration, _ environment: [String: String]
    ) -> [UInt8] {
        let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 }
        let base = environment["XDG_CONFIG_HOME"].flatMap { $0.isEmpty ? nil : $0 }
        var path = settings.string("core.excludesFile")
        if let set = path, set.utf8.starts(with: "~/".utf8) {
            path = home.map { $0 + set.dropFirst() }
        }
        path = path ?? (base ?? home.map { "\($0)/.config" }).map { "\($0)/git/ignore" }
        guard let path, path.utf8.first == UInt8(ascii: "/"),
            let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")),
            let folder = try? Folder(
                trusted: slash == path.startIndex ? "/" : String(path[..<slash])),
            var bytes = try? folder.read(String(path[slash...].dropFirst()), limit: 1 << 20)
        else { return [] }
        if let last = bytes.last, last != 10 { bytes.append(10) }
        return bytes
    }
}

/// The user's own list of paths to ignore.
enum ExcludeFile {
    /// The line about what is ours.
    static let line = ".draft/"

    /// Adds what is ours to the user's list, unless it is there.
    static func complete(_ repository: Repository) throws {
        let info = try Folder(trusted: repository.commonDirectory).making("info")
        var bytes = try info.read("exclude") ?? []
        let known = [".draft/", "/.draft/", ".draft", "/.draft"].map { Array($0.utf8) }
        let lines = bytes.split(separator: 10).map { Array($0.last == 13 ? $0.dropLast() : $0) }
        guard !lines.contains(where: known.contains) else { return }
        guard info.kind("exclude") != .link else { return }
        if let last = bytes.last, last != 10 { bytes.append(10) }
        try info.replace("exclude", bytes + Array("\(line)\n".utf8))
    }
}
