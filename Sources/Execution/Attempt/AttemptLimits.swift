internal import FoundationEssentials
internal import Model

/// What the controller counts, and when it says that enough is enough.
///
/// The agent cannot reach any of this: the counters live in the supervising process and in
/// the job's record.
struct AttemptLimits {
    let guardrails: Guardrails

    /// The agent's turns that ended in a snapshot.
    var iterations: Int

    /// The runs of the full tier.
    var fullRuns: Int

    /// The time that is used up by earlier runs of the job.
    let usedBefore: Duration

    private let start = ContinuousClock.now
    private var failures: [String: Int] = [:]
    private var seen: Set<String> = []
    private var reds: [(lines: Int, failures: Int)] = []

    /// Starts to count where an earlier run of the job ended.
    ///
    /// - Parameters:
    ///   - guardrails: The limits.
    ///   - counters: What is used up.
    ///   - turns: The turns so far, as the job's record holds them.
    init(
        _ guardrails: Guardrails, counters: (iterations: Int64, fullRuns: Int64, runtime: Int64),
        after turns: [JSON]
    ) {
        self.guardrails = guardrails
        iterations = Int(Self.count(counters.iterations))
        fullRuns = Int(Self.count(counters.fullRuns))
        usedBefore = .milliseconds(Self.count(counters.runtime))
        for turn in turns {
            guard let signature = turn["failure_signature"]?.string else { continue }
            failures[signature, default: 0] += 1
            if let tree = turn["tree"]?.string { seen.insert("\(tree) \(signature)") }
        }
    }

    /// What a record has counted; whoever wrote it, one can count on from there.
    static func count(_ number: Int64) -> Int64 { min(max(number, 0), 1_000_000_000_000) }

    /// When the job's time is up, set-up and validation included.
    var deadline: ContinuousClock.Instant {
        start + .seconds(guardrails.maxRuntimeSeconds) - usedBefore
    }

    /// What is said of a file that must stay as it is.
    static let dependencies =
        ": it lists dependencies, and 'guardrails.dependency_changes' is false"

    /// The milliseconds that are used up.
    var runtime: Int64 {
        let used = usedBefore + start.duration(to: .now)
        return used.components.seconds * 1000
            + used.components.attoseconds / 1_000_000_000_000_000
    }

    /// The counters as the job's record holds them.
    var counters: JSON {
        [
            "iterations": .integer(Int64(iterations)), "full_runs": .integer(Int64(fullRuns)),
            "runtime": .integer(runtime),
        ]
    }

    /// The reason to stop before another turn, if there is one.
    ///
    /// - Parameter isAnswered: Whether a person answered to the last turn, so that there is one
    ///   more in any case.
    /// - Returns: The reason; `nil` if there may be another.
    func reasonBeforeTurn(isAnswered: Bool) -> Reason? {
        if iterations >= guardrails.maxIterations, !isAnswered { return .iterations }
        return ContinuousClock.now >= deadline ? .runtime : nil
    }

    /// The reason to stop because of what a change touches, if there is one; with details.
    ///
    /// - Parameters:
    ///   - changes: What the change touches.
    ///   - isOfSetup: Whether set-up left a file of dependencies so, which the agent did not touch.
    /// - Returns: The reason; `nil` if the change is within all limits.
    func reason(
        for changes: ChangeSummary, unless isOfSetup: (String) throws -> Bool
    ) rethrows -> (reason: Reason, details: [String])? {
        if changes.files.count > guardrails.maxFiles {
            return (.files, ["\(changes.files.count) files, at most \(guardrails.maxFiles)"])
        }
        if changes.lines > guardrails.maxLines {
            return (.lines, ["\(changes.lines) lines, at most \(guardrails.maxLines)"])
        }
        let paths = changes.files.flatMap { [$0.path, $0.oldPath].compactMap { $0 } }
        let forbidden = paths.filter { !guardrails.permits($0) }
        guard forbidden.isEmpty else { return (.paths, forbidden) }
        let fixed = try paths.filter { try guardrails.isFixedDependency($0) && !isOfSetup($0) }
            .map { $0 + Self.dependencies }
        return fixed.isEmpty ? nil : (.paths, fixed)
    }

    /// Counts a red validation; returns the reason to stop, if there is one.
    ///
    /// A failure counts with all that are like it in the job, also when others came in
    /// between: with `max_identical_failures: 2` the second one stops.
    ///
    /// - Parameters:
    ///   - signature: What the failures have in common with others of their kind.
    ///   - failed: How many there are.
    ///   - tree: The tree that they are about.
    ///   - lines: How many lines the change has by now.
    /// - Returns: The reason to stop, if there is one.
    mutating func count(
        _ signature: String, of failed: Int, tree: String, lines: Int
    ) -> Reason? {
        failures[signature, default: 0] += 1
        reds.append((lines, failed))
        if !seen.insert("\(tree) \(signature)").inserted { return .repeated }
        if failures[signature, default: 0] >= guardrails.maxIdenticalFailures {
            return .identicalFailure
        }
        let last = reds.suffix(3)
        let grows = zip(last, last.dropFirst()).allSatisfy { before, after in
            after.lines > before.lines && after.failures >= before.failures
        }
        return last.count == 3 && grows ? .noGrowth : nil
    }

    /// One signature of several failures.
    static func signature(_ failed: [Verdict]) -> String {
        SHA256.hex(Array(failed.map(\.signature).joined(separator: "\n").utf8))
    }
}
