internal import CProcess
internal import FoundationEssentials
internal import Glibc
internal import Model
internal import Synchronization

/// The service that lets the programs of one phase of a job out, while they run.
final class EgressSession {
    /// The doors of the sandbox.
    let doors: [Cell.Door]

    /// What programs inside have to know.
    let environment: [String: String]

    private let service: ChildHandle
    private let lifeline: Lifeline
    private let folder: String
    private let decisions: String
    private let keep: @Sendable ([EgressDecision]) -> Void

    /// The port of the proxy inside.
    static let proxyPort = 3128

    /// How many there were in this process, because each has a folder of its own.
    private static let count = Mutex(0)

    /// The variables that lead programs to a proxy.
    private static let proxyNames = [
        "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy",
    ]

    /// What programs in a sandbox that leads nowhere have to forget: the proxies outside.
    static let forgotten = proxyNames + ["NO_PROXY", "no_proxy"]

    /// Starts the service, if a phase needs it.
    ///
    /// - Parameters:
    ///   - cell: What the program may use.
    ///   - models: The servers of models that it needs.
    /// - Returns: The running service; `nil` if nothing is needed.
    /// - Throws: ``ExecutionError`` if it does not start.
    static func start(_ cell: Cell, models: [ModelWay] = []) throws -> EgressSession? {
        guard let files = cell.files else { return nil }
        let allowed = cell.ways.allowed(in: cell.phase)
        guard !allowed.rules.isEmpty || !models.isEmpty else { return nil }
        return try EgressSession(cell, files, allowed, models)
    }

    private init(
        _ cell: Cell, _ files: JobFiles, _ allowed: EgressRegistries, _ models: [ModelWay]
    ) throws {
        let number = Self.count.withLock { count in
            count += 1
            return count
        }
        let name = "\(getpid())-\(number)"
        let job = try Folder(trusted: files.directory)
        if job.kind(JobFiles.doorsFolder) != .folder { try job.remove(JobFiles.doorsFolder) }
        let place = try job.making(JobFiles.doorsFolder, mode: 0o700)
        try? place.remove(name)
        _ = try place.making(name, mode: 0o700)
        folder = "\(files.directory)/doors/\(name)"
        decisions = folder + ".jsonl"
        try JobFiles.remove(decisions)
        let word = cell.phase.rawValue
        var order = EgressOrder(
            doors: [
                EgressDoor(
                    name: word, socket: "\(folder)/\(word)", kind: .proxy(allow: allowed.rules))
            ], upstream: cell.ways.upstream, authorities: cell.ways.authorities)
        var doors = [Cell.Door(port: Self.proxyPort, socket: "\(folder)/\(word)")]
        for model in models {
            let socket = "\(folder)/\(model.name)"
            order.doors.append(
                EgressDoor(
                    name: model.name, socket: socket,
                    kind: .model(
                        base: model.server.origin + model.server.prefix,
                        replace: model.replacements)))
            doors.append(Cell.Door(port: model.port, socket: socket))
        }
        let taken = Set(doors.map(\.port))
        for (port, host) in Self.places(allowed.rules) where !taken.contains(Int(port)) {
            let socket = "\(folder)/port-\(port)"
            order.doors.append(
                EgressDoor(name: word, socket: socket, kind: .forward(host: host, port: port)))
            doors.append(Cell.Door(port: Int(port), socket: socket))
        }
        self.doors = doors
        environment = Self.environment(allowed)
        keep = cell.ways.keep
        lifeline = Lifeline()
        service = try Self.launch(order, cell, folder, decisions, lifeline)
    }

    /// The listed ports of this machine, which programs look for on their own loopback.
    ///
    /// Ports below 1024 are for root alone, and nobody is root in a sandbox.
    static func places(_ rules: [NetworkRule]) -> [(port: UInt16, host: NetworkHost)] {
        var seen: Set<UInt16> = []
        var places: [(port: UInt16, host: NetworkHost)] = []
        for rule in rules where !rule.isWildcard && places.count < 32 {
            guard rule.host == .v4([127, 0, 0, 1]) || rule.host == .name("localhost"),
                let port = rule.port, port >= 1024, seen.insert(port).inserted
            else { continue }
            places.append((port, rule.host))
        }
        return places
    }

    private static func environment(_ allowed: EgressRegistries) -> [String: String] {
        var result = allowed.environment
        for name in proxyNames { result[name] = "http://127.0.0.1:\(proxyPort)" }
        for name in ["NO_PROXY", "no_proxy"] { result[name] = "localhost,127.0.0.1,::1" }
        // Node's own fetch looks at the others only then.
        result["NODE_USE_ENV_PROXY"] = "1"
        return result
    }

    /// The end of a pipe that keeps the service alive.
    private final class Lifeline {
        var end = Descriptor(number: -1)
    }

    /// Starts the service and waits until it takes connections.
    private static func launch(
        _ order: EgressOrder, _ cell: Cell, _ folder: String, _ decisions: String,
        _ lifeline: Lifeline
    ) throws -> ChildHandle {
        let action = "start git-draft-service"
        let program = try HelperProgram.service.path(for: cell.program)
        let input = try Pipe(for: action)
        let errors = try Pipe(for: action)
        var writeEnd = errors.writeEnd
        var child = ChildCommand([program, "egress"], environment: [:], directory: folder)
        child.environment["LANG"] = "C.UTF-8"
        let service = try ChildHandle(
            starting: child, input: input.readEnd.number, output: .file(decisions),
            error: .descriptor(writeEnd.number), parentDeathSignal: SIGKILL)
        // The service closes its own once it is ready.
        writeEnd = Descriptor(number: -1)
        lifeline.end = input.writeEnd
        write(Array((order.json.line + "\n").utf8), to: lifeline.end.number)
        let words = Self.readAll(errors.readEnd.number, within: .seconds(30))
        guard let words, words.isEmpty else {
            service.terminate(SIGKILL)
            _ = try? ChildHandle.wait(any: [service], timeout: .seconds(5))
            let said = words.map { Text.decode($0) } ?? "it does not begin"
            let line = said.split(separator: "\n").first.map(String.init) ?? said
            throw ExecutionError(.failed, action, reason: line)
        }
        return service
    }

    /// Writes what the service is told; if it is gone, what it said of that tells more.
    private static func write(_ order: [UInt8], to number: Int32) {
        var bytes = order[...]
        while !bytes.isEmpty {
            let count = unsafe bytes.withUnsafeBufferPointer {
                unsafe cprocess_write(number, $0.baseAddress, $0.count)
            }
            if count == -Int(EINTR) { continue }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }

    /// What comes out of a pipe until its end; `nil` if that does not come in time.
    private static func readAll(_ number: Int32, within patience: Duration) -> [UInt8]? {
        let end = ContinuousClock.now + patience
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let left = ContinuousClock.now.duration(to: end).milliseconds
            guard left > 0 else { return nil }
            var entry = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
            let found = unsafe poll(&entry, 1, Int32(min(left, 10_000)))
            guard found > 0 else { continue }
            let count = unsafe read(number, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return bytes }
            bytes += piece[..<count]
        }
    }

    /// Ends the service, and keeps what it decided.
    ///
    /// - Returns: What it decided, for the log of the job: a line for each host.
    func finish() -> [String] {
        lifeline.end = Descriptor(number: -1)
        if (try? ChildHandle.wait(any: [service], timeout: .seconds(5)))?.isEmpty ?? true {
            service.terminate(SIGKILL)
            _ = try? ChildHandle.wait(any: [service], timeout: .seconds(5))
        }
        let bytes = JobFiles.contents(decisions, limit: 64 << 20) ?? []
        let found = bytes.split(separator: 0x0A).compactMap {
            EgressDecision(String(decoding: $0, as: UTF8.self))
        }
        keep(found)
        try? JobFiles.remove(decisions)
        try? FileManager.default.removeItem(atPath: folder)
        return Self.summary(found)
    }

    /// Ends the service, and says in a log what it decided.
    func report(_ redactor: Redactor, _ log: ([UInt8]) -> Void) {
        for line in finish() { log(Array("== \(redactor.redact(line))\n".utf8)) }
    }

    /// The environment of a program: in a sandbox the proxies of the machine are not there.
    static func environment(
        _ outside: [String: String], _ kind: SandboxKind, _ session: EgressSession?
    ) -> [String: String] {
        guard kind.isApart else { return outside }
        var result = outside
        for name in forgotten { result[name] = nil }
        return result.merging(session?.environment ?? [:]) { $1 }
    }

    /// A line for each host and what became of it, in the order in which they came first; those
    /// that were refused after all others.
    static func summary(_ decisions: [EgressDecision]) -> [String] {
        var order: [String] = []
        var counts: [String: Int64] = [:]
        let refused = decisions.filter { $0.verdict == .refused }
        for decision in decisions.filter({ $0.verdict != .refused }) + refused {
            let target = decision.port.map { "\(decision.host):\($0)" } ?? decision.host
            var line = "network: \(decision.verdict.rawValue) \(target)"
            if decision.verdict != .allowed { line += ": \(decision.why)" }
            if counts[line] == nil { order.append(line) }
            counts[line, default: 0] += decision.count
        }
        let most = 20
        let lines = order.prefix(most).map { line in
            let count = counts[line] ?? 1
            return count == 1 ? line : "\(line) (\(count) times)"
        }
        let rest = order.count - lines.count
        return rest > 0 ? lines + ["network: \(rest) further lines are in the evidence"] : lines
    }
}
