internal import GitStore
internal import Model

/// Looks at what is the user's around everything of a job that others wrote.
final class TripwireWatch {
    private let context: JobContext
    private let recorder: JobRecorder
    private let log: JobLog
    private let wire: Tripwire
    private let isApart: Bool

    /// What was found in this job.
    private(set) var found: [Tripwire.Change] = []

    /// The most changes that are written down.
    private static let limit = 50

    /// Prepares to watch over a job.
    ///
    /// - Parameters:
    ///   - context: What jobs need of the world.
    ///   - policy: What is in force.
    ///   - recorder: Where what is found is written down.
    ///   - log: Where people read it.
    /// - Throws: What the choice of a sandbox throws.
    init(
        _ context: JobContext, _ policy: Policy, _ recorder: JobRecorder, _ log: JobLog
    ) throws {
        self.context = context
        self.recorder = recorder
        self.log = log
        wire = context.tripwire()
        isApart = try context.sandbox(policy).kind.isApart
    }

    /// What speaks against the result.
    var grave: [Tripwire.Change] { found.filter(\.isGrave) }

    /// Does something, and writes down what is not as it was before.
    func watching<Result>(_ body: () throws -> Result) throws -> Result {
        let before = wire.look()
        do {
            let result = try body()
            try note(from: before)
            return result
        } catch {
            try? note(from: before)
            throw error
        }
    }

    private func note(from before: Tripwire.State) throws {
        let changes = context.changes(wire, from: before, isApart: isApart)
        var new: [Tripwire.Change] = []
        // What speaks against the result is said however much else there is.
        for change in changes.filter(\.isGrave) + changes.filter({ !$0.isGrave }) {
            // A person at work changes the checkout all the time: once is enough.
            let isKnown = (found + new).contains {
                $0.kind == change.kind && (change.kind == "checkout" || $0.name == change.name)
                    && $0.isGrave == change.isGrave
            }
            let isFirst = change.isGrave && !(found + new).contains(where: \.isGrave)
            if !isKnown, isFirst || found.count + new.count < Self.limit { new.append(change) }
        }
        guard !new.isEmpty else { return }
        found += new
        let message = new.map(\.sentence).joined(separator: ", ")
        log.heading("changed meanwhile: \(message)")
        try recorder.note(
            .tripwireTripped,
            payload: ["message": .string(message), "changes": .array(new.map(\.json))],
            summary: ["changes": .array(found.map(\.json))])
    }
}

/// A validation that nothing is trusted of, since something of the user changed meanwhile.
struct TripwireError: Error, CustomStringConvertible {
    /// What changed.
    private let change: String

    /// Names what changed.
    init(description change: String) { self.change = change }

    /// One line.
    var description: String { "cannot trust the validation: \(change) while it ran" }
}

extension Tripwire.Change {
    /// What happened, such as `hooks/pre-commit was made`.
    var sentence: String { kind == "checkout" ? "the checkout (\(name))" : "\(name) was \(what)" }
}

extension JobContext {
    /// What looks at the user's things, the base branch among them.
    func tripwire() -> Tripwire {
        let base = try? board.snapshot().board().baseBranch
        return Tripwire(repository, environment: environment, base: base)
    }

    /// What changed since a moment, and what of it speaks against a job.
    ///
    /// - Parameters:
    ///   - wire: What looks.
    ///   - before: The moment.
    ///   - isApart: Whether a sandbox keeps the job from having done it.
    /// - Returns: What changed.
    func changes(
        _ wire: Tripwire, from before: Tripwire.State, isApart: Bool
    ) -> [Tripwire.Change] {
        let people = [repository.identity(.author), repository.identity(.committer)]
        let changes = wire.changes(
            from: before, to: wire.look(), landed: landedCommits,
            addresses: Set(people.compactMap { $0?.email }))
        return isApart
            ? changes.map { change in
                var change = change
                change.isGrave = false
                return change
            } : changes
    }

    /// The commits that landings moved the base to.
    private func landedCommits() -> Set<String> {
        let tickets = (try? board.snapshot().list(Ticket.self)) ?? []
        return Set(tickets.flatMap { $0.record.landings.map(\.commit) })
    }

    /// Watches over the validation of a fresh checkout, which ends nothing well that changed
    /// what is the user's.
    func watching<Result>(_ policy: Policy, _ body: () throws -> Result) throws -> Result {
        let wire = tripwire()
        let before = wire.look()
        let result = try body()
        let isApart = try sandbox(policy).kind.isApart
        if let change = changes(wire, from: before, isApart: isApart).first(where: \.isGrave) {
            throw TripwireError(description: change.sentence)
        }
        return result
    }
}
