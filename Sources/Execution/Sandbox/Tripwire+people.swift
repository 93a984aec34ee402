internal import FoundationEssentials
internal import GitStore

/// Who it was that moved, renamed or removed a reference, as far as git wrote it down.
extension Tripwire {
    /// One line of git's own log of a reference.
    private struct LogEntry {
        var old: String
        var new: String
        var address: String
        var message: String

        init?(_ line: some Sequence<UInt8>) {
            let text = String(decoding: Array(line), as: UTF8.self)
            let parts = text.split(separator: "\t", maxSplits: 1).map(String.init)
            let words = parts.first?.split(separator: " ") ?? []
            let address = words.first { $0.hasPrefix("<") && $0.hasSuffix(">") }
            guard words.count > 3, parts.count == 2, let address else { return nil }
            (old, new, message) = (String(words[0]), String(words[1]), parts[1])
            self.address = String(address.dropFirst().dropLast())
        }

        /// Whether the user wrote it, by no process of a job.
        func isOf(_ addresses: Set<String>) -> Bool {
            !message.hasPrefix(Tripwire.jobAction) && addresses.contains(address)
        }
    }

    /// Whether git wrote down, step by step, that the user moved a reference.
    func isShown(
        _ name: String, _ old: ObjectID?, _ new: ObjectID?, _ addresses: Set<String>
    ) -> Bool {
        guard let new else { return false }
        var place = "\(new)"
        let start = old.map { "\($0)" } ?? String(repeating: "0", count: place.utf8.count)
        for entry in log(of: name).reversed() {
            guard let entry, entry.new == place, entry.isOf(addresses) else { return false }
            place = entry.old
            if place == start { return true }
        }
        return false
    }

    /// Whether a branch has another name now, or is one that had another, and the user gave it.
    func isRenamed(
        _ name: String, _ old: State, _ new: State, _ addresses: Set<String>
    ) -> Bool {
        let (others, isGone) =
            new.references[name] == nil
            ? (new.references.filter { old.references[$0.key] == nil }, true)
            : (old.references.filter { new.references[$0.key] == nil }, false)
        let id = isGone ? old.references[name] : new.references[name]
        return others.contains { other in
            guard other.value == id else { return false }
            let (before, after) = isGone ? (name, other.key) : (other.key, name)
            guard let last = log(of: after).last, let last, last.isOf(addresses) else {
                return false
            }
            return last.message == "Branch: renamed \(before) to \(after)"
        }
    }

    /// Whether a branch was removed as git does it, and nothing that it held is lost.
    ///
    /// Git keeps no log of that: what it takes along are the branch's own log, and never the
    /// branch that somebody is on. What is reachable elsewhere, or where the user stood
    /// before, can be had back.
    func isLetGo(
        _ name: String, _ old: ObjectID?, _ what: String, _ addresses: Set<String>
    ) -> Bool {
        guard what == "removed", let old, name.utf8.starts(with: "refs/heads/".utf8),
            !FileManager.default.fileExists(atPath: logPath(name)),
            !checkedOut.contains(where: { $0.utf8.elementsEqual(name.utf8) })
        else { return false }
        let common = repository.commonDirectory
        let holders = try? git.run(
            ["--git-dir=\(common)", "for-each-ref", "--count=1", "--contains=\(old)"], in: common)
        if let holders, !holders.text.isEmpty { return true }
        return (["HEAD"] + worktrees.map { "../worktrees/\($0)/logs/HEAD" }).contains { head in
            log(of: head).contains { entry in
                entry.map { $0.new == "\(old)" && $0.isOf(addresses) } ?? false
            }
        }
    }

    /// The branches that somebody is on.
    private var checkedOut: [String] {
        let common = repository.commonDirectory
        return ([common] + worktrees.map { "\(common)/worktrees/\($0)" }).compactMap { folder in
            let text = (try? repository.readSmallFile("\(folder)/HEAD")) ?? nil
            guard let line = text?.split(separator: "\n").first, line.hasPrefix("ref: ") else {
                return nil
            }
            return String(line.dropFirst(5))
        }
    }

    private var worktrees: [String] {
        let folder = "\(repository.commonDirectory)/worktrees"
        return (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }

    /// The last lines of git's own log; `nil` stands for one that is none.
    private func log(of name: String) -> [LogEntry?] {
        guard let log = FileManager.default.contents(atPath: logPath(name)) else { return [] }
        return log.split(separator: 10).suffix(1000).map { LogEntry($0) }
    }

    private func logPath(_ name: String) -> String {
        "\(repository.commonDirectory)/logs/\(name)"
    }

    /// What git's own log says of whatever the processes of a job do.
    static let jobAction = "draft job"
}
