public import Model

/// The immutable instruction that a job hands to an agent.
public struct WorkOrder: Sendable {
    /// `execute` or `investigate`.
    public var kind: JobKind
    /// The directory that the agent works in.
    public var workspace: String
    /// The commit that the work started from.
    public var baseCommit: String
    /// The goal that the ticket belongs to.
    public var goal: Goal
    /// Whether that is only where tickets are that belong to no other.
    public var hasNoGoal = false
    /// The ticket.
    public var ticket: Ticket
    /// The number of the turn within the job, from 1.
    public var iteration: Int
    /// How the agent said that it goes about the work.
    public var plan: String?
    /// What validation said of the last turn, verbatim.
    public var feedback: [Feedback] = []
    /// What reviewers said of earlier revisions.
    public var reviews: [JSON] = []
    /// What people answered.
    public var answers: [JSON] = []
    /// The policy in force.
    public var policy: Policy
    /// How many turns the job may take, and how many are left, this one included.
    public var iterationsLeft: Int
    /// When the agent is stopped.
    public var deadline: Timestamp
    /// The texts that guide the agent, from the general to the particular.
    public var instructions: [Instruction] = []
    /// What the job may still cost, in micro-USD; `nil` if nothing limits it.
    public var budget: Int64?
    /// Who wrote its texts.
    public var authorship: Authorship?
}

/// What one command said of the last turn.
public struct Feedback: Sendable, Equatable {
    /// `setup`, `fast`, `full` or `guardrail`.
    public var tier: String
    /// The command.
    public var command: String
    /// Its exit status, `nil` if it was ended.
    public var exitCode: Int32?
    /// What it printed, bounded.
    public var output: String

    /// Creates feedback.
    public init(tier: String, command: String, exitCode: Int32?, output: String) {
        self.tier = tier
        self.command = command
        self.exitCode = exitCode
        self.output = output
    }

    /// Creates feedback of a verdict that did not pass.
    public init(_ verdict: Verdict) {
        self.init(
            tier: verdict.tier, command: verdict.command, exitCode: verdict.exitCode,
            output: verdict.output)
    }
}

/// One layer of what guides an agent.
public struct Instruction: Sendable, Equatable {
    /// `global`, `mode`, `profile`, `ticket` or `skill`.
    public var layer: String
    /// What it says.
    public var text: String
    /// The skill, in layer `skill`, whose text stays where it is.
    var skill: SkillCopied?

    /// The form in which the agent reads it.
    var json: JSON {
        skill?.json ?? ["layer": .string(layer), "text": .string(text)]
    }

    /// The form in which a job lists it: its digest, never its text.
    var listed: JSON {
        [
            "layer": .string(layer), "id": .string(layer), "version": .string(Version.current),
            "hash": .string(SHA256.hex(Array(text.utf8))), "loaded": true, "why": "always",
        ]
    }
}

extension WorkOrder {
    /// The order as the agent reads it.
    public var json: JSON {
        [
            "schema": 1, "kind": .string(kind.word),
            "mode": .string(kind == .investigate ? "investigate" : ticket.mode),
            "workspace": .string(workspace), "base_commit": .string(baseCommit),
            "goal": [
                "id": .string(goal.id), "title": .string(goal.title),
                "description": .string(goal.description),
            ],
            "ticket": ticketJSON, "iteration": .integer(Int64(iteration)), "plan": JSON(plan),
            "feedback": .array(feedback.map(\.json)), "review": .array(reviews),
            "answers": .array(answers), "limits": limits, "guardrails": guardrails,
            "validation": [
                "fast": JSON(policy.validation.fast.map(\.command)),
                "full": JSON(policy.validation.full.map(\.command) + ticket.validation),
            ],
            "instructions": .array(instructions.map(\.json)),
            "mcp_servers": .object(
                JSONObject(policy.servers.map { ($0.key, $0.value.json) })),
            "authors": authorship?.authors ?? [:], "untrusted": JSON(authorship?.untrusted ?? []),
        ]
    }

    private var ticketJSON: JSON {
        [
            "id": .string(ticket.id), "title": .string(ticket.title),
            "description": .string(ticket.description),
            "acceptance_criteria": .array(
                ticket.acceptanceCriteria.map { ["id": .string($0.id), "text": .string($0.text)] }),
            "task_type": .string(ticket.taskType),
        ]
    }

    private var limits: JSON {
        [
            "max_iterations": .integer(Int64(policy.guardrails.maxIterations)),
            "iterations_left": .integer(Int64(iterationsLeft)), "deadline": JSON(deadline),
            "budget": JSON(budget),
        ]
    }

    private var guardrails: JSON {
        let guardrails = policy.guardrails
        return [
            "allow": JSON(guardrails.allow.map(\.description)),
            "deny": JSON(guardrails.deny.map(\.description)),
            "dependency_changes": .bool(guardrails.dependencyChanges),
            "max_files": .integer(Int64(guardrails.maxFiles)),
            "max_lines": .integer(Int64(guardrails.maxLines)),
        ]
    }

    /// The layers that every job loads.
    public static func instructions(for ticket: Ticket, kind: JobKind) -> [Instruction] {
        let mode =
            kind == .investigate
            ? "Find out what is asked and change nothing. Write what you found to `findings`."
            : "Change the work tree until the ticket's criteria hold and validation passes."
        var layers = [
            Instruction(
                layer: "global",
                text: "Work in this directory only. Say what you plan in `plan` of your result on "
                    + "the first turn. If a decision is not yours to make, ask: status "
                    + "`needs_input` with a question."),
            Instruction(layer: "mode", text: mode),
        ]
        if !ticket.description.isEmpty {
            layers.append(Instruction(layer: "ticket", text: ticket.description))
        }
        return layers
    }
}

extension Feedback {
    /// Reads the form in which a work order holds it.
    init?(_ json: JSON) {
        guard let tier = json["tier"]?.string, let command = json["command"]?.string,
            let output = json["output"]?.string
        else { return nil }
        self.init(
            tier: tier, command: command,
            exitCode: json["exit_code"]?.integer.flatMap { Int32(exactly: $0) }, output: output)
    }

    /// The form in which a work order holds it.
    var json: JSON {
        [
            "tier": .string(tier), "command": .string(command),
            "exit_code": JSON(exitCode.map(Int64.init)), "output": .string(output),
            "output_file": nil,
        ]
    }
}
