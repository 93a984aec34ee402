internal import GitStore

extension Workspace {
    /// What changed between two commits, as a patch.
    func patch(from base: ObjectID, to head: ObjectID) throws -> [UInt8] {
        try controlObjects([
            "diff-tree", "-r", "-p", "-M", "--no-ext-diff", "--no-textconv",
            "--ignore-submodules=none", "\(base)", "\(head)",
        ]).bytes
    }

    /// How much changed between two commits, file by file, for people.
    func statistics(from base: ObjectID, to head: ObjectID) throws -> [UInt8] {
        try controlObjects([
            "diff-tree", "-r", "--stat=100", "-M", "--no-ext-diff", "--no-textconv",
            "--ignore-submodules=none", "\(base)", "\(head)",
        ]).bytes
    }
}
