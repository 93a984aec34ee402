public import GitStore
public import Model

/// Judges a tree in a fresh checkout of its own: the baseline, and what is to land.
public struct TreeValidation: Sendable {
    /// Makes a fresh checkout of a commit for a job, lends its directory, and removes it.
    public typealias Checkout =
        @Sendable (
            _ commit: ObjectID, _ job: String, _ body: (_ directory: String) throws -> [Verdict]
        ) throws -> [Verdict]

    /// Makes what runs the commands for a job, with a time limit that begins then.
    public typealias Runners =
        @Sendable (_ job: String, _ policy: Policy) throws -> ValidationRunner

    /// What is known of trees already.
    public let cache: VerdictCache

    /// Does what runs the commands, and looks at what it is not to touch.
    public var guarded: @Sendable (Policy, () throws -> [Verdict]) throws -> [Verdict] = {
        try $1()
    }

    /// Keeps as evidence of a job what the commands of one tree printed.
    public typealias Keep =
        @Sendable (_ job: String, _ log: [UInt8]) throws -> EvidenceReference?

    /// Keeps the proof of each judgement; without it there is none.
    public var keep: Keep?

    private let repository: Repository
    /// Makes what runs the commands.
    let runners: Runners
    private let checkout: Checkout

    /// Creates a judge that gets its runners and its checkouts from functions.
    public init(
        repository: Repository, runners: @escaping Runners, checkout: @escaping Checkout
    ) {
        self.repository = repository
        self.runners = runners
        cache = VerdictCache(repository: repository)
        self.checkout = checkout
    }

    /// The judgement of a tree.
    public struct Result: Hashable, Sendable {
        /// What the commands said: setup first, then the full tier.
        public let verdicts: [Verdict]

        /// Whether an earlier checkout of that very tree said it.
        public let isCached: Bool

        /// Where it can be seen, if anything was kept.
        public let proof: TreeProof?

        /// The end of what the commands printed; empty if they did not run now.
        public let log: String

        /// Whether every required command passed, and at least one that is no setup.
        public var isGreen: Bool { verdicts.isGreen }
    }

    /// Runs setup and the full tier, or the fast one if there is no full, on a commit.
    ///
    /// What passed in a fresh checkout of the same tree, under the same policy and in
    /// the same kind of sandbox, is not run again, as long as the proof of it is there. A
    /// failure is: the machine may have been the reason.
    ///
    /// - Parameters:
    ///   - commit: The commit; some reference must keep it.
    ///   - policy: What is in force.
    ///   - extra: Further commands of the full tier, as of a ticket.
    ///   - job: The job that it is done for.
    ///   - isBase: Whether it is the base commit, whose set-up may fetch packages.
    ///   - onOutput: Gets what a command prints, see ``ValidationRunner``.
    /// - Returns: The judgement.
    /// - Throws: What the checkout or the runner throws; a red tree is no error.
    public func validate(
        _ commit: ObjectID, policy: Policy, extra: [ValidationCommand] = [], job: String,
        isBase: Bool = false,
        onOutput: (String, [UInt8]) throws -> Void = { _, _ in }
    ) throws -> Result {
        let tier = Tier(policy: policy, extra: extra)
        let tree = try repository.readCommit(commit).tree
        let keys = try keys(tree, policy, tier, job: job, isBase: isBase)
        let known = keys.lazy.compactMap { cache.known(for: $0) }
        if let green = known.first(where: { $0.verdicts.isGreen && isProven($0.proof) }) {
            return Result(verdicts: green.verdicts, isCached: true, proof: green.proof, log: "")
        }
        var log = TreeLog(tree: tree, policy: policy)
        let verdicts = try checkout(commit, job) { directory in
            var runner = try runners(job, policy)
            runner.isAtBase = isBase
            return try guarded(policy) {
                let setup = try runner.run(
                    policy.setup, tier: Verdict.Tier.setup, in: directory
                ) { name, bytes in
                    log.append(bytes)
                    try onOutput(name, bytes)
                }
                guard setup.failures.isEmpty else { return setup }
                return setup
                    + (try runner.run(tier.commands, tier: tier.name, in: directory) {
                        name, bytes in
                        log.append(bytes)
                        try onOutput(name, bytes)
                    })
            }
        }
        log.end(verdicts)
        let proof = try keep?(job, log.bytes).map { TreeProof(job: job, evidence: $0) }
        if let key = keys.first { try cache.keep(verdicts, for: key, proof: proof) }
        return Result(verdicts: verdicts, isCached: false, proof: proof, log: log.tail)
    }

    /// Whether what shows an earlier judgement is still there, where such things are kept.
    private func isProven(_ proof: TreeProof?) -> Bool {
        guard keep != nil else { return true }
        return proof.map { repository.contains($0.evidence.blob) } ?? false
    }

    /// Under what the verdicts on a tree are kept, and under what others hold for it as well.
    ///
    /// A base whose set-up got by without the registries is as good as one that had them; a tree
    /// that is to land, and passes only with them, was not judged as landings are.
    private func keys(
        _ tree: ObjectID, _ policy: Policy, _ tier: Tier, job: String, isBase: Bool
    ) throws -> [VerdictCache.Key] {
        let sandbox = try runners(job, policy).sandbox
        let isWider = isBase && sandbox.kind.isApart && !policy.setup.isEmpty
        return (isWider ? [true, false] : [false]).map { reachesRegistries in
            VerdictCache.Key(
                tree: tree, policyHash: policy.policyHash, commands: policy.setup + tier.commands,
                surroundings: VerdictSurroundings(
                    sandbox, policy.sandbox, reachesRegistries: reachesRegistries))
        }
    }

    /// Whether a policy names any command that can judge a tree.
    public static func canJudge(policy: Policy, extra: [ValidationCommand] = []) -> Bool {
        !Tier(policy: policy, extra: extra).commands.isEmpty
    }

    /// Whether a fresh checkout of a base commit is known to be green under a policy.
    ///
    /// - Throws: What finds out which sandbox there is.
    public func isKnownGreen(_ base: ObjectID, policy: Policy) throws -> Bool {
        let tier = Tier(policy: policy, extra: [])
        let tree = try repository.readCommit(base).tree
        let keys = try keys(tree, policy, tier, job: "", isBase: true)
        return keys.contains { cache.verdicts(for: $0)?.isGreen ?? false }
    }

    private struct Tier {
        let name: String
        let commands: [ValidationCommand]

        init(policy: Policy, extra: [ValidationCommand]) {
            let full = policy.validation.full
            name = full.isEmpty && extra.isEmpty ? Verdict.Tier.fast : Verdict.Tier.full
            commands = (full.isEmpty ? policy.validation.fast : full) + extra
        }
    }
}

/// What the commands printed that judged a tree, with a line of ours for each.
private struct TreeLog {
    private(set) var bytes: [UInt8]

    /// The most bytes that are kept.
    private static let limit = 4 << 20

    init(tree: ObjectID, policy: Policy) {
        bytes = Array("== tree \(tree), policy \(policy.policyHash)\n".utf8)
    }

    mutating func append(_ more: [UInt8]) {
        bytes += more.prefix(max(0, Self.limit - bytes.count))
    }

    mutating func end(_ verdicts: [Verdict]) {
        if bytes.last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
        for verdict in verdicts {
            let word = verdict.passed ? "passed" : "failed"
            bytes += Array("== \(verdict.name): \(word) in \(verdict.duration) ms\n".utf8)
        }
    }

    /// The end, as much of it as a record holds.
    var tail: String { Verdict.tail(of: Text.decode(bytes), limit: Verdict.outputLimit) }
}
