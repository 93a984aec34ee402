/// What an event reports.
public enum EventType: String, CaseIterable, Sendable {
    /// The board was made.
    case boardCreated = "board.created"
    /// The name or the base branch of the board was changed.
    case boardEdited = "board.edited"
    /// A goal was made.
    case goalCreated = "goal.created"
    /// A goal was changed.
    case goalEdited = "goal.edited"
    /// A goal was deleted.
    case goalDeleted = "goal.deleted"
    /// A ticket was made.
    case ticketCreated = "ticket.created"
    /// A ticket was changed.
    case ticketEdited = "ticket.edited"
    /// A ticket has another state.
    case ticketTransitioned = "ticket.transitioned"
    /// A ticket was deleted.
    case ticketDeleted = "ticket.deleted"
    /// A plan became tickets.
    case planImported = "plan.imported"
    /// A job was made, with the ticket as it was.
    case jobCreated = "job.created"
    /// A job runs.
    case jobStarted = "job.started"
    /// A job waits for its turn again.
    case jobRequeued = "job.requeued"
    /// A job waits for an answer.
    case jobWaiting = "job.waiting"
    /// A job goes on after an answer.
    case jobResumed = "job.resumed"
    /// A turn of the agent began.
    case jobIterationStarted = "job.iteration_started"
    /// A turn of the agent ended.
    case jobIterationFinished = "job.iteration_finished"
    /// The agent said how it goes about the work.
    case jobPlanRecorded = "job.plan_recorded"
    /// A command ran.
    case jobCommandExecuted = "job.command_executed"
    /// A job ended, with its outcome.
    case jobFinished = "job.finished"
    /// A tier of validation ran.
    case validationRan = "validation.ran"
    /// A limit was reached.
    case guardrailHit = "guardrail.hit"
    /// Something of the user changed while a job ran.
    case tripwireTripped = "tripwire.tripped"
    /// The work tree became a commit.
    case snapshotTaken = "snapshot.taken"
    /// A result is offered for review.
    case revisionOpened = "revision.opened"
    /// A result is no longer offered.
    case revisionClosed = "revision.closed"
    /// Somebody reviewed a result.
    case reviewGiven = "review.given"
    /// Somebody remarked something.
    case commentAdded = "comment.added"
    /// A person is asked.
    case questionAsked = "question.asked"
    /// A person answered.
    case questionAnswered = "question.answered"
    /// A question needs no answer any more.
    case questionWithdrawn = "question.withdrawn"
    /// A question was not answered in time.
    case questionExpired = "question.expired"
    /// A replica claimed a ticket.
    case leaseTaken = "lease.taken"
    /// A replica gave a ticket back.
    case leaseReleased = "lease.released"
    /// A result is about to land.
    case landStarted = "land.started"
    /// A result could not land.
    case landRefused = "land.refused"
    /// A result landed.
    case landDone = "land.done"
    /// A person accepted the repository's commands.
    case trustAccepted = "trust.accepted"
    /// A conflict was resolved.
    case conflictResolved = "conflict.resolved"
    /// A transaction was taken back.
    case undoDone = "undo.done"
}

/// Who acts.
public enum ActorType: OpenEnum {
    /// A person, whose writes are decisions.
    case human
    /// The planner.
    case planner
    /// A job.
    case executor
    /// The rules themselves, such as an unfinished blocker.
    case system
    /// A git hook.
    case hook
    /// A client of the programming interface, on behalf of nobody.
    case api
    /// Something that a newer version knows.
    case unknown(String)

    /// The actors that we know.
    public static let known: [ActorType] = [.human, .planner, .executor, .system, .hook, .api]

    /// The word, as it is stored.
    public var word: String {
        switch self {
        case .human: "human"
        case .planner: "planner"
        case .executor: "executor"
        case .system: "system"
        case .hook: "hook"
        case .api: "api"
        case .unknown(let word): word
        }
    }
}

/// Somebody or something that acts.
public struct Actor: Hashable, Sendable {
    /// What it is.
    public let type: ActorType

    /// Who it is: `git:<email>` for a person.
    public let id: String

    /// The person for whom it acts, if there is one.
    public let onBehalfOf: String?

    /// A name for people, used as the author of commits.
    public let name: String

    /// Creates an actor.
    public init(type: ActorType, id: String, name: String, onBehalfOf: String? = nil) {
        self.type = type
        self.id = id
        self.name = name
        self.onBehalfOf = onBehalfOf
    }

    /// A person, known by name and address.
    public static func person(name: String, email: String) -> Actor {
        Actor(type: .human, id: "git:\(email)", name: name)
    }

    /// A job that somebody started.
    public static func executor(job: String, onBehalfOf person: String?) -> Actor {
        Actor(type: .executor, id: "job:\(job)", name: "git-draft", onBehalfOf: person)
    }

    /// The rules of the board.
    public static let system = Actor(type: .system, id: "git-draft", name: "git-draft")
}
