internal import FoundationEssentials
internal import GitStore
internal import Glibc

/// Finds what of the user's a move of a work tree would overwrite.
///
/// It works on a copy of the index: whoever is refused finds everything as it was.
struct WorktreeOverlap {
    private let git: LandingGit
    private let worktree: BaseWorktrees.Worktree
    private let old: ObjectID
    private let new: ObjectID

    init(
        git: LandingGit, worktree: BaseWorktrees.Worktree, from old: ObjectID, to new: ObjectID
    ) throws {
        self.git = git
        self.worktree = worktree
        self.old = old
        self.new = new
    }

    /// The files, sorted; empty if nothing is in the way.
    ///
    /// Git decides; unlike git, we refuse to overwrite ignored files too.
    func files() throws -> [String] {
        // One landing at a time: what is there is of a killed one.
        let index = "\(worktree.gitDirectory)/draft-index"
        func remove() {
            for name in [index, "\(index).lock"] {
                try? FileManager.default.removeItem(atPath: name)
            }
        }
        remove()
        defer { remove() }
        let source = "\(worktree.gitDirectory)/index"
        if FileManager.default.fileExists(atPath: source) {
            try FileManager.default.copyItem(atPath: source, toPath: index)
        }
        let environment = ["GIT_INDEX_FILE": index]
        func run(_ arguments: [String], allowed: Set<Int32> = [0]) throws -> GitOutput {
            try git.run(
                in: worktree.path, arguments, environment: environment, allowed: allowed)
        }
        _ = try run(["update-index", "-q", "--refresh"], allowed: [0, 1])
        let staged = Set(
            try run(["diff-index", "--cached", "-z", "--name-only", "\(old)"]).records)
        let changes = try self.changes()
        let untracked = try changes.filter { $0.isAddition && !staged.contains($0.path) }
            .flatMap { try obstacles(to: $0.path, changes, run) }
        let dryRun = try run(
            ["read-tree", "-n", "-m", "-u", "\(old)", "\(new)"], allowed: [0, 1, 128])
        guard dryRun.status != 0 || !untracked.isEmpty else { return [] }
        var files = Set(untracked.map { String(path: $0) })
        if dryRun.status != 0 {
            let dirty = try run(["diff-files", "-z", "--name-only"]).records
            let local = staged.union(dirty)
            files.formUnion(changes.map(\.path).filter(local.contains).map { String(path: $0) })
            if files.isEmpty { files.insert(Self.named(in: dryRun.errors)) }
        }
        return files.sorted()
    }

    private struct Change {
        let path: [UInt8]
        let isAddition: Bool
        let isDeletion: Bool
    }

    private func changes() throws -> [Change] {
        let output = try git.run(
            ["diff-tree", "-r", "-z", "--no-renames", "--name-status", "\(old)", "\(new)"])
        let records = output.records
        return stride(from: 0, to: records.count - 1, by: 2).map { index in
            let status = records[index].first
            return Change(
                path: records[index + 1], isAddition: status == UInt8(ascii: "A"),
                isDeletion: status == UInt8(ascii: "D"))
        }
    }

    /// What stands, untracked, where a new file is to be.
    private func obstacles(
        to path: [UInt8], _ changes: [Change], _ run: ([String], Set<Int32>) throws -> GitOutput
    ) throws -> [[UInt8]] {
        let parts = path.split(separator: UInt8(ascii: "/"))
        for count in 1...parts.count {
            let prefix = Array(parts[..<count].joined(separator: [UInt8(ascii: "/")]))
            guard let kind = kind(of: prefix) else { return [] }
            let isLast = count == parts.count
            if kind == .directory {
                guard isLast else { continue }
                let others = ["ls-files", "-z", "-o", "--", String(path: prefix)]
                return try run(["--literal-pathspecs"] + others, [0]).records
            }
            let isGoing = changes.contains { $0.isDeletion && $0.path == prefix }
            return isGoing ? [] : [prefix]
        }
        return []
    }

    private enum Kind { case directory, other }

    private func kind(of path: [UInt8]) -> Kind? {
        var status = stat()
        let full = Array(worktree.path.utf8) + [UInt8(ascii: "/")] + path + [0]
        let result = unsafe full.withUnsafeBufferPointer { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) {
                guard let path = $0.baseAddress else { return Int32(-1) }
                return unsafe lstat(path, &status)
            }
        }
        guard result == 0 else { return nil }
        return status.st_mode & S_IFMT == S_IFDIR ? .directory : .other
    }

    /// The file that git's refusal names, or the refusal itself.
    private static func named(in errors: String) -> String {
        let quotes = errors.split(separator: "'", omittingEmptySubsequences: false)
        return quotes.count >= 3 ? String(quotes[1]) : (GitProgram.reason(in: errors) ?? "?")
    }
}
