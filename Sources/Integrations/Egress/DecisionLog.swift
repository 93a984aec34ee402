internal import Glibc
internal import Model
internal import Synchronization

/// Writes a line for each decision: a refusal at once, a connection when it ends.
final class DecisionLog: Sendable {
    private let output: Int32
    private let state = Mutex(State())

    /// What is known of connections.
    private struct State {
        var open: [Int: EgressDecision] = [:]
        var next = 0
        var written = 0
        var omitted: Int64 = 0
        var isOver = false
    }

    /// The most lines.
    static let limit = 4000

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

    /// Writes what came of a request.
    func end(_ id: Int, _ verdict: EgressDecision.Verdict = .allowed, why: String? = nil) {
        state.withLock { state in
            guard var decision = state.open.removeValue(forKey: id) else { return }
            decision.verdict = verdict
            if let why { decision.why = why }
            write(decision, &state)
        }
    }

    /// Writes what is still open, and nothing after that.
    func finish() {
        state.withLock { state in
            guard !state.isOver else { return }
            for (_, decision) in state.open.sorted(by: { $0.key < $1.key }) {
                write(decision, &state)
            }
            state.open = [:]
            if state.omitted > 0 {
                let rest = EgressDecision(
                    at: Self.now, door: "", host: "", port: nil, verdict: .refused,
                    why: "\(state.omitted) further decisions are left out")
                write(rest.json.line + "\n")
            }
            state.isOver = true
        }
    }

    private func write(_ decision: EgressDecision, _ state: inout State) {
        guard !state.isOver else { return }
        guard state.written < Self.limit else {
            state.omitted += 1
            return
        }
        state.written += 1
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
