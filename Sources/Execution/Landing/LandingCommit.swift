internal import GitStore
internal import Model

/// Makes the commit that is to land, in memory: no file and no branch is touched.
struct LandingCommit {
    let git: LandingGit
    let candidate: LandingCandidate
    let committer: Identity
    let now: Timestamp

    /// What a merge in memory comes to.
    enum Merge {
        case tree(ObjectID)
        case conflict(files: [String])
    }

    /// Merges the revision into a base.
    func merge(into base: ObjectID) throws -> Merge {
        let head = try head
        if try git.isAncestor(base, of: head) {
            return .tree(try git.repository.readCommit(head).tree)
        }
        let output = try git.run(
            ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages"]
                + ["\(base)", "\(head)"], allowed: [0, 1])
        guard let tree = output.records.first.flatMap({ ObjectID(hex: String(path: $0)) }) else {
            throw ExecutionError(.failed, "merge", reason: "git merge-tree gave no tree")
        }
        guard output.status == 1 else { return .tree(tree) }
        let files = Set(output.records.dropFirst().map { String(path: $0) })
        return .conflict(files: files.sorted())
    }

    /// Makes the commit of a merged tree on a base.
    func make(tree: ObjectID, on base: ObjectID, settings: MergeSettings) throws -> ObjectID {
        var arguments = ["commit-tree", "\(tree)"]
        arguments += ["-p", "\(base)"]
        if settings.strategy == .merge { arguments += ["-p", "\(try head)"] }
        let configuration = git.repository.configuration
        if try configuration.bool("commit.gpgSign") == true { arguments.append("-S") }
        let signsOff = try configuration.bool("format.signOff") == true
        let author = candidate.author ?? (committer.name, committer.email)
        let made = candidate.revision.createdAt ?? now
        let output = try git.run(
            arguments + ["-F", "-"], input: Array(message(settings, signsOff: signsOff).utf8),
            environment: [
                "GIT_AUTHOR_NAME": author.name, "GIT_AUTHOR_EMAIL": author.email,
                "GIT_AUTHOR_DATE": "@\(made.milliseconds / 1000) +0000",
                "GIT_COMMITTER_NAME": committer.name, "GIT_COMMITTER_EMAIL": committer.email,
                "GIT_COMMITTER_DATE": "@\(now.milliseconds / 1000) +0000",
            ])
        guard let commit = ObjectID(hex: output.text) else {
            throw ExecutionError(.failed, "make a commit", reason: "git gave no name")
        }
        return commit
    }

    /// The commit that was approved.
    var head: ObjectID {
        get throws {
            guard let head = ObjectID(hex: candidate.revision.headCommit) else {
                throw BoardError(.damaged, "revision '\(candidate.revision.id)' has no commit")
            }
            return head
        }
    }

    /// A text without what could steer a terminal that shows the log.
    private static func plain(_ text: String) -> String {
        let kept = text.unicodeScalars.filter { scalar in
            switch scalar.value {
            case 0x0A, 0x09: true
            case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: false
            default: true
            }
        }
        return String(String.UnicodeScalarView(kept))
    }

    private func message(_ settings: MergeSettings, signsOff: Bool) -> String {
        let ticket = candidate.ticket
        let usual = "\(ticket.title)\n\n\(ticket.description)"
        let words: [MessageTemplate.Placeholder: String] = [
            .title: ticket.title, .id: ticket.id, .goal: candidate.goal?.title ?? "",
            .description: ticket.description,
        ]
        let chosen = settings.message.map { MessageTemplate($0).filled(with: words) } ?? usual
        // A message of nothing but trailers would be none.
        let body = Self.plain(chosen.allSatisfy(\.isWhitespace) ? usual : chosen)
        var trailers = [
            "Draft-Ticket: \(ticket.id)", "Draft-Revision: \(candidate.revision.number)",
        ]
        if let job = candidate.revision.jobID { trailers.append("Draft-Job: \(job)") }
        if let agent = candidate.agent {
            let line = agent.split(whereSeparator: \.isNewline).joined(separator: " ")
            trailers.append("Assisted-by: \(line)")
        }
        if signsOff { trailers.append("Signed-off-by: \(committer.name) <\(committer.email)>") }
        let trimmed = body.trimmingSuffix { $0.isWhitespace }
        return "\(trimmed)\n\n\(trailers.joined(separator: "\n"))\n"
    }
}

extension String {
    fileprivate func trimmingSuffix(while fits: (Character) -> Bool) -> Substring {
        var rest = self[...]
        while let last = rest.last, fits(last) { rest.removeLast() }
        return rest
    }
}
