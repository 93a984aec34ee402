internal import FoundationEssentials
internal import GitStore
internal import Glibc

/// The work trees that have the base branch checked out, and so must move with it.
struct BaseWorktrees {
    let git: LandingGit

    /// The full name of the base branch.
    let reference: String

    /// A work tree of the repository.
    struct Worktree: Hashable {
        let path: String
        let gitDirectory: String
    }

    /// Finds them.
    ///
    /// - Throws: ``LandRefusal`` if something is going on in one of them.
    func all() throws -> [Worktree] {
        let output = try git.run(["worktree", "list", "--porcelain", "-z"])
        var found: [Worktree] = []
        for entry in Self.entries(output.bytes) where entry["bare"] == nil {
            guard let path = entry["worktree"] else { continue }
            guard FileManager.default.fileExists(atPath: path) else {
                guard entry["branch"] != reference || entry["prunable"] != nil else {
                    throw LandRefusal(
                        "the work tree '\(path)' has '\(branch)' checked out and is not there",
                        hint: "git worktree list")
                }
                continue
            }
            let isOnBase = entry["branch"] == reference
            guard isOnBase || entry["detached"] != nil else { continue }
            let directory = try git.run(in: path, ["rev-parse", "--absolute-git-dir"]).text
            let worktree = Worktree(path: path, gitDirectory: directory)
            try checkIdle(worktree, isOnBase: isOnBase)
            if isOnBase { found.append(worktree) }
        }
        return found
    }

    /// Checks that a move would overwrite nothing of the user's; changes nothing.
    ///
    /// - Throws: ``LandRefusal`` that names the files.
    func check(_ worktrees: [Worktree], from old: ObjectID, to new: ObjectID) throws {
        for worktree in worktrees {
            let overlap = try WorktreeOverlap(git: git, worktree: worktree, from: old, to: new)
            let files = try overlap.files()
            guard files.isEmpty else {
                throw LandRefusal(
                    "local changes in '\(worktree.path)' would be overwritten", files: files,
                    hint: "git -C \(worktree.path.quoted) status")
            }
        }
    }

    /// Moves them all, or none: index and files, as `git merge --ff-only` does.
    ///
    /// - Throws: ``LandRefusal`` if one could not be moved; all are as they were then, but for
    ///   the files that it names.
    func move(_ worktrees: [Worktree], from old: ObjectID, to new: ObjectID) throws {
        for (index, worktree) in worktrees.enumerated() {
            do {
                try move(worktree, from: old, to: new)
            } catch let error as ExecutionError {
                let isBusy = error.reason.contains("index.lock")
                // Git stops in the middle: it has moved some of the files, and no index.
                let files = isBusy ? [] : takeBack(worktree, from: new, to: old)
                for moved in worktrees[..<index] { try? move(moved, from: new, to: old) }
                guard !isBusy else { throw Self.busy(worktree) }
                throw LandRefusal(
                    "cannot update '\(worktree.path)': \(error.reason)", files: files,
                    hint: "git -C \(worktree.path.quoted) status")
            }
        }
    }

    func move(_ worktree: Worktree, from old: ObjectID, to new: ObjectID) throws {
        let refresh = ["update-index", "-q", "--refresh"]
        _ = try git.run(in: worktree.path, refresh, allowed: [0, 1])
        _ = try git.run(in: worktree.path, ["read-tree", "-m", "-u", "\(old)", "\(new)"])
    }

    private var branch: String { String(reference.dropFirst("refs/heads/".count)) }

    /// Refuses if a merge, a rebase or the like has to do with the base.
    private func checkIdle(_ worktree: Worktree, isOnBase: Bool) throws {
        func exists(_ name: String) -> Bool {
            FileManager.default.fileExists(atPath: "\(worktree.gitDirectory)/\(name)")
        }
        func refuse(_ what: String) -> LandRefusal {
            LandRefusal(
                "\(what) is in progress in '\(worktree.path)'",
                hint: "git -C \(worktree.path.quoted) status")
        }
        for rebase in ["rebase-merge", "rebase-apply"] where exists(rebase) {
            let file = "\(worktree.gitDirectory)/\(rebase)/head-name"
            let name = (try? git.repository.readSmallFile(file)) ?? ""
            let isOfBase = name.split(separator: "\n").first.map(String.init) == reference
            if isOnBase || isOfBase { throw refuse("a rebase of '\(branch)'") }
        }
        guard isOnBase else { return }
        let states = [
            ("MERGE_HEAD", "a merge"), ("CHERRY_PICK_HEAD", "a cherry-pick"),
            ("REVERT_HEAD", "a revert"),
        ]
        for (file, what) in states where exists(file) { throw refuse(what) }
        if exists("index.lock") { throw Self.busy(worktree) }
    }

    /// Another command of git holds the index; if it was killed, its lock is still there.
    private static func busy(_ worktree: Worktree) -> LandRefusal {
        LandRefusal(
            "another git command is at work in '\(worktree.path)'; if there is none, remove "
                + "'\(worktree.gitDirectory)/index.lock'",
            isBusy: true)
    }

    /// The blocks of `git worktree list`: each line's first word, and the rest.
    private static func entries(_ bytes: [UInt8]) -> [[String: String]] {
        var entries: [[String: String]] = [[:]]
        for line in bytes.split(separator: 0, omittingEmptySubsequences: false) {
            guard !line.isEmpty else {
                entries.append([:])
                continue
            }
            let end = line.firstIndex(of: 32) ?? line.endIndex
            let value = line[end...].dropFirst()
            entries[entries.count - 1][String(path: line[..<end])] = String(path: value)
        }
        return entries.filter { !$0.isEmpty }
    }
}

extension String {
    /// The text as one word of a shell.
    var quoted: String {
        let isPlain = utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5a).contains($0)
                || (0x61...0x7a).contains($0) || "/._-+,:@%".utf8.contains($0)
        }
        return isPlain && !isEmpty ? self : "'\(replacing("'", with: "'\\''"))'"
    }
}
