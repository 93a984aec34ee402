internal import GitStore
internal import Model

/// The running jobs of this replica, as `refs/draft/leases/<replica>` lists them.
///
/// Written before a job claims its ticket, so that whatever dies afterwards is found by
/// reading one blob.
struct Leases {
    let board: Board

    /// One running job.
    struct Entry: Hashable {
        /// The job.
        let job: String
        /// The ticket that it does, empty if none.
        let ticket: String
    }

    private func reference(_ replica: String) -> String { "refs/draft/leases/\(replica)" }

    /// The jobs that are listed as running.
    func entries() throws -> [Entry] {
        guard let replica = try board.replicaIfAny(),
            let tip = try board.repository.target(of: reference(replica))
        else { return [] }
        return try entries(at: tip)
    }

    private func entries(at commit: ObjectID) throws -> [Entry] {
        let tree = try board.repository.readCommit(commit).tree
        guard let blob = try board.repository.entry(at: "lease.json", in: tree)?.id else {
            return []
        }
        let bytes = try board.repository.readBlob(blob, limit: JSON.maximumRecordSize)
        return try (JSON(parsing: bytes)["jobs"]?.array ?? []).compactMap { entry in
            guard let job = entry["job_id"]?.string else { return nil }
            return Entry(job: job, ticket: entry["ticket_id"]?.string ?? "")
        }
    }

    /// Lists a job as running.
    func add(_ entry: Entry) throws {
        try change { $0.contains(entry) ? $0 : $0 + [entry] }
    }

    /// Lists a job as running no more.
    func remove(job: String) throws {
        try change { entries in entries.filter { $0.job != job } }
    }

    /// Replaces the list: no history, so that heartbeats never swell the repository.
    private func change(_ edit: ([Entry]) -> [Entry]) throws {
        try board.exclusively { replica in
            let name = reference(replica)
            let repository = board.repository
            let old = try repository.target(of: name)
            let before = try old.map { try entries(at: $0) } ?? []
            let after = edit(before)
            guard after != before || old == nil else { return }
            let now = board.context.now()
            let json: JSON = [
                "schema": 1, "replica": .string(replica), "renewed_at": JSON(now),
                "jobs": .array(
                    after.map { ["job_id": .string($0.job), "ticket_id": .string($0.ticket)] }),
            ]
            let journal = WriteJournal()
            let blob = try repository.write(blob: json.canonical, journal: journal)
            let tree = try repository.updating(
                tree: nil, with: [("lease.json", blob)], journal: journal)
            let signature = Signature(
                name: "git-draft", email: "git-draft@localhost",
                seconds: now.milliseconds / 1000)
            let commit = try repository.writeCommit(
                tree: tree, parents: [], author: signature, committer: signature,
                message: "leases of \(replica)", journal: journal)
            try repository.move(name, to: commit, from: old, reflog: "lease")
            try repository.acknowledge(journal)
        }
    }
}
