internal import GitStore

extension Workspace {
    /// What changed between two commits, as a patch.
    func patch(from base: ObjectID, to head: ObjectID) throws -> [UInt8] {
        try controlObjects([
            "diff-tree", "-r", "-p", "-M", "--no-ext-diff", "--no-textconv",
            "--ignore-submodules=none", "\(base)", "\(head)",
        ]).bytes
    }
}
