/// A record seen as what it is about.
public protocol RecordView: Sendable, Identifiable {
    /// What records of this type are about.
    static var kind: RecordKind { get }

    /// The record.
    var record: Record { get }

    /// Looks at a record, which must be of the kind.
    init(_ record: Record)
}

extension RecordView {
    /// The id of the record.
    public var id: String { record.id }

    /// The form for people and tools.
    public var shown: JSON { record.shown }

    /// When it was made, by the writer's clock.
    public var createdAt: Timestamp? { time("created_at") }

    /// When it was last changed, by the writer's clock.
    public var updatedAt: Timestamp? {
        record.counters["updated_at"]?.string.flatMap(Timestamp.init(_:))
    }

    func text(_ field: String) -> String { record.value(field).string ?? "" }
    func optional(_ field: String) -> String? { record.value(field).string }
    func number(_ field: String) -> Int64? { record.value(field).integer }
    func time(_ field: String) -> Timestamp? { optional(field).flatMap(Timestamp.init(_:)) }
    func texts(_ field: String) -> [String] {
        (record.value(field).array ?? []).compactMap(\.string)
    }
}

/// Everything that the project keeps about one repository.
public struct BoardRecord: RecordView {
    /// The board.
    public static let kind = RecordKind.board
    /// The record.
    public let record: Record
    /// Looks at a record.
    public init(_ record: Record) { self.record = record }

    /// The name of the project.
    public var name: String { text("name") }
    /// The branch that results land on.
    public var baseBranch: String { text("base_branch") }
    /// The goal of tickets that have no other.
    public var inboxGoalID: String { text("inbox_goal_id") }
    /// The least versions of the rules that may read and write.
    public var minReader: Int64 { number("min_reader") ?? 1 }
    /// The least version of the rules that may write.
    public var minWriter: Int64 { number("min_writer") ?? 1 }
    /// The remote that decides about claims.
    public var claimRemote: String? { optional("claim_remote") }
}

/// An outcome that a person wants.
public struct Goal: RecordView {
    /// A goal.
    public static let kind = RecordKind.goal
    /// The record.
    public let record: Record
    /// Looks at a record.
    public init(_ record: Record) { self.record = record }

    /// What is wanted, in a line.
    public var title: String { text("title") }
    /// What is wanted.
    public var description: String { text("description") }
    /// open, done or abandoned.
    public var status: String { text("status") }
    /// How soon it is wanted, 0 to 100.
    public var priority: Int64 { number("priority") ?? 50 }
}

/// One reviewable unit of work.
public struct Ticket: RecordView {
    /// A ticket.
    public static let kind = RecordKind.ticket
    /// The record.
    public let record: Record
    /// Looks at a record.
    public init(_ record: Record) { self.record = record }

    /// The goal that it belongs to.
    public var goalID: String { text("goal_id") }
    /// What is to be done, in a line.
    public var title: String { text("title") }
    /// What is to be done.
    public var description: String { text("description") }
    /// Where it stands.
    public var state: TicketState { TicketState(record.statusAsRead?["state"]?.string ?? "") }
    /// Why it stands there.
    public var reason: String? { record.statusAsRead?["reason"]?.string }
    /// The job that put it there.
    public var jobID: String? { record.statusAsRead?["job_id"]?.string }
    /// How soon it is wanted, 0 to 100.
    public var priority: Int64 { number("priority") ?? 50 }
    /// Its place among tickets of the same priority.
    public var sortOrder: Int64? { number("sort_order") }
    /// Its labels.
    public var labels: [String] { record.elements("labels") }
    /// The tickets that must be done first.
    public var blockedBy: [String] { record.elements("blocked_by") }
    /// The paths that it is expected to change.
    public var touches: [String] { record.elements("touches") }
    /// What must hold when it is done: id and text.
    public var acceptanceCriteria: [(id: String, text: String)] {
        (record.value("acceptance_criteria").array ?? []).compactMap { criterion in
            guard let id = criterion["id"]?.string, let text = criterion["text"]?.string else {
                return nil
            }
            return (id, text)
        }
    }
    /// fix or investigate.
    public var mode: String { optional("mode") ?? "fix" }
    /// What kind of work it is, such as code.
    public var taskType: String { optional("task_type") ?? "code" }
    /// Commands that validate this ticket besides the repository's.
    public var validation: [String] { texts("validation") }
    /// The commit that the work started from.
    public var baseCommit: String? { optional("base_commit") }
    /// The branch of the work.
    public var branch: String? { optional("branch") }
    /// How many revisions there were.
    public var revisionCount: Int64 { record.counters["revision_count"]?.integer ?? 0 }
    /// The number of the last claim.
    public var fence: Int64 { record.fence }
    /// The replica that holds the ticket.
    public var holder: String? { record.value("lease")["holder"]?.string }
    /// The commit that it landed as last.
    public var landedCommit: String? { shown["landed"]?["commit"]?.string }
}

/// One run of one kind.
public struct Job: RecordView {
    /// A job.
    public static let kind = RecordKind.job
    /// The record.
    public let record: Record
    /// Looks at a record.
    public init(_ record: Record) { self.record = record }

    /// The ticket that it does.
    public var ticketID: String? { optional("ticket_id") }
    /// The goal that it belongs to.
    public var goalID: String? { optional("goal_id") }
    /// What it is for.
    public var jobKind: JobKind { JobKind(text("kind")) }
    /// Where it stands.
    public var status: JobStatus { JobStatus(record.value("status")["status"]?.string ?? "") }
    /// Why it stands there.
    public var reason: String? { record.value("status")["reason"]?.string }
    /// What came of it.
    public var outcome: String? { record.value("status")["outcome"]?.string }
    /// When it ended.
    public var finishedAt: Timestamp? {
        record.value("status")["finished_at"]?.string.flatMap(Timestamp.init(_:))
    }
    /// When it began.
    public var startedAt: Timestamp? { time("started_at") }
    /// The replica that runs it.
    public var replica: String? { optional("replica") }
    /// The number of the claim that it runs under.
    public var fence: Int64 { number("fence") ?? 0 }
    /// The commit that the work starts from.
    public var baseCommit: String? { optional("base_commit") }
    /// The job whose work it goes on with.
    public var resumes: String? { optional("resumes") }
    /// What it is about to do.
    public var stage: String? { optional("stage") }
    /// How far it is: 0, 20, 30, 70, 85 or 100.
    public var progress: Int64 { number("progress") ?? 0 }
    /// The turns of the agent.
    public var iterations: [JSON] { record.value("iterations").array ?? [] }
    /// The name of the agent.
    public var agentName: String? { record.value("agent")["name"]?.string }

    /// The agent that it was meant for, if that one is not installed.
    public var insteadOf: String? { record.value("invocation")["instead_of"]?.string }
    /// What it ran under.
    public var sandbox: String? { optional("sandbox") }
    /// The iterations, full runs and milliseconds that are used up.
    public var counters: (iterations: Int64, fullRuns: Int64, runtime: Int64) {
        let counters = record.value("counters")
        return (
            counters["iterations"]?.integer ?? 0, counters["full_runs"]?.integer ?? 0,
            counters["runtime"]?.integer ?? 0
        )
    }
    /// What changed of the user's while it ran, and whether that speaks against its result.
    public var changes: [(text: String, isGrave: Bool)] {
        (record.value("machine_summary")["changes"]?.array ?? []).compactMap { change in
            guard let name = change["name"]?.string, let what = change["what"]?.string else {
                return nil
            }
            return ("\(name) was \(what)", change["quarantined"]?.bool ?? false)
        }
    }
    /// Who started it.
    public var invoker: String? { record.value("invocation")["invoker"]?.string }
}

/// A numbered result, offered for review.
public struct Revision: RecordView {
    /// A revision.
    public static let kind = RecordKind.revision
    /// The record.
    public let record: Record
    /// Looks at a record.
    public init(_ record: Record) { self.record = record }

    /// The ticket that it is a result of.
    public var ticketID: String { text("ticket_id") }
    /// The job that made it.
    public var jobID: String? { optional("job_id") }
    /// Its number within the ticket, from 1.
    public var number: Int64 { record.value("number").integer ?? 0 }
    /// Where it stands.
    public var status: RevisionStatus { RevisionStatus(text("status")) }
    /// The commit that the work started from.
    public var baseCommit: String { text("base_commit") }
    /// The commit that is offered.
    public var headCommit: String { text("head_commit") }
    /// The tree of the commit.
    public var tree: String { text("tree") }
    /// What an investigation found, instead of a change.
    public var findings: String? { optional("findings") }

    /// What changed of the user's while the job ran, such as `config was changed`.
    ///
    /// Where there is any, nothing but a person who knows of it approves the revision.
    public var changes: [String] {
        (record.value("changes").array ?? []).compactMap { change in
            guard let name = change["name"]?.string, let what = change["what"]?.string else {
                return nil
            }
            return "\(name) was \(what)"
        }
    }
}

/// A decision about a revision.
public struct Review: RecordView {
    /// A review.
    public static let kind = RecordKind.review
    /// The record.
    public let record: Record
    /// Looks at a record.
    public init(_ record: Record) { self.record = record }

    /// The revision that it is about.
    public var revisionID: String { text("revision_id") }
    /// approved or changes_requested.
    public var decision: String { text("decision") }
    /// The words of the reviewer.
    public var body: String { text("body") }
    /// The commit that was reviewed.
    public var headCommit: String { text("head_commit") }
    /// The digest of the policy that was in force.
    public var policyHash: String { text("policy_hash") }
    /// Who reviewed it.
    public var author: String { text("author") }
    /// Whether the reviewer knew what had changed while the job ran.
    public var isDespiteChanges: Bool { record.value("despite_changes").bool ?? false }
}

/// A remark on a revision or a ticket.
public struct ReviewComment: RecordView {
    /// A comment.
    public static let kind = RecordKind.comment
    /// The record.
    public let record: Record
    /// Looks at a record.
    public init(_ record: Record) { self.record = record }

    /// The revision that it is about.
    public var revisionID: String? { optional("revision_id") }
    /// The ticket that it is about.
    public var ticketID: String? { optional("ticket_id") }
    /// The file that it is about.
    public var filePath: String? { optional("file_path") }
    /// The line that it is about, from 1.
    public var lineNumber: Int64? { number("line_number") }
    /// What it says.
    public var content: String { text("content") }
    /// Who made it.
    public var author: String { text("author") }
    /// Whether it is settled.
    public var isResolved: Bool { record.value("is_resolved").bool ?? false }
}

/// A structured request for a person's answer.
public struct Question: RecordView {
    /// A question.
    public static let kind = RecordKind.question
    /// The record.
    public let record: Record
    /// Looks at a record.
    public init(_ record: Record) { self.record = record }

    /// The job that waits.
    public var jobID: String? { optional("job_id") }
    /// The ticket that it is about.
    public var ticketID: String? { optional("ticket_id") }
    /// Where it stands.
    public var status: QuestionStatus {
        QuestionStatus(record.value("status")["status"]?.string ?? "")
    }
    /// What is asked.
    public var text: String { text("text") }
    /// The answers to choose from.
    public var choices: [String] { texts("choices") }
    /// Whether any other answer is welcome.
    public var isFreeform: Bool { record.value("freeform").bool ?? true }
    /// The answer: choice, text, by, source, at.
    public var answer: JSON { record.value("status")["answer"] ?? .null }
}
