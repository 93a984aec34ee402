internal import FoundationEssentials
internal import GitStore
internal import Model

// MARK: - What the person did with git

extension TakenWorktree {
    /// What is checked out in it.
    struct Head {
        /// The full name of the branch, unless it is detached.
        let branch: String?

        /// The commit.
        let commit: ObjectID?
    }

    /// What is checked out in it.
    func head() throws -> Head {
        guard let directory = gitDirectory,
            let bytes = JobFiles.contents("\(directory)/HEAD", limit: 1 << 16)
        else { return Head(branch: nil, commit: nil) }
        let text = Self.line(bytes)
        guard text.hasPrefix("ref: ") else {
            return Head(branch: nil, commit: ObjectID(hex: text))
        }
        let name = String(text.dropFirst("ref: ".count))
        return Head(branch: name, commit: try context.repository.target(of: name))
    }

    /// What git has not finished in it, such as a merge.
    var unfinished: String? {
        let marks = [
            ("rebase-merge", "rebase"), ("rebase-apply", "rebase"), ("MERGE_HEAD", "merge"),
            ("CHERRY_PICK_HEAD", "cherry-pick"), ("REVERT_HEAD", "revert"),
        ]
        guard let directory = gitDirectory else { return nil }
        if FileManager.default.fileExists(atPath: "\(directory)/rebase-apply/applying") {
            return "am"
        }
        return marks.first { FileManager.default.fileExists(atPath: "\(directory)/\($0.0)") }?.1
    }

    /// Says that git is in the middle of something.
    ///
    /// - Parameter way: How to get out of it, such as `abort`.
    /// - Throws: ``AdmissionError`` that names what is going on.
    func refuseUnfinished(_ way: String) throws {
        guard let unfinished else { return }
        throw AdmissionError(
            "a \(unfinished) is going on in '\(path)'",
            hint: "git -C '\(path)' \(unfinished) --\(way)")
    }

    /// What is wrong if its own branch is not what is checked out.
    var astray: AdmissionError? {
        get throws {
            let head = try head()
            let ours = branch.dropFirst("refs/heads/".count)
            guard head.branch == branch else {
                let found = head.branch.map { "on '\($0.dropFirst("refs/heads/".count))'" }
                let option = try context.repository.target(of: branch) == nil ? "-c " : ""
                return AdmissionError(
                    "'\(path)' is \(found ?? "on no branch"), not on '\(ours)'",
                    hint: "git -C '\(path)' switch \(option)\(ours)")
            }
            guard head.commit == nil else { return nil }
            let last = try lastCommit.map { " \($0)" } ?? ""
            return AdmissionError("branch '\(ours)' is gone", hint: "git branch \(ours)\(last)")
        }
    }

    /// The commit that was checked out last, for when its branch is gone.
    var lastCommit: ObjectID? {
        get throws {
            if let directory = gitDirectory,
                let last = Self.commits(inLog: "\(directory)/logs/HEAD").last
            {
                return last
            }
            return try context.repository.target(of: workspace.reference)
        }
    }

    /// What is wrong if it cannot be read: the person broke or removed it.
    var absence: AdmissionError {
        guard FileManager.default.fileExists(atPath: path) else { return Self.isGone(ticket) }
        let entry = "\(context.repository.commonDirectory)/worktrees/\(workspace.name)"
        return AdmissionError(
            "'\(path)' is not a worktree any more",
            hint: FileManager.default.fileExists(atPath: entry)
                ? "git worktree repair" : "mv '\(path)' '\(path).old'")
    }

    /// Says that a ticket that is taken has no directory.
    static func isGone(_ ticket: Ticket) -> AdmissionError {
        let name = ticket.id.prefix(6)
        return AdmissionError(
            "the work tree of ticket \(name) is not there any more",
            hint: "git draft take \(name)")
    }

    /// The commits that a reflog names, the newest last.
    static func commits(inLog path: String) -> [ObjectID] {
        let lines = (JobFiles.contents(path, limit: 1 << 24) ?? []).split(separator: 10)
        let words = lines.flatMap { $0.prefix { $0 != 9 }.split(separator: 32).prefix(2) }
        return words.compactMap { ObjectID(hex: String(decoding: $0, as: UTF8.self)) }
            .filter { $0 != .zero }
    }
}
