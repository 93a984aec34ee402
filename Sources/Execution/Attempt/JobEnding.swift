internal import GitStore
internal import Model

/// How a job ends, and what that makes of its ticket.
struct JobEnding {
    /// The status of the job.
    var status: JobStatus
    /// Why, if it is not plain success.
    var reason: Reason?
    /// What came of it: revision, findings, blocked, needs_info, failed, canceled.
    var outcome: String
    /// The next state of the ticket; `nil` leaves it as it is.
    var ticket: TicketState?
    /// What the agent left behind, for a job that did not get there.
    var findings: JSON = .null
    /// The result, for a job that did.
    var revision: NewRevision?
    /// What a person is asked.
    var question: AgentQuestion?
    /// What went wrong, for people.
    var error: JobFault?
    /// Makes the tickets that were planned, as the job ends; returns what came of it.
    var proposal: Planning.Proposal?

    /// A green result.
    static func revision(_ revision: NewRevision) -> JobEnding {
        JobEnding(
            status: .succeeded, outcome: revision.findings == nil ? "revision" : "findings",
            ticket: .needsHuman, revision: revision
        )
        .quarantined
    }

    /// The same, with the reason if something changed that speaks against the result.
    private var quarantined: JobEnding {
        guard revision?.changes.isEmpty == false else { return self }
        var ending = self
        ending.reason = .tripwire
        return ending
    }

    /// A limit, a guardrail or a verdict that ends the attempt; the agent itself was in order.
    static func stopped(_ reason: Reason, findings: JSON) -> JobEnding {
        JobEnding(
            status: .succeeded, reason: reason, outcome: "blocked", ticket: .blocked,
            findings: findings)
    }

    /// A failure of the agent or of the set-up.
    static func failed(_ reason: Reason, _ fault: JobFault, findings: JSON) -> JobEnding {
        JobEnding(
            status: .failed, reason: reason, outcome: "failed", ticket: .blocked,
            findings: findings, error: fault)
    }

    /// The agent used more of the machine than it may.
    static func limit(_ breach: LimitBreach, tool: String, findings: JSON) -> JobEnding {
        var ending = stopped(.limit, findings: findings)
        ending.error = JobFault(
            step: "agent", tool: tool, type: Reason.limit.rawValue, message: "\(breach)")
        return ending
    }

    /// A failure of the machine: the ticket may be run again as it is.
    static func broken(_ fault: JobFault) -> JobEnding {
        JobEnding(
            status: .failed, reason: .system, outcome: "failed", ticket: .planned, error: fault)
    }

    /// Somebody stopped it.
    static let canceled = JobEnding(
        status: .canceled, reason: .canceled, outcome: "canceled", ticket: .planned)

    /// A plan, which may hold nothing that is new.
    static func planned(_ proposal: @escaping Planning.Proposal) -> JobEnding {
        JobEnding(status: .succeeded, outcome: "findings", proposal: proposal)
    }

    /// The same, with the reason why nobody but a person takes the plan.
    var quarantinedPlan: JobEnding {
        guard proposal != nil else { return self }
        var ending = self
        ending.reason = .tripwire
        return ending
    }

    /// It asks a person, and goes on after the answer.
    static func asks(_ question: AgentQuestion) -> JobEnding {
        JobEnding(
            status: .waitingForInput, reason: .question, outcome: "needs_info",
            ticket: .needsHuman, question: question)
    }
}

/// One thing that went wrong in a job.
struct JobFault {
    /// Where: setup, agent, workspace, validation.
    var step: String
    /// With what.
    var tool: String
    /// What kind of failure.
    var type: String
    /// What it said.
    var message: String

    var json: JSON {
        [
            "step": .string(step), "tool": .string(tool), "error_type": .string(type),
            "message": .string(message),
        ]
    }
}

extension JobFault {
    /// The fault of an agent whose turn failed.
    ///
    /// - Parameters:
    ///   - agent: The agent.
    ///   - sentence: What happened; a missing log-in is told how to mend.
    ///   - failure: Why, as far as that is known.
    init(
        of agent: (name: String, settings: AgentSettings), _ sentence: String,
        _ failure: AgentFailure?
    ) {
        let logIn = failure?.kind == .authentication ? agent.settings.kind.logInCommand : nil
        self.init(
            step: "agent", tool: agent.name, type: failure?.kind.rawValue ?? "agent_failed",
            message: sentence + (logIn.map { "; give it a key, or log in: \($0)" } ?? ""))
    }
}

/// A result about to be offered for review.
struct NewRevision {
    /// The commit that the work started from, and the one that is offered.
    var base: ObjectID, head: ObjectID
    /// The tree of the head.
    var tree: ObjectID
    /// How much it changes.
    var files = 0, insertions = 0, deletions = 0
    /// What validation said, in its stored form.
    var verdicts: [JSON] = []
    /// What an investigation found.
    var findings: String?
    /// What changed of the user's meanwhile, and speaks against it.
    var changes: [JSON] = []
    /// What the person who did it says about it.
    var remark: String?
}
