/// One append-only audit record: who did what to which record, when, and why.
public struct Event: Sendable, Equatable {
    /// What it reports, as text: a newer version may know more than we do.
    public var type: String

    /// What kind of record it is about.
    public var subjectKind: RecordKind

    /// The record that it is about.
    public var subjectID: String

    /// The goal that it belongs to.
    public var goalID: String?

    /// The ticket that it belongs to.
    public var ticketID: String?

    /// The job that it belongs to.
    public var jobID: String?

    /// The state before and after, if the event changes it.
    public var fromState: String?, toState: String?

    /// Every group that it writes, with the value.
    public var writes: JSONObject

    /// All heads of the subject in the parent's state.
    public var prev: [String]

    /// What acted.
    public var actorType: ActorType

    /// Who acted.
    public var actorID: String

    /// The person for whom it was done.
    public var onBehalfOf: String?

    /// Why.
    public var reason: String?

    /// The ticket's fence as the writer saw it, in a claim the next.
    public var fence: Int64

    /// Whatever else is worth keeping, at most 10 KB.
    public var payload: JSON

    /// The Lamport time of the transaction.
    public var lamport: Int64

    /// The replica that made the transaction.
    public var replica: String

    /// The index within the transaction.
    public var n: Int64

    /// When it was made, by the writer's clock: for people only.
    public var createdAt: Timestamp

    /// Creates an event.
    public init(
        type: EventType, subjectKind: RecordKind, subjectID: String, writes: JSONObject = [:],
        prev: [String] = [], actor: Actor, fence: Int64 = 0, lamport: Int64, replica: String,
        n: Int64, createdAt: Timestamp
    ) {
        self.type = type.rawValue
        self.subjectKind = subjectKind
        self.subjectID = subjectID
        self.writes = writes
        self.prev = prev
        actorType = actor.type
        actorID = actor.id
        onBehalfOf = actor.onBehalfOf
        self.fence = fence
        payload = .object([:])
        self.lamport = lamport
        self.replica = replica
        self.n = n
        self.createdAt = createdAt
    }
}

extension Event {
    /// The largest payload, in bytes of canonical JSON.
    public static let maximumPayload = 10_240

    /// The largest value that is kept in `writes`; longer ones are named by their digest.
    public static let maximumWrite = 4096

    /// The name of the event, which is its file's name without the extension.
    public var id: String { "\(subjectID)-\(lamport)-\(replica)-\(n)" }

    /// The path of the event in the board's tree.
    public var path: String { "\(Self.folder(lamport: lamport))/\(id).json" }

    /// The folder that holds the events of a Lamport time, at most 256 times each.
    public static func folder(lamport: Int64) -> String {
        "audit/\(hexadecimal(lamport >> 16, digits: 4))/\(hexadecimal(lamport >> 8 & 255, digits: 2))"
    }

    private static func hexadecimal(_ number: Int64, digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// The stored form.
    ///
    /// A value longer than ``maximumWrite`` is in the record; here stands its digest.
    public var stored: JSON {
        let writes = self.writes.map { name, value -> (String, JSON) in
            let bytes = value.canonical
            guard bytes.count > Self.maximumWrite else { return (name, value) }
            return (name, ["sha256": .string(SHA256.hex(bytes)), "truncated": true])
        }
        return [
            "schema": .integer(RecordFormat.schema), "id": .string(id), "type": .string(type),
            "subject_kind": .string(subjectKind.rawValue), "subject_id": .string(subjectID),
            "goal_id": JSON(goalID), "ticket_id": JSON(ticketID), "job_id": JSON(jobID),
            "from_state": JSON(fromState), "to_state": JSON(toState),
            "writes": .object(JSONObject(writes)), "prev": JSON(prev),
            "actor_type": .string(actorType.word), "actor_id": .string(actorID),
            "on_behalf_of": JSON(onBehalfOf), "reason": JSON(reason), "fence": .integer(fence),
            "payload": payload, "lamport": .integer(lamport), "replica": .string(replica),
            "n": .integer(n), "created_at": JSON(createdAt),
        ]
    }

    /// Reads the stored form.
    ///
    /// - Throws: ``RecordError`` if it is none.
    public init(stored: JSON) throws(RecordError) {
        guard let schema = stored["schema"]?.integer, let id = stored["id"]?.string else {
            throw RecordError("an audit record is no event")
        }
        guard schema <= RecordFormat.schema else {
            throw RecordError(
                "event '\(id)' has schema \(schema); this version of git-draft knows up to "
                    + "\(RecordFormat.schema)", isNewer: true)
        }
        guard let type = stored["type"]?.string,
            let kind = stored["subject_kind"]?.string.flatMap(RecordKind.init),
            let subject = stored["subject_id"]?.string, let writes = stored["writes"]?.object,
            let actor = stored["actor_type"]?.string.map(ActorType.init(_:)),
            let actorID = stored["actor_id"]?.string, let lamport = stored["lamport"]?.integer,
            let replica = stored["replica"]?.string, let n = stored["n"]?.integer,
            let time = stored["created_at"]?.string.flatMap(Timestamp.init(_:))
        else { throw RecordError("event '\(id)' is malformed") }
        self.type = type
        (subjectKind, subjectID, self.writes) = (kind, subject, writes)
        (actorType, self.actorID, onBehalfOf) = (actor, actorID, stored["on_behalf_of"]?.string)
        (self.lamport, self.replica, self.n, createdAt) = (lamport, replica, n, time)
        goalID = stored["goal_id"]?.string
        ticketID = stored["ticket_id"]?.string
        jobID = stored["job_id"]?.string
        fromState = stored["from_state"]?.string
        toState = stored["to_state"]?.string
        prev = (stored["prev"]?.array ?? []).compactMap(\.string)
        reason = stored["reason"]?.string
        fence = stored["fence"]?.integer ?? 0
        payload = stored["payload"] ?? .object([:])
        guard id == self.id else { throw RecordError("event '\(id)' is misnamed") }
    }
}
