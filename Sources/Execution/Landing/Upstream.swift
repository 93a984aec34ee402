internal import GitStore
internal import Model

/// The branch of a remote that landings are pushed to, together with the board.
struct Upstream {
    let remote: String

    /// The branch there, such as `refs/heads/main`.
    let reference: String

    let git: LandingGit

    /// What the remote held when it was last asked.
    struct Tips: Equatable {
        let base: ObjectID
        let board: ObjectID?
    }

    /// What became of a push.
    enum Answer {
        case accepted
        /// Something moved there meanwhile.
        case raced
        /// The remote does not want it, in its words.
        case refused(String)
        /// The line was cut; both are possible.
        case unknown(String)
    }

    /// Asks the remote for its base and its board.
    func fetch() throws -> Tips {
        let base = "refs/draft-remotes/\(remote)/base"
        let board = "refs/draft-remotes/\(remote)/board"
        do {
            _ = try git.run([
                "fetch", "--quiet", "--no-filter", "--no-tags", "--no-write-fetch-head",
                "--no-recurse-submodules", "--no-auto-maintenance", "--", remote,
                "+\(reference):\(base)",
                "+refs/draft/board*:\(board)*",
            ])
        } catch let error as ExecutionError where error.code == .failed {
            guard error.reason.contains("find remote ref") else { throw error }
            throw LandRefusal(
                "'\(remote)' has no '\(reference)'",
                hint: "git push \(remote.quoted) \(reference.quoted)")
        }
        guard let tip = try git.repository.target(of: base) else {
            throw ExecutionError(.failed, "fetch '\(reference)'", reason: "it did not arrive")
        }
        return Tips(base: tip, board: try git.repository.target(of: board))
    }

    /// Offers a landing and the board that tells of it, both or none.
    ///
    /// - Parameters:
    ///   - commit: The new tip of the base.
    ///   - board: The new tip of the board.
    ///   - tips: What must still be there.
    /// - Returns: What became of it, as far as the remote said.
    /// - Throws: ``ExecutionError`` if git could not be run.
    func push(_ commit: ObjectID, board: ObjectID, expecting tips: Tips) throws -> Answer {
        let name = Board.reference
        let output = try git.run(
            [
                "push", "--porcelain", "--atomic", "--no-follow-tags",
                "--recurse-submodules=no",
                "--force-with-lease=\(reference):\(tips.base)",
                "--force-with-lease=\(name):\(tips.board.map { "\($0)" } ?? "")",
                "--", remote, "\(commit):\(reference)", "\(board):\(name)",
            ], allowed: Set(0...255))
        if output.status == 0 { return .accepted }
        return Self.answer(output.text, errors: output.errors)
    }

    /// Reads what `git push --porcelain` said of a push that failed.
    static func answer(_ text: String, errors: String) -> Answer {
        let rejections = text.split(separator: "\n").filter { $0.hasPrefix("!") }.map(String.init)
        let reason = GitProgram.reason(in: errors) ?? "it does not say why"
        if rejections.isEmpty {
            let isCertain = ["--atomic", "pre-push", "src refspec"].contains {
                errors.contains($0)
            }
            return isCertain ? .refused(reason) : .unknown(reason)
        }
        let races = ["stale info", "fetch first", "non-fast-forward", "needs force"]
        let locks = ["cannot lock ref", "failed to update ref", "incorrect old value"]
        func isOneOf(_ words: [String]) -> Bool {
            rejections.contains { line in words.contains { line.contains($0) } }
        }
        if isOneOf(races) || isOneOf(locks) { return .raced }
        // What fails only because the other one did says nothing.
        let first = rejections.first { !$0.contains("atomic") } ?? rejections[0]
        guard first.contains("remote rejected") else { return .unknown(reason) }
        let words = first.lastIndex(of: "(").map { String(first[$0...].dropFirst().dropLast()) }
        return .refused(([words ?? reason] + said(by: errors)).joined(separator: "\n  "))
    }

    /// What the remote itself said, such as a hook that explains its refusal.
    private static func said(by errors: String) -> [String] {
        let prefix = "remote: "
        let lines = errors.split(whereSeparator: \.isNewline).filter { $0.hasPrefix(prefix) }
        let texts = lines.map { line in
            line.dropFirst(prefix.count).split(separator: " ").joined(separator: " ")
        }
        return Array(texts.filter { !$0.isEmpty && !$0.hasPrefix("error: ") }.prefix(5))
    }
}

extension Lander {
    /// Finds out where the base is and where landings go; asks the remote if there is one.
    func target(_ snapshot: Snapshot) throws -> Target {
        let branch = try snapshot.board().baseBranch
        let local = try board.repository.target(of: "refs/heads/\(branch)")
        let settings = try board.repository.reloadConfiguration()
        let found = settings.upstream(of: branch).flatMap { $0.remote == "." ? nil : $0 }
        let wantsPush = try local.flatMap { try policyAt($0).merge.push } ?? (found != nil)
        guard wantsPush else {
            guard let local else { throw LandRefusal("there is no branch '\(branch)'") }
            return Target(branch: branch, local: local, upstream: nil, base: local)
        }
        guard let found else {
            throw LandRefusal(
                "merge_config.push is on, and '\(branch)' follows no branch of a remote",
                hint: "git branch --set-upstream-to=<remote>/<branch> \(branch.quoted)")
        }
        let upstream = Upstream(
            remote: found.remote, reference: found.ref, git: git.stopping(by: stop))
        progress("fetching from '\(found.remote)'…")
        let tips = try upstream.fetch()
        if let local, try !git.isAncestor(local, of: tips.base) {
            throw LandRefusal(
                "'\(branch)' has commits that '\(found.remote)' does not have",
                hint: "git push \(found.remote.quoted) \(branch.quoted)")
        }
        try checkBoard(tips, of: found.remote)
        return Target(branch: branch, local: local, upstream: upstream, base: tips.base)
    }

    /// Checks that our board knows all that the remote's does.
    func checkBoard(_ tips: Upstream.Tips, of remote: String) throws {
        guard let theirs = tips.board else { return }
        let ours = try board.snapshot().commit
        guard (try? board.descends(ours, from: theirs)) == true else {
            guard (try? board.descends(theirs, from: ours)) == true else {
                throw BoardError(
                    .conflict,
                    "the board of '\(remote)' has changes that are not here, and this version of "
                        + "git-draft cannot bring two boards together")
            }
            throw BoardError(
                .conflict, "the board of '\(remote)' has changes that are not here",
                hint: "git fetch \(remote.quoted) \(Board.reference):\(Board.reference)")
        }
    }
}
