public import GitStore

/// Where the workspaces of a repository are.
public enum WorkspaceRoot {
    /// Names the directory that holds a repository's workspaces.
    ///
    /// It is `.draft/worktrees` of the main work tree, and `draft/worktrees` of
    /// the git directory where there is none; `draft.worktreeRoot` moves it.
    ///
    /// - Parameters:
    ///   - repository: The user's repository.
    ///   - configuration: Its settings.
    ///   - home: The user's home directory, for a setting that begins with `~/`.
    /// - Returns: An absolute path without a final slash.
    public static func path(
        _ repository: Repository, _ configuration: GitConfiguration, home: String? = nil
    ) -> String {
        let main = repository.mainWorkDirectory
        guard let set = configuration.string("draft.worktreeRoot"), !set.isEmpty else {
            return main.map { "\($0)/.draft/worktrees" }
                ?? "\(repository.commonDirectory)/draft/worktrees"
        }
        if set.utf8.first == UInt8(ascii: "/") { return trimmed(set) }
        if set.utf8.starts(with: "~/".utf8), let home { return trimmed(home + set.dropFirst()) }
        return trimmed("\(main ?? repository.commonDirectory)/\(set)")
    }

    private static func trimmed(_ path: String) -> String {
        var bytes = Array(path.utf8)
        while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
