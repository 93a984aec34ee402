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

        /// Whether the user wrote it, by no process of a job as far as it is said.
        func isOf(_ addresses: Set<String>) -> Bool {
            !message.hasPrefix(Tripwire.jobAction) && addresses.contains(address)
        }

        /// Whether a command wrote it that would have said so if a job had started it.
        ///
        /// `git branch`, `git push` and others write the same words whoever starts them.
        var tellsJobs: Bool {
            let word = message.prefix { $0 != " " && $0 != ":" }
            return Self.telling.contains { $0.utf8.elementsEqual(word.utf8) }
        }

        private static let telling = [
            "commit", "merge", "pull", "rebase", "reset", "cherry-pick", "revert", "am", "fetch",
            "checkout",
        ]
    }

    /// Whether a reference that is not as it was speaks against no job.
    ///
    /// - Parameters:
    ///   - name: The reference.
    ///   - old: What it pointed at before, if there was one.
    ///   - new: What it points at now, if there is one.
    ///   - landed: The commits that landings moved a branch to.
    ///   - addresses: Those of the user, as git writes them down.
    /// - Returns: Whether the user or a landing did it, as far as anybody can tell.
    func isInOrder(
        _ name: String, _ old: ObjectID?, _ new: ObjectID?, landed: Set<String>,
        _ addresses: Set<String>
    ) -> Bool {
        guard let new else {
            guard !isWatched(name) else { return false }
            return isHarmless(name, "removed") || isLetGo(name, old, addresses)
        }
        guard isWatched(name) else {
            if isHarmless(name, old == nil ? "made" : "changed") { return true }
            if old == nil, isMade(name, addresses) { return true }
            return isShown(name, old, new, landed: [], addresses)
                || isPushed(name, old, new, landed: [], addresses)
        }
        let isTold =
            landed.contains("\(new)") || isShown(name, old, new, landed: landed, addresses)
            || isPushed(name, old, new, landed: landed, addresses)
        return isTold && keeps(old, new)
    }

    /// Whether results land on a branch, or it is where they are pushed: who moves these decides
    /// what comes next.
    private func isWatched(_ name: String) -> Bool {
        places.contains { $0.utf8.elementsEqual(name.utf8) }
    }

    /// Whether git wrote down, step by step, that the user moved a reference.
    private func isShown(
        _ name: String, _ old: ObjectID?, _ new: ObjectID, landed: Set<String>,
        _ addresses: Set<String>, pushes: Bool = false
    ) -> Bool {
        let isBranch = ["refs/heads/", "refs/remotes/"].contains { name.hasPrefix($0) }
        var place = "\(new)"
        let start = old.map { "\($0)" } ?? String(repeating: "0", count: place.utf8.count)
        for entry in log(of: name).reversed() {
            guard let entry, entry.new == place, entry.isOf(addresses),
                !isBranch || entry.tellsJobs || landed.contains(place)
                    || (pushes && entry.message == "update by push")
            else { return false }
            place = entry.old
            if place == start { return true }
        }
        return false
    }

    /// Whether a branch is new, and git wrote down that the user made it.
    ///
    /// It says the same of a job that has the user's address. Nothing lands on such a branch, and
    /// nothing that there was is gone.
    private func isMade(_ name: String, _ addresses: Set<String>) -> Bool {
        if name.hasPrefix("refs/remotes/"), let last = log(of: name).last, let last {
            return last.isOf(addresses) && last.message.hasPrefix("remote: renamed")
        }
        guard name.hasPrefix("refs/heads/") else { return false }
        for entry in log(of: name).reversed() {
            guard let entry, entry.isOf(addresses) else { return false }
            let begins = ["branch: Created", "Branch: renamed", "Branch: copied"]
            let isFirst = entry.old.utf8.allSatisfy { $0 == UInt8(ascii: "0") }
            if isFirst || begins.contains(where: { entry.message.hasPrefix($0) }) { return true }
        }
        return false
    }

    /// Whether a remote's branch moved forward to what a branch here has, as a push does it.
    private func isPushed(
        _ name: String, _ old: ObjectID?, _ new: ObjectID, landed: Set<String>,
        _ addresses: Set<String>
    ) -> Bool {
        guard name.hasPrefix("refs/remotes/"),
            isShown(name, old, new, landed: landed, addresses, pushes: true),
            old.map({ isAncestor($0, of: new) }) ?? true
        else { return false }
        let holder = ask(["for-each-ref", "--count=1", "--contains=\(new)", "refs/heads/"])
        return holder.map { !$0.isEmpty } ?? false
    }

    /// Whether all that was in a branch is in it still, if not as the same commits.
    private func keeps(_ old: ObjectID?, _ new: ObjectID) -> Bool {
        guard let old else { return true }
        if isAncestor(old, of: new) { return true }
        // As a rebase leaves it: what is not there any more has a plus in front.
        let lines = ask(["cherry", "\(new)", "\(old)"])?.split(separator: "\n")
        return lines?.allSatisfy { $0.hasPrefix("-") } ?? false
    }

    private func isAncestor(_ old: ObjectID, of new: ObjectID) -> Bool {
        ask(["merge-base", "--is-ancestor", "\(old)", "\(new)"]) != nil
    }

    /// What git answers about the repository; `nil` if it does not.
    private func ask(_ words: [String]) -> String? {
        let common = repository.commonDirectory
        return try? git.run(["--git-dir=\(common)"] + words, in: common).text
    }

    /// Whether a branch was removed as git does it, and nothing that it held is lost.
    ///
    /// Git keeps no log of that: what it takes along are the branch's own log, and never the
    /// branch that somebody is on. What is reachable elsewhere, or where the user stood
    /// before, can be had back.
    private func isLetGo(_ name: String, _ old: ObjectID?, _ addresses: Set<String>) -> Bool {
        guard let old, name.utf8.starts(with: "refs/heads/".utf8),
            !FileManager.default.fileExists(atPath: logPath(name)),
            !checkedOut.contains(where: { $0.utf8.elementsEqual(name.utf8) })
        else { return false }
        let holders = ask(["for-each-ref", "--count=1", "--contains=\(old)"])
        if let holders, !holders.isEmpty { return true }
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
