import Foundation
import Model
import Testing

/// Stored forms of the first schema; whatever comes later must read them.
@Suite struct GoldenTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Golden")

    private static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: "\(path).json")))
    }

    private static func record(_ kind: RecordKind) throws -> Record {
        try Record(
            kind: kind, id: nil, stored: JSON(parsing: bytes("records/\(kind.rawValue)")))
    }

    /// What every record holds.
    private static let common = ["schema", "id", "_stamp", "_stamps", "_heads", "deleted"]

    /// The fields of every record, as the format lists them.
    private static let fields: [(kind: RecordKind, fields: String)] = [
        (
            .board,
            """
            merge min_reader min_writer expired inbox_goal_id claim_remote name aliases \
            description base_branch created_at updated_at
            """
        ),
        (
            .goal,
            """
            title description status priority labels autonomy_enabled auto_approve_tickets \
            auto_approve_revisions auto_approve_followups auto_merge max_auto_approvals \
            auto_approval_count budget created_by created_at updated_at
            """
        ),
        (
            .ticket,
            """
            goal_id title description state priority sort_order labels blocked_by \
            acceptance_criteria mode task_type validation touches base_commit branch \
            revision_count fence holder nonce decided reason job_id landed pr source parent_id \
            created_by created_at updated_at
            """
        ),
        (
            .job,
            """
            ticket_id goal_id kind mode status reason outcome url agent backend sandbox fence \
            replica base_commit resumes progress stage iterations counters limits agent_session \
            exit_code had_errors errors machine_summary findings log_tail usage instructions \
            invocation created_at started_at finished_at
            """
        ),
        (
            .revision,
            """
            ticket_id job_id number status base_commit head_commit tree files insertions \
            deletions findings verdicts created_at
            """
        ),
        (.review, "revision_id decision body head_commit policy_hash author created_at"),
        (
            .comment,
            """
            revision_id ticket_id file_path line_number anchor line_content content author \
            is_resolved created_at
            """
        ),
        (
            .question,
            """
            job_id ticket_id status text choices freeform context asked_by expires_at answer \
            created_at
            """
        ),
        (.reflection, "ticket_id goal_id text areas created_at"),
        (.project, "name task_type domain_config created_at"),
        (.outbox, "key kind target payload status attempts created_at"),
    ]

    @Test func `every field of the format is in a new record and in its example`() throws {
        #expect(Self.fields.map(\.kind) == RecordKind.allCases)
        for (kind, text) in Self.fields {
            let names = Set(text.split(separator: " ").map(String.init) + Self.common)
            let event = Event(
                type: .ticketCreated, subjectKind: kind, subjectID: "x", writes: kind.blank,
                actor: .system, lamport: 1, replica: "r", n: 0,
                createdAt: Timestamp(milliseconds: 0))
            let new = try Record.applying(
                event, kind: kind, to: nil, counters: kind.blankCounters)
            #expect(Set(new.stored.object?.keys ?? []) == names, "\(kind)")
            let shown = names.filter { !$0.hasPrefix("_") }
            #expect(Set(new.shown.object?.keys ?? []) == shown, "\(kind)")
            let example = Set(try Self.record(kind).stored.object?.keys ?? [])
            #expect(example.subtracting(["x_review_hint"]) == names, "\(kind)")
        }
    }

    @Test(arguments: RecordKind.allCases)
    func `a record is written as it was read`(kind: RecordKind) throws {
        let bytes = try Self.bytes("records/\(kind.rawValue)")
        let record = try Record(kind: kind, id: nil, stored: JSON(parsing: bytes))
        #expect(record.stored.canonical == bytes)
        #expect(!record.isHidden && !record.heads.isEmpty)
        let joined = Record.join(
            record, record, leftKnows: { _ in true }, rightKnows: { _ in true })
        #expect(joined == record)
    }

    @Test(arguments: EventType.allCases)
    func `an event is written as it was read`(type: EventType) throws {
        let bytes = try Self.bytes("events/\(type.rawValue)")
        let event = try Event(stored: JSON(parsing: bytes))
        #expect(event.type == type.rawValue)
        #expect(event.stored.canonical == bytes)
    }

    @Test func `there is an example of every event, and of nothing else`() throws {
        for (folder, names) in [
            ("records", RecordKind.allCases.map(\.rawValue)),
            ("events", EventType.allCases.map(\.rawValue)),
        ] {
            let path = Self.folder.appending(path: folder).path
            let files = try FileManager.default.contentsOfDirectory(atPath: path)
            #expect(Set(files) == Set(names.map { $0 + ".json" }))
        }
        let event = try JSON(parsing: Self.bytes("events/job.created"))
        let fields = """
            schema id type subject_kind subject_id goal_id ticket_id job_id from_state to_state \
            writes prev actor_type actor_id on_behalf_of reason fence payload lamport replica n \
            created_at
            """
        #expect(Set(event.object?.keys ?? []) == Set(fields.split(separator: " ").map(String.init)))
    }

    @Test func `an edit keeps what it does not know`() throws {
        let before = try Self.record(.ticket)
        let hint = before.value("x_review_hint")
        #expect(hint["score"] == .number("12345678901234567890"))
        let event = Event(
            type: .ticketEdited, subjectKind: .ticket, subjectID: before.id,
            writes: ["title": "Fix the lexer"], prev: before.heads, actor: .system, fence: 2,
            lamport: 50, replica: "r", n: 0, createdAt: Timestamp(milliseconds: 0))
        let after = try Record.applying(event, kind: .ticket, to: before)
        let again = try Record(
            kind: .ticket, id: after.id, stored: JSON(parsing: after.stored.canonical))
        #expect(again == after)
        #expect(again.value("x_review_hint") == hint)
        #expect(again.stamp("x_review_hint") == before.stamp("x_review_hint"))
        #expect(again.value("title") == "Fix the lexer" && again.heads == [event.id])
    }

    @Test func `a counter is the greater one, whoever joins`() throws {
        let record = try Self.record(.goal)
        guard case .object(let members) = record.stored else { return }
        let values: [JSON] = [
            nil, 1, 2, -5, "2026-03-02T09:01:00.000Z", "2027", true, [1], .number("1.5"),
        ]
        func with(_ value: JSON) throws -> Record {
            var members = members
            members["auto_approval_count"] = value
            return try Record(kind: .goal, id: nil, stored: .object(members))
        }
        func join(_ left: Record, _ right: Record) -> Record {
            Record.join(left, right, leftKnows: { _ in true }, rightKnows: { _ in true })
        }
        for left in values {
            for right in values {
                let (one, two) = (try with(left), try with(right))
                #expect(join(one, two) == join(two, one))
                for third in values {
                    let three = try with(third)
                    #expect(join(join(one, two), three) == join(one, join(two, three)))
                }
            }
        }
        #expect(try join(with(3), with(2)).stored["auto_approval_count"] == 3)
    }

    @Test func `what a newer version wrote is refused, and said so`() throws {
        for kind in RecordKind.allCases {
            let text = String(decoding: try Self.bytes("records/\(kind.rawValue)"), as: UTF8.self)
            let newer = text.replacing("\"schema\": 1", with: "\"schema\": 2")
            let error = #expect(throws: RecordError.self) {
                try Record(kind: kind, id: nil, stored: JSON(parsing: newer))
            }
            #expect(error?.isNewer == true && error?.description.contains("schema 2") == true)
        }
        let text = String(decoding: try Self.bytes("events/land.done"), as: UTF8.self)
        let error = #expect(throws: RecordError.self) {
            try Event(
                stored: JSON(parsing: text.replacing("\"schema\": 1", with: "\"schema\": 2")))
        }
        #expect(error?.isNewer == true)
    }

    @Test func `a group that would not come back is refused`() throws {
        let before = try Self.record(.ticket)
        let names = [
            "_stamp", "_x", "schema", "id", "updated_at", "revision_count", "state", "reason",
            "fence", "holder", "labels", "landed",
        ]
        for name in names {
            let event = Event(
                type: .ticketEdited, subjectKind: .ticket, subjectID: before.id,
                writes: [name: "x"], prev: before.heads, actor: .system, lamport: 50,
                replica: "r", n: 0, createdAt: Timestamp(milliseconds: 0))
            #expect(throws: ChangeError.self, "\(name)") {
                try Record.applying(event, kind: .ticket, to: before)
            }
        }
    }

    @Test func `the fence after the last one is an error`() throws {
        guard case .object(var members) = try Self.record(.ticket).stored else { return }
        members["fence"] = .integer(.max)
        let before = try Record(kind: .ticket, id: nil, stored: .object(members))
        let lease: JSON = ["fence": .integer(.min), "holder": "x", "nonce": "x", "decided": nil]
        let event = Event(
            type: .leaseTaken, subjectKind: .ticket, subjectID: before.id,
            writes: ["lease": lease], prev: before.heads, actor: .system, lamport: 50,
            replica: "r", n: 0, createdAt: Timestamp(milliseconds: 0))
        #expect(throws: ChangeError.self) {
            try Record.applying(event, kind: .ticket, to: before)
        }
    }

    @Test func `a malformed record is an error, never a trap`() throws {
        var random = SeededGenerator(seed: 11)
        let values: [JSON] = [nil, true, 0, -1, .integer(.max), "x", [], [1], [:], .number("1e9")]
        for kind in RecordKind.allCases {
            let stored = try JSON(parsing: Self.bytes("records/\(kind.rawValue)"))
            for _ in 0..<60 {
                let damaged = Self.damage(stored, values, using: &random)
                guard let record = try? Record(kind: kind, id: nil, stored: damaged) else {
                    continue
                }
                _ = (record.shown, record.isHidden, record.fence, record.statusAsRead)
                let again = record.stored
                #expect(try JSON(parsing: again.canonical) == again)
                _ = Record.join(
                    record, record, leftKnows: { _ in true }, rightKnows: { _ in true })
            }
        }
        for type in EventType.allCases {
            let stored = try JSON(parsing: Self.bytes("events/\(type.rawValue)"))
            for _ in 0..<20 {
                let damaged = Self.damage(stored, values, using: &random)
                if let event = try? Event(stored: damaged) { _ = (event.stored, event.path) }
            }
        }
        #expect(throws: RecordError.self) {
            guard case .object(var members) = try Self.record(.ticket).stored else { return }
            members["_stamps"] = ["title": [0, 1]]
            _ = try Record(kind: .ticket, id: nil, stored: .object(members))
        }
    }

    /// The same value with something inside replaced or removed.
    private static func damage(
        _ value: JSON, _ values: [JSON], using random: inout SeededGenerator
    ) -> JSON {
        let other = values.randomElement(using: &random) ?? nil
        switch value {
        case .object(var members) where !members.isEmpty:
            let key = members.keys.randomElement(using: &random) ?? ""
            switch Int.random(in: 0..<4, using: &random) {
            case 0: members[key] = nil
            case 1: members[key] = .some(other)
            default: members[key] = damage(members[key] ?? nil, values, using: &random)
            }
            return .object(members)
        case .array(var elements) where !elements.isEmpty:
            let index = Int.random(in: 0..<elements.count, using: &random)
            if Bool.random(using: &random) {
                elements.remove(at: index)
            } else {
                elements[index] = damage(elements[index], values, using: &random)
            }
            return .array(elements)
        default: return other
        }
    }
}
