import Execution
import GitStore
import Model
import Porcelain

/// `git draft land`.
struct Land: Command {
    static let help = Help(
        "Land approved revisions on the base branch", group: "Review and landing",
        description: """
            Merges each approved revision into today's base in memory, validates the merged tree \
            in a fresh checkout unless that very tree passed already, and only then moves the \
            base branch, with every worktree that has it checked out. Where the base has an \
            upstream, base and board are pushed together. What validation said, and where what \
            it printed is kept, is part of the trail. A landing that is interrupted changes \
            nothing.
            """)

    @Argument("which tickets", value: "ticket", atLeastOne: true) var tickets: [String]
    @Options var output: OutputOptions

    func run(in context: Context) async throws {
        let session = try Session(context)
        let ids = try session.ticketIDs(tickets)
        let landing = try Landing(session, isQuiet: output.json || output.quiet)
        var landed: [Ticket] = []
        do {
            for id in try landing.order(ids) {
                guard let (ticket, sentence) = try landing.land(id) else { continue }
                landed.append(ticket)
                // One document holds them all.
                if !output.json { try session.report(ticket, output, sentence) }
            }
        } catch {
            // What did land is told all the same.
            if output.json, !landed.isEmpty { try printDocument(landed, session) }
            throw error
        }
        if output.json, !landed.isEmpty { try printDocument(landed, session) }
        if landed.count < ids.count { throw Verdict(status: ExitStatus.no) }
    }

    /// Prints one ticket as it is, and several in a list.
    private func printDocument(_ landed: [Ticket], _ session: Session) throws {
        guard tickets.count == 1, let ticket = landed.first else {
            return try session.printJSON(JSON(schemaList: "tickets", landed.map(\.shown)))
        }
        try session.printJSON(ticket.shown)
    }
}

/// Lands revisions, and says what came of it.
struct Landing {
    private let session: Session
    private let jobs: JobContext
    private let lander: Lander
    private let person: Actor

    init(_ session: Session, isQuiet: Bool) throws {
        self.session = session
        person = try session.decider()
        jobs = try session.admission()
        let terminal = session.terminal
        let stop = try StopSignal.catchingTermination()
        lander = try session.lander(jobs, stop: stop) { if !isQuiet { terminal.note(escaped($0)) } }
    }

    /// The tickets in the order in which they land: blockers first, then by priority.
    func order(_ ids: [String]) throws -> [String] {
        let snapshot = try session.board.snapshot()
        let tickets = try ids.map { try snapshot.require(Ticket.self, $0) }.inOrder()
        var rest = tickets
        var ordered: [String] = []
        while !rest.isEmpty {
            let next =
                rest.firstIndex { ticket in
                    !ticket.blockedBy.contains { blocker in rest.contains { $0.id == blocker } }
                } ?? 0
            ordered.append(rest.remove(at: next).id)
        }
        return ordered
    }

    /// Lands one ticket; returns it as it is then and what to say of it, or `nil` if it did not.
    func land(_ id: String) throws -> (ticket: Ticket, sentence: String)? {
        let name = sentenceName(id)
        switch try lander.land(id, as: person) {
        case .landed(let commit, let notes):
            for note in notes { session.terminal.note("note: \(escaped(note))") }
            cleanUp(id)
            let ticket = try session.board.snapshot().require(Ticket.self, id)
            let sentence = "landed ticket \(name) as \("\(commit)".prefix(8)): "
            return (ticket, sentence + escaped(ticket.title))
        case .refused(let refusal):
            var text = "cannot land ticket \(name): \(refusal.reason)"
            for file in refusal.files { text += "\n  \(file)" }
            throw CommandError(
                text, status: refusal.isBusy ? ExitStatus.again : ExitStatus.fatal,
                hint: refusal.isBusy ? "git draft land \(name)" : refusal.hint)
        case .conflict(let files):
            complain("ticket \(name) does not merge with the base", files, name)
            return nil
        case .canceled:
            session.terminal.note("canceled")
            session.advise("git draft land \(name)")
            throw Verdict(status: ExitStatus.interrupted)
        case .red(let verdicts):
            let failed = verdicts.failures.map { verdict in
                let line = Text.firstLine(verdict.tail)
                return line.isEmpty ? verdict.name : "\(verdict.name): \(line)"
            }
            complain("ticket \(name) fails validation together with the base", failed, name)
            return nil
        }
    }

    private func complain(_ text: String, _ details: [String], _ name: String) {
        session.terminal.note("error: \(text)")
        for detail in details { session.terminal.note("  \(escaped(detail))") }
        session.advise("git draft retry --fresh \(name)")
    }

    /// Removes the workspace and the branch of a ticket that has landed.
    ///
    /// What fails here is tried again by the next clean-up; the landing itself is done. What
    /// would be lost with a directory is said.
    private func cleanUp(_ id: String) {
        do {
            let ticket = try session.board.snapshot().require(Ticket.self, id)
            try TicketCleanup(jobs).clean(ticket)
        } catch {
            guard let error = error as? WorkspaceError,
                [.unreachable, .place].contains(error.code)
            else { return }
            session.warn("cannot \(error.action): \(error.reason)")
            if let hint = error.hint { session.advise(hint) }
        }
    }
}
