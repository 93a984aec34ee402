import Model
import Testing

@Suite struct LifecycleTests {
    /// Who may make which move, one row per state, one column per state that follows.
    ///
    /// h human, e executor, s system; a dot is no move at all.
    private static let tickets = """
        from         proposed planned executing verifying needs_human blocked done abandoned
        proposed     .        h       .         .         .           .       .    h
        planned      h        .       he        .         .           hes     .    h
        executing    .        hes     .         e         he          hes     .    h
        verifying    .        hes     e         .         he          hes     s    .
        needs_human  .        h       he        .         .           hes     hs   h
        blocked      .        hs      he        .         .           .       .    h
        done         .        .       h         .         .           .       .    .
        abandoned    .        h       .         .         .           .       .    .
        """

    /// Which status of a job may follow which: y or a dot.
    private static let jobs = """
        from              queued running waiting_for_input succeeded failed expired canceled \
        superseded
        queued            .      y       .                 .         y      .       y        y
        running           y      .       y                 y         y      .       y        y
        waiting_for_input y      .       .                 .         y      y       y        y
        succeeded         .      .       .                 .         .      .       .        .
        failed            .      .       .                 .         .      .       .        .
        expired           .      .       .                 .         .      .       .        .
        canceled          .      .       .                 .         .      .       .        .
        superseded        .      .       .                 .         .      .       .        .
        """

    /// Which status of a revision may follow which.
    private static let revisions = """
        from              open approved changes_requested superseded
        open              .    y        y                 y
        approved          .    .        y                 y
        changes_requested .    .        .                 .
        superseded        .    .        .                 .
        """

    private func cells(_ table: String) -> [(from: String, to: String, cell: String)] {
        let rows = table.split(separator: "\n").map {
            $0.split(separator: " ").map(String.init)
        }
        return rows.dropFirst().flatMap { row in
            zip(rows[0].dropFirst(), row.dropFirst()).map { (row[0], $0, $1) }
        }
    }

    @Test func `the state table of tickets holds for every actor`() throws {
        let letters: [ActorType: Character] = [.human: "h", .executor: "e", .system: "s"]
        let cells = cells(Self.tickets)
        #expect(cells.count == TicketState.known.count * TicketState.known.count)
        for (from, to, cell) in cells {
            let (old, new) = (
                try #require(TicketState(known: from)), try #require(TicketState(known: to))
            )
            #expect(old.successors.contains(new) == (cell != "."), "\(from) to \(to)")
            for actor in ActorType.known {
                let isAllowed = letters[actor].map(cell.contains) ?? false
                let code = code { try old.checkMove(to: new, by: actor) }
                let refusal = cell == "." ? LifecycleError.Code.invalidTransition : .notPermitted
                let remark: Comment = "\(from) to \(to) by \(actor)"
                #expect(code == (isAllowed ? nil : refusal), remark)
            }
        }
    }

    @Test func `a refused move names both states and the actor`() {
        #expect(throws: LifecycleError(code: .invalidTransition, from: "done", to: "blocked")) {
            try TicketState.done.checkMove(to: .blocked, by: .human)
        }
        let error = LifecycleError(
            code: .notPermitted, from: "proposed", to: "planned", actor: .planner)
        #expect(throws: error) { try TicketState.proposed.checkMove(to: .planned, by: .planner) }
        #expect(error.description.contains("not for the planner"))
    }

    @Test func `a state of a newer version is carried, and nothing may follow it`() {
        let state = TicketState("marinating")
        #expect(state == .unknown("marinating") && state.word == "marinating")
        #expect(TicketState(known: "marinating") == nil)
        for next in TicketState.known {
            #expect(code { try state.checkMove(to: next, by: .human) } == .invalidTransition)
            #expect(code { try next.checkMove(to: state, by: .human) } == .invalidTransition)
        }
    }

    @Test func `the table of jobs holds`() throws {
        let cells = cells(Self.jobs)
        #expect(cells.count == JobStatus.known.count * JobStatus.known.count)
        for (from, to, cell) in cells {
            let (old, new) = (
                try #require(JobStatus(known: from)), try #require(JobStatus(known: to))
            )
            let code = code { try old.checkMove(to: new) }
            #expect(code == (cell == "y" ? nil : .invalidTransition), "\(from) to \(to)")
        }
        for status in JobStatus.known {
            let isLive: Set<JobStatus> = [.queued, .running, .waitingForInput]
            #expect(status.isTerminal == !isLive.contains(status))
        }
    }

    @Test func `the table of revisions holds`() throws {
        let cells = cells(Self.revisions)
        #expect(cells.count == RevisionStatus.known.count * RevisionStatus.known.count)
        for (from, to, cell) in cells {
            let (old, new) = (
                try #require(RevisionStatus(known: from)), try #require(RevisionStatus(known: to))
            )
            let code = code { try old.checkMove(to: new) }
            #expect(code == (cell == "y" ? nil : .invalidTransition), "\(from) to \(to)")
        }
    }

    @Test func `every word is read as what wrote it`() {
        func check<Word: OpenEnum>(_ type: Word.Type) {
            for value in Word.known { #expect(Word(value.word) == value) }
            #expect(Set(Word.known.map(\.word)).count == Word.known.count)
            #expect(Word("no such word") == Word.unknown("no such word"))
        }
        check(TicketState.self)
        check(JobStatus.self)
        check(JobKind.self)
        check(RevisionStatus.self)
        check(QuestionStatus.self)
        let reasons = """
            iterations runtime full_runs files lines paths identical_failure repeated no_growth \
            budget limit silence rate_limit question no_change red base_red gate agent_failed \
            setup_failed system canceled crashed lease_lost conflict superseded \
            untrusted_input tripwire
            """
        #expect(Reason.allCases.map(\.rawValue) == reasons.split(separator: " ").map(String.init))
    }

    private func code(_ body: () throws -> Void) -> LifecycleError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? LifecycleError)?.code
        }
    }
}
