internal import Glibc
internal import Model
internal import Synchronization

/// Writes what was decided: a line for the first decision of its kind, a refusal at once and a
/// connection when it ends, and one at the end for all that were the same after it.
final class DecisionLog: Sendable {
    private let output: Int32
    private let state = Mutex(State())

    /// What is known of connections.
    private struct State {
        var open: [Int: EgressDecision] = [:]
        var next = 0
        /// What was written once.
        var seen: Set<Key> = []
        /// What came again after that, and was not written yet.
        var again: [Key: EgressDecision] = [:]
        var refusals = 0
        var omitted: Int64 = 0
        var omittedHosts: Set<String> = []
        var isOver = false
    }

    /// What decisions that are the same have in common.
    private struct Key: Hashable {
        let door: String
        let host: String
        let port: UInt16?
        let verdict: EgressDecision.Verdict
        let why: String

        init(_ decision: EgressDecision) {
            door = decision.door
            host = decision.host
            port = decision.port
            verdict = decision.verdict
            // Of what failed libcurl tells how long it took, which is never the same.
            why = decision.verdict == .failed ? "" : decision.why
        }
    }

    /// The most refusals of different kinds that are written; what was let through always is.
    static let limit = 1000

    /// The most hosts that are counted beyond that.
    private static let hostLimit = 20_000

    /// Writes to a descriptor.
    init(output: Int32) { self.output = output }

    /// Says that connections are taken.
    func ready() { write("{\"ready\":true}\n") }

    /// Notes that a request came in; returns what it is called from now on.
    func begin(door: String, host: String, port: UInt16?) -> Int {
        let decision = EgressDecision(
            at: Self.now, door: door, host: host, port: port, verdict: .allowed, why: "listed")
        return state.withLock { state in
            state.next += 1
            state.open[state.next] = decision
            return state.next
        }
    }

    /// Counts bytes.
    func count(_ id: Int, sent: Int = 0, received: Int = 0) {
        state.withLock { state in
            state.open[id]?.sent += Int64(sent)
            state.open[id]?.received += Int64(received)
        }
    }

    /// Notes what came of a request.
    func end(_ id: Int, _ verdict: EgressDecision.Verdict = .allowed, why: String? = nil) {
        state.withLock { state in
            guard var decision = state.open.removeValue(forKey: id) else { return }
            decision.verdict = verdict
            if let why { decision.why = why }
            note(decision, &state)
        }
    }

    /// Writes what is still open and what came again, and nothing after that.
    func finish() {
        state.withLock { state in
            guard !state.isOver else { return }
            for (_, decision) in state.open.sorted(by: { $0.key < $1.key }) {
                note(decision, &state)
            }
            state.open = [:]
            for decision in state.again.values.sorted(by: { $0.at < $1.at }) {
                write(decision.json.line + "\n")
            }
            if state.omitted > 0 {
                let hosts = state.omittedHosts.count
                let most = hosts < Self.hostLimit ? "" : "more than "
                let rest = EgressDecision(
                    at: Self.now, door: "", host: "", port: nil, verdict: .refused,
                    why: "\(state.omitted) further refusals, of \(most)\(hosts) hosts, are left out"
                )
                write(rest.json.line + "\n")
            }
            state.isOver = true
        }
    }

    private func note(_ decision: EgressDecision, _ state: inout State) {
        guard !state.isOver else { return }
        let key = Key(decision)
        if state.seen.contains(key) {
            if state.again[key]?.add(decision) == nil { state.again[key] = decision }
            return
        }
        if decision.verdict == .refused {
            guard state.refusals < Self.limit else {
                state.omitted += 1
                if state.omittedHosts.count < Self.hostLimit {
                    state.omittedHosts.insert(decision.host)
                }
                return
            }
            state.refusals += 1
        }
        state.seen.insert(key)
        write(decision.json.line + "\n")
    }

    private func write(_ line: String) {
        var rest = Array(line.utf8)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.write(output, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    private static var now: Timestamp {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
