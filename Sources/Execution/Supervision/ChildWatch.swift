internal import CProcess
internal import Glibc

/// One child from its start to its end: its pipes, its clock, its stop.
final class ChildWatch {
    /// What gets the child's words.
    typealias Output = (ChildStream, ArraySlice<UInt8>) throws -> Void

    private let command: ChildCommand
    private let action: String
    private let stop: StopSignal?
    private let shouldStop: (() -> Bool)?
    private let output: Output

    private let started = ContinuousClock.now
    private let pid: Int32
    private let pidfd: Descriptor
    private var inputEnd = Descriptor(number: -1)
    private var inputOffset = 0
    private let outputEnd: Descriptor
    private let errorEnd: Descriptor
    private var open: Set<ChildStream> = [.output, .error]
    private var buffer = [UInt8](repeating: 0, count: 64 * 1024)

    private let group: ControlGroup?
    private let watch: LimitWatch?

    private var phase = Phase.running
    private var cause = ChildOutcome.Cause.itself
    private var failure: (any Error)?

    /// How far the end of the child has come.
    private enum Phase {
        case running
        case terminating(killAt: ContinuousClock.Instant)
        case killed(giveUpAt: ContinuousClock.Instant)
    }

    /// Starts the child.
    init(
        _ command: ChildCommand, stop: StopSignal?, shouldStop: (() -> Bool)?,
        output: @escaping Output
    ) throws {
        self.command = command
        self.stop = stop
        self.shouldStop = shouldStop
        self.output = output
        action = "run '\(command.arguments.first ?? "")'"
        let outputPipe = try Pipe(for: action)
        let errorPipe = try Pipe(for: action)
        var childInput = Descriptor(number: -1)
        if command.input != nil {
            let inputPipe = try Pipe(for: action)
            childInput = inputPipe.readEnd
            inputEnd = inputPipe.writeEnd
        }
        let streams = cprocess_streams(
            input: childInput.number, output: outputPipe.writeEnd.number,
            error: command.mergesStreams ? outputPipe.writeEnd.number : errorPipe.writeEnd.number)
        let limits = command.killsDescendants ? command.limits : nil
        group = limits.flatMap { ControlGroup($0) }
        watch = limits.map { [group] in LimitWatch($0, group: group) }
        pid = try Roster.start(command, streams, groups: group?.lists ?? [])
        pidfd = Descriptor(number: cprocess_pidfd(pid))
        outputEnd = outputPipe.readEnd
        errorEnd = errorPipe.readEnd
        for number in [outputEnd.number, errorEnd.number, inputEnd.number] where number >= 0 {
            _ = fcntl(number, F_SETFL, O_NONBLOCK)
        }
    }

    /// Waits for the end, and leaves nothing behind.
    func finish() throws -> ChildOutcome {
        if command.input?.isEmpty ?? false { closeInput() }
        while try !step() {}
        let end = try collect()
        let elapsed = ContinuousClock.now - started
        let leftovers = command.killsDescendants ? try Descendants.killAll() : 0
        if cause == .itself, let breach = watch?.breach(after: end) { cause = .limit(breach) }
        drain()
        if let failure { throw failure }
        return ChildOutcome(
            end: end, cause: cause, milliseconds: elapsed.milliseconds, leftovers: leftovers)
    }
}

// MARK: - Ending it

extension ChildWatch {
    /// Takes the next step towards the end of a child that has not ended yet.
    private func advance() throws {
        let now = ContinuousClock.now
        switch phase {
        case .running, .terminating:
            if let breach = watch?.breach() { return kill(for: breach) }
        case .killed: break
        }
        switch phase {
        case .running:
            if stop?.isRequested ?? false || shouldStop?() ?? false {
                terminate(.stop)
            } else if let deadline = command.deadline, now >= deadline {
                terminate(.deadline)
            }
        case .terminating(let killAt) where now >= killAt:
            signal(SIGKILL)
            phase = .killed(giveUpAt: now + .seconds(30))
        case .killed(let giveUpAt) where now >= giveUpAt:
            throw ExecutionError(.unkillable, action, reason: "the program outlives SIGKILL")
        case .terminating, .killed: break
        }
    }

    /// Asks the child to end, and sets the clock for the kill.
    private func terminate(_ cause: ChildOutcome.Cause) {
        guard case .running = phase else { return }
        self.cause = cause
        phase = .terminating(killAt: ContinuousClock.now + command.grace)
        signal(SIGTERM)
        signal(SIGCONT)
    }

    /// Ends a child that does not keep a limit: it would use its time of grace to go on.
    private func kill(for breach: LimitBreach) {
        if case .running = phase { cause = .limit(breach) }
        phase = .killed(giveUpAt: ContinuousClock.now + .seconds(30))
        signal(SIGKILL)
    }

    /// Signals the process group if the child has one of its own.
    ///
    /// The child is not collected yet, hence its number is not used again.
    private func signal(_ number: Int32) {
        _ = Glibc.kill(command.ownSession ? -pid : pid, number)
    }

    /// How long a wait may last, in milliseconds.
    private func patience() -> Int32 {
        var moments: [ContinuousClock.Instant] = []
        var limit: Int64 = 10_000
        switch phase {
        case .running:
            if let deadline = command.deadline { moments.append(deadline) }
            if let watch { moments.append(watch.next) }
            if shouldStop != nil { limit = 100 }
        case .terminating(let moment):
            if let watch { moments.append(watch.next) }
            moments.append(moment)
        case .killed(let moment): moments.append(moment)
        }
        if pidfd.number < 0 { limit = 10 }
        let now = ContinuousClock.now
        return Int32(moments.reduce(limit) { max(0, min($0, (now.duration(to: $1)).milliseconds)) })
    }

    /// Collects the ended child.
    private func collect() throws -> ChildEnd {
        let end = Roster.reap(pid)
        switch UInt32(bitPattern: end.kind) {
        case cprocess_end_exited.rawValue: return .exited(end.value)
        case cprocess_end_signaled.rawValue: return .signaled(end.value)
        default: throw ExecutionError.system(action, end.value)
        }
    }
}

// MARK: - Its words

extension ChildWatch {
    /// Waits for something to happen and serves it; true once the child has ended.
    private func step() throws -> Bool {
        try advance()
        var isStopping = true
        if case .running = phase { isStopping = false }
        let readable = Int16(POLLIN)
        var entries = [
            pollfd(fd: pidfd.number, events: readable, revents: 0),
            pollfd(fd: isStopping ? -1 : stop?.descriptor ?? -1, events: readable, revents: 0),
            pollfd(
                fd: open.contains(.output) ? outputEnd.number : -1, events: readable, revents: 0),
            pollfd(fd: open.contains(.error) ? errorEnd.number : -1, events: readable, revents: 0),
            pollfd(fd: inputEnd.number, events: Int16(POLLOUT), revents: 0),
        ]
        let count = unsafe poll(&entries, nfds_t(entries.count), patience())
        if count < 0 {
            guard errno == EINTR else { throw ExecutionError.system(action, errno) }
            return false
        }
        if entries[2].revents != 0 { deliver(.output, limit: buffer.count) }
        if entries[3].revents != 0 { deliver(.error, limit: buffer.count) }
        if entries[4].revents != 0 { feed() }
        return entries[0].revents != 0 || (pidfd.number < 0 && cprocess_has_ended(pid) != 0)
    }

    /// Hands on what can be read now; returns how much it was.
    @discardableResult
    private func deliver(_ stream: ChildStream, limit: Int) -> Int {
        let number = stream == .output ? outputEnd.number : errorEnd.number
        let count = unsafe read(number, &buffer, min(limit, buffer.count))
        if count < 0, errno == EAGAIN || errno == EINTR { return 0 }
        guard count > 0 else {
            open.remove(stream)
            return 0
        }
        guard failure == nil else { return count }
        do {
            try output(stream, buffer[..<count])
        } catch {
            failure = error
            terminate(.stop)
        }
        return count
    }

    /// Hands on what the pipes hold, but waits for nobody who keeps them open.
    private func drain() {
        for stream in [ChildStream.output, .error] where open.contains(stream) {
            let number = stream == .output ? outputEnd.number : errorEnd.number
            var left = Int(cprocess_available(number))
            while left > 0 {
                let count = deliver(stream, limit: left)
                if count == 0 { break }
                left -= count
            }
        }
    }

    private func closeInput() { inputEnd = Descriptor(number: -1) }

    /// Writes what the child takes of its input; closes at the end, or if it takes no more.
    private func feed() {
        guard let bytes = command.input else { return }
        let number = inputEnd.number
        let count = unsafe bytes.withUnsafeBufferPointer { buffer in
            let rest = unsafe buffer[inputOffset...]
            return unsafe cprocess_write(
                number, UnsafeBufferPointer(rebasing: rest).baseAddress, rest.count)
        }
        if count == -Int(EAGAIN) || count == -Int(EINTR) { return }
        inputOffset += max(count, 0)
        if count < 0 || inputOffset == bytes.count { closeInput() }
    }
}
