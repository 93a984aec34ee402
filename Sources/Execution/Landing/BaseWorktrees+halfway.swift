internal import FoundationEssentials
internal import GitStore

/// What to do where a move of a work tree ended in the middle: some files are new, the index is not.
extension BaseWorktrees {
    /// What a move makes of one path, as git compares trees.
    private struct Change {
        let path: String
        let status: Substring
        let modes: (old: Substring, new: Substring)
        let ids: (old: Substring, new: Substring)

        var bytes: [UInt8] { Array(path.utf8) }

        var isNew: Bool { status == "A" }

        var isLink: Bool { modes.new == "120000" }
    }

    /// Enters into the index which files are those of the new commit already.
    func enterFinished(_ worktree: Worktree, _ old: ObjectID, _ new: ObjectID) throws {
        var entries: [UInt8] = []
        for change in try changes(from: old, to: new) {
            guard change.status != "D", change.modes.new != "160000",
                try isUntouched(change, worktree), try isFinished(change, worktree)
            else { continue }
            entries += Array("\(change.modes.new) \(change.ids.new)\t\(change.path)".utf8) + [0]
        }
        guard !entries.isEmpty else { return }
        _ = try git.run(
            in: worktree.path, ["update-index", "--add", "-z", "--index-info"], input: entries)
    }

    /// Makes a work tree what it was before a move that failed; what is the user's stays.
    ///
    /// - Returns: The files that the move is about, and that are not as they were.
    func takeBack(_ worktree: Worktree, from new: ObjectID, to old: ObjectID) -> [String] {
        try? enterFinished(worktree, old, new)
        let changes = (try? changes(from: old, to: new)) ?? []
        let begun = dirty(worktree)
        for change in changes where change.isNew || begun.contains(change.bytes) {
            try? removeBegun(change, worktree)
        }
        try? move(worktree, from: new, to: old)
        let known = changes.filter { !$0.isNew }.map(\.bytes)
        // Without force: what is there, whatever it is, is not overwritten.
        _ = try? git.run(
            in: worktree.path, ["checkout-index", "--quiet", "-u", "-z", "--stdin"],
            input: Array(known.joined(separator: [0])), allowed: [0, 1, 128])
        let other = dirty(worktree)
        return changes.filter {
            guard $0.isNew else { return other.contains($0.bytes) }
            // A folder may have been there before.
            return ![.missing, .folder].contains(
                PlacePath.kind("\(worktree.path)/\($0.path)"))
        }.map(\.path).sorted()
    }

    /// Removes a file that git had begun to write: it is how the new one begins, and no more.
    private func removeBegun(_ change: Change, _ worktree: Worktree) throws {
        let place = "\(worktree.path)/\(change.path)"
        guard change.status != "D", change.modes.new.hasPrefix("100"),
            PlacePath.kind(place) == .file, try isUntouched(change, worktree),
            let id = ObjectID(hex: String(change.ids.new))
        else { return }
        let blob = try git.repository.readBlob(id, limit: Self.mostCompared)
        let folder = try Folder(trusted: PlacePath.parent(place))
        let name = PlacePath.name(place)
        guard folder.size(name.utf8) < blob.count,
            let found = try folder.read(name, limit: Self.mostCompared),
            blob.starts(with: found)
        else { return }
        try folder.remove(name)
    }

    /// The paths of files that are not what the index has.
    private func dirty(_ worktree: Worktree) -> Set<[UInt8]> {
        let output = try? git.run(in: worktree.path, ["diff-files", "-z", "--name-only"])
        return Set(output?.records ?? [])
    }

    /// The bytes of a file that is compared as a whole.
    private static let mostCompared = 256 << 20

    private func changes(from old: ObjectID, to new: ObjectID) throws -> [Change] {
        let raw = try git.run(["diff-tree", "-r", "-z", "--no-renames", "\(old)", "\(new)"]).records
        return stride(from: 0, to: raw.count - 1, by: 2).compactMap { index in
            // ":<mode> <mode> <id> <id> <status>"
            let words = String(path: raw[index].dropFirst()).split(separator: " ")
            guard words.count == 5 else { return nil }
            return Change(
                path: String(path: raw[index + 1]), status: words[4],
                modes: (words[0], words[1]), ids: (words[2], words[3]))
        }
    }

    /// Whether the index has of a path what the old commit has.
    private func isUntouched(_ change: Change, _ worktree: Worktree) throws -> Bool {
        let output = try git.run(
            in: worktree.path, ["--literal-pathspecs", "ls-files", "-z", "-s", "--", change.path])
        // "<mode> <id> <stage>\t<path>", also of what lies in a folder of that name.
        let entry = output.records.first { record in
            record.split(separator: 9, maxSplits: 1).last?.elementsEqual(change.bytes) ?? false
        }
        let id = entry?.split(separator: 32).dropFirst().first.map { String(path: $0) }
        return id == (change.isNew ? nil : String(change.ids.old))
    }

    /// Whether a file is that of the new commit.
    private func isFinished(_ change: Change, _ worktree: Worktree) throws -> Bool {
        let place = "\(worktree.path)/\(change.path)"
        if change.isLink {
            guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: place)
            else { return false }
            let output = try git.run(["hash-object", "--stdin"], input: Array(target.utf8))
            return output.text == change.ids.new
        }
        guard PlacePath.kind(place) == .file else { return false }
        if change.ids.old == change.ids.new {
            // Only the mode is another one.
            let isProgram = FileManager.default.isExecutableFile(atPath: place)
            guard isProgram == (change.modes.new == "100755") else { return false }
        }
        let output = try git.run(
            in: worktree.path, ["hash-object", "--", change.path], allowed: [0, 1, 128])
        return output.status == 0 && output.text == change.ids.new
    }
}
