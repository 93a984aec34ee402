public import Model

/// Where a piece of evidence is kept.
public struct EvidenceReference: Hashable, Sendable {
    /// The month of the job, as `yyyy-mm`.
    public let month: String
    /// The path in the month's tree.
    public let path: String
    /// The blob.
    public let blob: ObjectID

    /// Creates a reference.
    public init(month: String, path: String, blob: ObjectID) {
        self.month = month
        self.path = path
        self.blob = blob
    }

    /// Reads what a record holds.
    public init?(_ json: JSON) {
        guard let month = json["month"]?.string, let path = json["path"]?.string,
            let blob = json["blob"]?.string.flatMap({ ObjectID(hex: $0) })
        else { return nil }
        self.init(month: month, path: path, blob: blob)
    }

    /// The form in which a record names it.
    public var json: JSON {
        ["month": .string(month), "path": .string(path), "blob": .string("\(blob)")]
    }
}

/// One piece of evidence to be kept.
public struct EvidenceFile: Sendable {
    /// What it is.
    public let kind: Kind
    /// Its bytes; secrets are taken out before they are stored.
    public let contents: [UInt8]
    /// The ending of the file's name.
    let ending: String

    /// Creates a piece.
    ///
    /// - Parameters:
    ///   - kind: What it is.
    ///   - contents: Its bytes.
    ///   - isLines: Whether it is JSON Lines, although pieces of its kind need not be.
    public init(_ kind: Kind, _ contents: some Sequence<UInt8>, isLines: Bool = false) {
        self.kind = kind
        self.contents = Array(contents)
        ending = isLines ? "jsonl" : kind.ending
    }

    /// What a piece of evidence is.
    public enum Kind: String, CaseIterable, Sendable {
        /// What an agent was asked to do.
        case workOrder = "work-order"
        /// What an agent printed.
        case agentRaw = "agent-raw"
        /// What an agent did, in our own words.
        case agentLog = "agent-log"
        /// What a tier of validation printed.
        case validation
        /// How much a result changes.
        case diffStat = "diff-stat"
        /// What a result changes.
        case diffPatch = "diff-patch"
        /// What the set-up commands printed.
        case setup
        /// What an agent found out.
        case findings
        /// Whom programs wanted to talk to, and what became of it.
        case network
        /// Anything else about the job.
        case meta

        /// The ending of the file's name.
        var ending: String {
            switch self {
            case .workOrder, .meta: "json"
            case .agentLog, .network: "jsonl"
            case .diffPatch: "patch"
            case .agentRaw, .validation, .diffStat, .setup, .findings: "log"
            }
        }
    }
}

/// Logs and artifacts of jobs, one reference a month.
extension Board {
    /// The largest part of a piece of evidence, in bytes: 1 MiB.
    public static let evidencePart = 1 << 20

    /// The most evidence of one job, in bytes: 64 MiB.
    public static let evidenceLimit = 64 << 20

    /// The reference of a month's evidence.
    public static func evidenceReference(_ month: String) -> String {
        "refs/draft/evidence/\(month)"
    }

    /// Keeps pieces of evidence of a job, before the commit that names them.
    ///
    /// - Parameters:
    ///   - files: What to keep.
    ///   - job: The job.
    ///   - month: The month in which the job was made.
    /// - Returns: Where each piece is kept, the first part of those that have several.
    /// - Throws: ``GitError`` if it could not be stored.
    @discardableResult
    public func keep(
        _ files: [EvidenceFile], of job: String, month: String
    ) throws -> [EvidenceReference] {
        guard !files.isEmpty else { return [] }
        return try locked { try store(files, of: job, month: month) }
    }

    /// Keeps the payloads that do not fit into their events; the caller holds the lock.
    func keepPayloads(of transaction: Transaction) throws {
        for (place, job, payload) in try transaction.oversized {
            guard let month = job.createdAt?.month else { continue }
            let file = EvidenceFile(.meta, JSON.object(payload).canonical)
            let kept = try store([file], of: job.id, month: month)
            if let whole = kept.first { transaction.keeps(whole, for: place) }
        }
    }

    private func store(
        _ files: [EvidenceFile], of job: String, month: String
    ) throws -> [EvidenceReference] {
        let reference = Self.evidenceReference(month)
        let tip = try repository.target(of: reference)
        let old = try tip.map { try repository.readCommit($0).tree }
        let journal = WriteJournal()
        var shelf = try EvidenceShelf(of: job, month: month, tree: old, in: repository)
        var kept: [EvidenceReference] = []
        for file in files {
            let contents = context.redactor.redact(file.contents)
            kept.append(try shelf.add(file, contents, journal))
        }
        let tree = try repository.updating(tree: old, with: shelf.changes, journal: journal)
        let signature = Signature(.system, at: context.now())
        let message = "evidence of job \(job.prefix(6))"
        let commit = try repository.writeCommit(
            tree: tree, parents: tip.map { [$0] } ?? [], author: signature,
            committer: signature, message: message, journal: journal)
        try repository.move(reference, to: commit, from: tip, reflog: message)
        try repository.acknowledge(journal)
        return kept
    }

    /// Lists the evidence of a job, in the order in which it was kept.
    public func evidence(of job: String, month: String) throws -> [EvidenceReference] {
        guard let tip = try repository.target(of: Self.evidenceReference(month)) else { return [] }
        let tree = try repository.readCommit(tip).tree
        let folder = "\(job.suffix(2))/\(job)"
        guard let entry = try repository.entry(at: folder, in: tree) else { return [] }
        return try repository.tree(entry.id).map { file in
            EvidenceReference(month: month, path: "\(folder)/\(file.name)", blob: file.id)
        }
    }
}

/// The evidence of one job in the making.
private struct EvidenceShelf {
    let folder: String
    let month: String
    let repository: Repository
    var count: Int
    var size: Int
    var changes: [(path: String, blob: ObjectID?)] = []

    init(of job: String, month: String, tree: ObjectID?, in repository: Repository) throws {
        folder = "\(job.suffix(2))/\(job)"
        self.month = month
        self.repository = repository
        let folder = folder
        let entry = try tree.flatMap { try repository.entry(at: folder, in: $0) }
        let entries = try entry.map { try repository.tree($0.id) } ?? []
        count = entries.count
        // What is not here counts as a whole part.
        size = entries.reduce(0) { sum, file in
            sum + ((try? repository.size(of: file.id)) ?? Board.evidencePart)
        }
    }

    mutating func add(
        _ file: EvidenceFile, _ contents: [UInt8], _ journal: WriteJournal
    ) throws -> EvidenceReference {
        var rest = bounded(contents)[...]
        var first: EvidenceReference?
        repeat {
            let part = rest.prefix(Board.evidencePart)
            rest = rest.dropFirst(part.count)
            count += 1
            let number = String(repeating: "0", count: max(0, 3 - "\(count)".count)) + "\(count)"
            let path = "\(folder)/\(number)-\(file.kind.rawValue).\(file.ending)"
            let blob = try repository.write(blob: part, journal: journal)
            changes.append((path, blob))
            if first == nil {
                first = EvidenceReference(month: month, path: path, blob: blob)
            }
        } while !rest.isEmpty
        guard let first else { preconditionFailure("evidence has at least one part") }
        return first
    }

    /// The contents; beyond the limit of the job only head, tail and digest.
    private mutating func bounded(_ contents: [UInt8]) -> [UInt8] {
        guard size + contents.count > Board.evidenceLimit, contents.count > 131_072 else {
            size += contents.count
            return contents
        }
        let gap = "\n[… \(contents.count) bytes in all, SHA-256 \(SHA256.hex(contents)) …]\n"
        size += 131_072
        return contents.prefix(65536) + Array(gap.utf8) + contents.suffix(65536)
    }
}
