internal import GitStore
internal import Model

/// What set-up left of the files of dependencies, which is nobody else's doing.
extension Attempt {
    /// The member of a job's summary that lists them.
    private static let summary = "setup_dependencies"

    /// How many files a job's record lists at the most; one with more of them is blocked for that.
    private static let most = 1000

    /// Writes down what set-up has just left, for whoever goes on with the work.
    ///
    /// Called only when set-up ran on the base, and no agent had a say in what it does.
    func keepSetup() throws {
        let known = dependenciesOfSetup
        for (path, digest) in try workspace.digests(where: limits.guardrails.isFixedDependency) {
            dependenciesOfSetup[path, default: []].insert(digest)
        }
        let listed = dependenciesOfSetup.sorted {
            $0.key.utf8.lexicographicallyPrecedes($1.key.utf8)
        }
        .flatMap { path, digests in
            digests.sorted().map { ["path": .string(path), "sha256": .string($0)] as JSON }
        }
        guard dependenciesOfSetup != known, listed.count <= Self.most else { return }
        try recorder.note(
            .jobCommandExecuted, payload: ["tier": .string(Verdict.Tier.setup)],
            summary: [Self.summary: .array(listed)])
    }

    /// Takes up what set-up left for the jobs of this ticket that began at the same base.
    func recallSetup() throws {
        let jobs = try context.board.snapshot().list(Job.self).filter {
            $0.ticketID == ticket.id && $0.baseCommit == "\(base)"
        }
        for file in jobs.flatMap({ $0.record.value("machine_summary")[Self.summary]?.array ?? [] })
        {
            guard let path = file["path"]?.string, let digest = file["sha256"]?.string else {
                continue
            }
            dependenciesOfSetup[path, default: []].insert(digest)
        }
    }

    /// Whether a file is as set-up left it.
    func isOfSetup(_ path: String, in tree: ObjectID) throws -> Bool {
        guard let left = dependenciesOfSetup[path],
            let entry = try context.repository.entry(at: path, in: tree),
            // What an agent made of it may be larger than anybody wants to read.
            let content = try? context.repository.readBlob(entry.id, limit: 64 << 20)
        else { return false }
        return left.contains(SHA256.hex(content))
    }
}
