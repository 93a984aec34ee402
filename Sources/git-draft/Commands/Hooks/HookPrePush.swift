import Execution
import GitStore
import Glibc
import Model
import Porcelain

/// What `git draft hook pre-push` does.
struct HookPrePush {
    private let context: Context
    private let push: Push
    private let folder: GitFolder?

    /// How many lines are none that we know.
    private let oddities: Int

    /// Reads what git says on standard input; `nil` if nothing of it concerns us.
    ///
    /// Without a board nothing does.
    init?(_ arguments: [String], in context: Context) throws {
        let lines = Self.input().split(separator: 10)
        let references = lines.compactMap { PushedReference(line: $0) }
        push = Push(remote: arguments.first ?? "", references: references)
        oddities = lines.count - references.count
        folder = GitFolder(at: context.directory, environment: context.environment)
        self.context = context
        guard !push.work.isEmpty || oddities > 0 else { return nil }
        if let folder, !folder.hasBoard, push.board == nil { return nil }
    }

    /// All of standard input; nothing if it is closed.
    private static func input() -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < 64 << 20 {
            let part = unsafe [UInt8](unsafeUninitializedCapacity: 65536) { buffer, count in
                count = unsafe max(0, read(STDIN_FILENO, buffer.baseAddress, buffer.count))
            }
            if part.isEmpty { break }
            bytes += part
        }
        return bytes
    }

    /// Says what is wrong with the push.
    ///
    /// - Throws: ``Verdict`` if it is refused. What cannot be found out refuses nothing.
    func run() throws {
        if folder == nil {
            guard try push.board != nil || session().board.snapshotIfAny() != nil else { return }
        }
        if oddities > 0 {
            warn("cannot read \(counted(oddities, "line")) of what git says of this push")
        }
        guard !push.work.isEmpty else { return }
        let isClean = try !hasSecrets()
        let isFit = isFit()
        guard isClean, isFit else {
            // A landing knows by these words that nothing has reached the remote.
            context.terminal.note("error: the pre-push hook refuses this push")
            advise("git push --no-verify pushes it all the same")
            throw Verdict(status: ExitStatus.no)
        }
    }

    /// The repository, opened when there is something to say.
    private func session() throws -> Session { try Session(context) }

    private func advise(_ command: String) {
        guard context.environment["GIT_ADVICE"] != "0" else { return }
        context.terminal.note("hint: \(escaped(command))")
    }

    private func warn(_ text: String) {
        context.terminal.note("warning: \(escaped(text, multiline: true))")
    }
}

// MARK: - Secrets

extension HookPrePush {
    /// The most findings that are named.
    private static let limit = 10

    private func hasSecrets() throws -> Bool {
        let environment = context.environment
        let common = try folder?.commonDirectory ?? session().repository.commonDirectory
        let redactor = Redactor(values: Redactor.secretValues(in: environment))
        let scan = PushScan(common, environment: environment, redactor: redactor)
        var result = scan.look(at: push)
        if result.findings.contains(where: { $0.path != nil }) {
            let allowed = (try? allowed()) ?? []
            result.findings.removeAll { finding in
                allowed.contains { finding.path.map($0.matches) ?? false }
            }
        }
        report(result, redactor)
        return !result.findings.isEmpty
    }

    /// Names what was found; where a name is a secret itself, without it.
    private func report(_ result: PushScan.Result, _ redactor: Redactor) {
        for omission in result.omissions.prefix(Self.limit) { warn(redactor.redact(omission)) }
        for finding in result.findings.prefix(Self.limit) {
            context.terminal.note(
                "error: \(place(of: finding, redactor)) holds a secret (\(finding.kind.rawValue))")
        }
        let others = result.findings.count - Self.limit
        if others > 0 { context.terminal.note("error: and \(counted(others, "secret")) more") }
        adviseOn(result.findings)
    }

    /// Where a secret is, in words.
    private func place(of finding: PushScan.Finding, _ redactor: Redactor) -> String {
        func name(_ text: String) -> String { quoted(redactor.redact(text)) }
        let commit = "commit \(finding.object.short)"
        return switch finding.place {
        case .file(let path): "\(name(path)) of \(commit)"
        case .message: "the message of \(commit)"
        case .person: "the author or committer of \(commit)"
        case .tag(let reference): "tag \(name(Self.tag(reference) ?? reference))"
        case .name(let reference): "the name \(name(reference))"
        case .loose(let reference, path: let path?): "\(name(path)) in \(name(reference))"
        case .loose(let reference, path: nil): "\(name(reference))"
        }
    }

    private static func tag(_ reference: String) -> String? {
        let start = "refs/tags/"
        return reference.hasPrefix(start) ? String(reference.dropFirst(start.count)) : nil
    }

    /// Says what takes the secrets out, each way once.
    private func adviseOn(_ findings: [PushScan.Finding]) {
        var (isInCommits, isInFiles, isInPeople, isInTags, isInNames) =
            (false, false, false, false, false)
        for finding in findings {
            switch finding.place {
            case .file: (isInCommits, isInFiles) = (true, true)
            case .message: isInCommits = true
            case .person: isInPeople = true
            case .tag, .loose: isInTags = true
            case .name: isInNames = true
            }
        }
        if isInFiles {
            advise(
                "git rebase --interactive takes it out of the commits; if it is none: "
                    + "git config --add draft.allowSecretsIn PATH")
        } else if isInCommits {
            advise("git rebase --interactive takes it out of the commits")
        }
        if isInPeople { advise("git commit --amend --reset-author makes the last commit anew") }
        if isInTags { advise("git tag --force --annotate TAG COMMIT makes the tag anew") }
        if isInNames { advise("git branch --move NAME gives it another name") }
    }

    /// The files in which everything is allowed.
    private func allowed() throws -> [PathPattern] {
        let patterns = try session().repository.configuration.strings("draft.allowSecretsIn")
        for pattern in patterns where PathPattern(pattern) == nil {
            warn("bad pattern '\(pattern)' in draft.allowSecretsIn")
        }
        return patterns.compactMap { PathPattern($0) }
    }
}

// MARK: - Tickets

extension HookPrePush {
    /// Whether the tickets in what is pushed may go there.
    private func isFit() -> Bool {
        let objections: [PushGate.Objection]
        let session: Session
        do {
            let environment = context.environment
            let isOrdinary = try folder.map {
                try !push.mayHoldTickets(in: $0, environment: environment)
            }
            let mayBeWork = isOrdinary != true
            if !mayBeWork, !push.goesToBranches { return true }
            session = try self.session()
            let boards = try boards(session)
            // Where there is no work yet, nothing can be of its trees.
            guard try mayBeWork || boards.contains(where: hasWork) || hasTaken(session) else {
                return true
            }
            objections = try judged(session, boards)
        } catch {
            warn("cannot check the tickets in what is pushed: \(error)")
            return true
        }
        var isFit = true
        for objection in objections {
            if objection.reason == .notValidated, !refusesUnvalidated(session) {
                session.warn(sentence(objection))
                session.advise(remedy(objection, session))
                continue
            }
            isFit = false
            session.terminal.note("error: \(escaped(sentence(objection)))")
            session.advise(remedy(objection, session))
        }
        return isFit
    }

    private func hasWork(_ board: Snapshot) throws -> Bool {
        try !board.ids(of: .revision).isEmpty || !board.ids(of: .job).isEmpty
    }

    private func hasTaken(_ session: Session) throws -> Bool {
        try !session.repository.references(under: "refs/heads/\(TicketBranch.takenPrefix)").isEmpty
    }

    /// The board, and the one that is pushed along.
    private func boards(_ session: Session) throws -> [Snapshot] {
        var boards: [Snapshot] = []
        if let board = try session.board.snapshotIfAny() { boards.append(board) }
        if let pushed = push.board, pushed != boards.first?.commit {
            boards.append(try session.board.snapshot(at: pushed))
        }
        return boards
    }

    private func judged(
        _ session: Session, _ boards: [Snapshot]
    ) throws -> [PushGate.Objection] {
        let prefix = BranchPrefix(session).text
        var protected = AccessPolicy().protectedBranches
        protected += try boards.map { try $0.board().baseBranch }
        var optional: [String] = []
        do {
            let loader = PolicyLoader(session)
            let base = try loader.base()
            let policy = try loader.load(at: base.tip).policy
            protected = policy.access.protectedBranches + [base.name]
            let commands = policy.validation.fast + policy.validation.full
            optional = commands.filter { !$0.required }.map(\.name)
        } catch {
            session.warn("cannot read what is protected, hence taking what is built in: \(error)")
        }
        var gate = PushGate(
            session.repository, environment: session.context.environment, boards: boards,
            protected: protected, optional: optional, prefix: prefix)
        return try gate.objections(to: push)
    }

    /// `draft.prePush`, else `refuse` where a team shares the board.
    private func refusesUnvalidated(_ session: Session) -> Bool {
        switch session.repository.configuration.string("draft.prePush") {
        case "refuse": true
        case "warn": false
        default: (try? session.board.snapshotIfAny()?.board().claimRemote) != nil
        }
    }

    private func sentence(_ objection: PushGate.Objection) -> String {
        let ticket = "ticket \(sentenceName(objection.ticket))"
        let commit = objection.commit.description.prefix(8)
        let start = "'\(objection.branch)' is protected, and commit \(commit) of \(ticket)"
        return switch objection.reason {
        case .notOffered, .notApproved: "\(start) is not approved"
        case .otherTree: "\(start) is not what was approved"
        case .notValidated: "commit \(commit) of \(ticket) was not validated"
        }
    }

    private func remedy(_ objection: PushGate.Objection, _ session: Session) -> String {
        let name = sentenceName(objection.ticket)
        return switch objection.reason {
        case .notApproved: "git draft review --approve \(name)"
        case .otherTree: "git draft land \(name)"
        case .notOffered, .notValidated: nextStep(objection, name, session)
        }
    }

    /// What goes on with the ticket's work, in the state that it is in.
    private func nextStep(
        _ objection: PushGate.Objection, _ name: String, _ session: Session
    ) -> String {
        let board = try? session.board.snapshotIfAny()
        let ticket = try? board?.view(Ticket.self, objection.ticket)
        guard let board, let ticket else { return "git draft run \(name)" }
        return switch ticket.state {
        case .proposed: "git draft accept \(name)"
        case .planned: objection.isTaken ? "git draft submit \(name)" : "git draft run \(name)"
        case .needsHuman: "git draft review \(name)"
        case .blocked: "git draft retry \(name)"
        case .abandoned: "git draft ticket move \(name) planned"
        case .executing, .verifying:
            (try? Job.person(with: ticket, in: board)) == nil
                ? "git draft ticket show \(name)" : "git draft submit \(name)"
        case .done, .unknown: "git draft ticket show \(name)"
        }
    }
}
