internal import GitStore

extension Workspace {
    /// What changed between two commits: how much, file by file, for people; and as a patch.
    func difference(
        from base: ObjectID, to head: ObjectID
    ) throws -> (statistics: [UInt8], patch: [UInt8]) {
        let bytes = try controlObjects([
            "diff-tree", "-r", "--stat=100", "-p", "-M", "--no-ext-diff", "--no-textconv",
            "--ignore-submodules=none", "\(base)", "\(head)",
        ]).bytes
        // Git puts an empty line in between, and escapes those in names.
        let lines = zip(bytes.indices, bytes.indices.dropFirst())
        guard let end = lines.first(where: { bytes[$0] == 10 && bytes[$1] == 10 })?.1 else {
            return (bytes, [])
        }
        return (Array(bytes[..<end]), Array(bytes[(end + 1)...]))
    }

    /// How much changed between two commits, file by file, for people.
    func statistics(from base: ObjectID, to head: ObjectID) throws -> [UInt8] {
        try controlObjects([
            "diff-tree", "-r", "--stat=100", "-M", "--no-ext-diff", "--no-textconv",
            "--ignore-submodules=none", "\(base)", "\(head)",
        ]).bytes
    }
}
