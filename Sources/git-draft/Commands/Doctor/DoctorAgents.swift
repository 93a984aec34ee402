import Execution
import FoundationEssentials
import GitStore
import Glibc
import Model
import Porcelain

extension DoctorReport {
    /// Looks at the agents of `draft.yaml`, and at those that need no setting.
    mutating func lookAtAgents(_ context: Context, _ session: Session?) {
        let probe = AgentProbe(environment: context.environment)
        var agents = AgentCatalog()
        var check = AgentCheck(context: context, probe: probe, session: session)
        if let session, let base = try? PolicyLoader(session).base(),
            let loaded = try? PolicyLoader(session).load(at: base.tip)
        {
            agents = loaded.policy.agents
            check.base = base.tip
            let sandbox = try? session.jobContext().sandbox(loaded.policy)
            check.places = sandbox?.kind.isApart == true ? loaded.policy.sandbox.writable : nil
            check.isTrusted = (try? Trust.isAccepted(loaded, in: session)) ?? nil ?? false
        }
        let first = agents.defaultName ?? agents.named.keys.min()
        check.defaultName =
            first ?? AgentDiscovery.firstInstalled(environment: context.environment)?.rawValue
        for (name, settings) in agents.named.sorted(by: { $0.key < $1.key }) {
            check.look(name, settings, isConfigured: true, &self)
        }
        for kind in AgentKind.allCases where kind.program != nil {
            let isThere = agents.named.contains { $0.value.kind == kind && $0.value.command == nil }
            guard agents.named[kind.rawValue] == nil, !isThere else { continue }
            let name = kind.rawValue
            let isMeant = first.map { $0.utf8.elementsEqual(name.utf8) } ?? false
            check.look(name, AgentSettings(kind: kind), isConfigured: isMeant, &self)
        }
        if check.defaultName == nil {
            add(
                .warning, in: .agents, "default",
                "no agent is configured, and neither Claude Code nor Codex is installed",
                hint: AgentKind.claude.installCommand)
        }
    }
}

/// Finds out about one agent after the other.
struct AgentCheck {
    /// What the command was given.
    let context: Context
    /// Asks for versions.
    let probe: AgentProbe
    /// The repository, if there is one.
    let session: Session?
    /// The commit that agents start from.
    var base: ObjectID?
    /// Whether what the repository names may be run.
    var isTrusted = false
    /// Who works where nobody is named.
    var defaultName: String?
    /// What jobs see besides the system and the toolchains; `nil` if they see everything.
    var places: [String]?

    private typealias Level = DoctorReport.Level

    /// Looks at one.
    func look(
        _ name: String, _ settings: AgentSettings, isConfigured: Bool, _ report: inout DoctorReport
    ) {
        let isDefault = defaultName.map { $0.utf8.elementsEqual(name.utf8) } ?? false
        var details: JSONObject = [
            "kind": .string(settings.kind.rawValue), "path": nil, "version": nil,
            "credential": nil, "default": .bool(isDefault), "configured": .bool(isConfigured),
        ]
        func add(_ level: DoctorReport.Level, _ text: String, hint: String? = nil) {
            report.add(level, in: .agents, name, text, hint: hint, details: details)
        }
        guard settings.kind.isSupported else {
            guard
                isConfigured || AgentDiscovery.find(settings.kind, environment: environment) != nil
            else { return }
            return add(
                isConfigured ? absence(isDefault, settings) : .note,
                "this version has no adapter for kind '\(settings.kind.rawValue)'; use kind "
                    + "'command'")
        }
        if settings.kind == .replay { return lookAtReplay(settings, add) }
        let program = self.program(settings)
        guard let path = program.path else {
            let isOurs = Self.isRelative(program.word)
            let isNamed = settings.command != nil
            let absence =
                isNamed
                ? "there is no program '\(program.word)', which 'agents.\(name).command' names"
                : "\(settings.kind.title) is not installed"
            return add(
                isConfigured ? self.absence(isDefault, settings) : .note,
                isOurs ? "the base commit has no '\(program.word)'" : absence,
                hint: isNamed ? nil : settings.kind.installCommand)
        }
        details["path"] = .string(path)
        guard settings.kind.program != nil else {
            guard !isSeen(path, settings) else { return add(.good, path) }
            return add(
                .warning, "jobs do not see '\(path)' in their sandbox; put its folder in PATH",
                hint: "export PATH=\"\(Self.folder(path)):$PATH\"")
        }
        let answer = mayRun(path, settings) ? probe.ask(path) : nil
        if case .version(let text)? = answer { details["version"] = .string(text) }
        let credential = AgentDiscovery.credential(of: settings.kind, environment: environment)
        details["credential"] = JSON(credential?.description)
        switch answer {
        case .version(let version)?:
            guard let credential else {
                return add(
                    .warning, "\(version), \(path), neither a key nor a log-in",
                    hint: settings.kind.logInCommand)
            }
            let word = if case .file = credential { "log-in" } else { "key" }
            add(.good, "\(version), \(path), \(word) by \(credential)")
        case .silence?: add(.warning, "\(path) does not say its version in time")
        case .failure(let reason)?: add(absence(isDefault, settings), "\(path): \(reason)")
        case nil: add(.note, "\(path), not asked for its version: the repository brings it")
        }
    }

    /// Whether a job sees the program that a line for its shell begins with.
    ///
    /// The words of a list are shown to it, wherever they are.
    private func isSeen(_ path: String, _ settings: AgentSettings) -> Bool {
        guard let places, case .shell(let line)? = settings.command,
            line.utf8.drop(while: { $0 == 0x20 }).first == UInt8(ascii: "/")
        else { return true }
        let system = ["/usr", "/bin", "/sbin", "/lib"]
        let shown = system + places + ToolchainRoots(environment: environment).paths
        let ways = [path, Self.resolved(path)]
        return shown.contains { place in
            ways.contains { "\($0)/".utf8.starts(with: "\(place)/".utf8) }
        }
    }

    private static func folder(_ path: String) -> String {
        path.utf8.lastIndex(of: 0x2f).map { String(path[..<$0]) } ?? ""
    }

    /// How bad it is if a configured agent is not there.
    private func absence(_ isDefault: Bool, _ settings: AgentSettings) -> DoctorReport.Level {
        isDefault && settings.fallback == nil ? .problem : .warning
    }

    private var environment: [String: String] { context.environment }

    private func lookAtReplay(
        _ settings: AgentSettings, _ add: (DoctorReport.Level, String, String?) -> Void
    ) {
        let file = settings.file ?? ""
        if file.utf8.first == UInt8(ascii: "/") {
            let isThere = FileManager.default.isReadableFile(atPath: file)
            return add(
                isThere ? .good : .warning, isThere ? "plays '\(file)'" : "there is no '\(file)'",
                nil)
        }
        let isThere = isTracked(file)
        add(
            isThere ? .good : .warning,
            isThere ? "plays '\(file)'" : "the base commit has no '\(file)'",
            isThere ? nil : "git add \(file) && git commit")
    }

    /// Whether the commit that work starts from has a file.
    private func isTracked(_ path: String) -> Bool {
        guard let session, let base else { return false }
        let tree = try? session.repository.readCommit(base).tree
        return tree.flatMap { try? session.repository.entry(at: path, in: $0) } != nil
    }

    /// The program of an agent: the word that starts it, and where it is.
    ///
    /// Of a line for a shell only the first word is looked at.
    private func program(_ settings: AgentSettings) -> (word: String, path: String?) {
        let word: String
        switch settings.command {
        case .argv(let words)?: word = words[0]
        case .shell(let line)?:
            word = line.split(separator: " ").first.map(String.init) ?? ""
            let isPlain = word.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
                    || "-_./+".utf8.contains(byte)
            }
            guard isPlain else { return (word, "sh") }
            if let path = find(word) { return (word, path) }
            // It may be a word of the shell's own.
            return (word, word.utf8.contains(0x2f) ? nil : "sh")
        case nil:
            let kind = settings.kind
            return (kind.rawValue, AgentDiscovery.find(kind, environment: environment))
        }
        return (word, find(word))
    }

    /// Whether a word leads to a file of the repository.
    private static func isRelative(_ word: String) -> Bool {
        word.utf8.contains(0x2f) && word.utf8.first != 0x2f
    }

    private func find(_ word: String) -> String? {
        guard Self.isRelative(word) else {
            return AgentDiscovery.find(program: word, environment: environment)
        }
        let path = word.utf8.starts(with: "./".utf8) ? String(word.dropFirst(2)) : word
        return isTracked(path) ? word : nil
    }

    /// Whether a program may be run: not if the repository brings it and nobody accepted that.
    private func mayRun(_ path: String, _ settings: AgentSettings) -> Bool {
        if isTrusted { return path.utf8.first == UInt8(ascii: "/") }
        guard settings.command == nil, let session else { return settings.command == nil }
        let repository = session.repository
        let leads = [Self.resolved(Self.folder(path)), Self.resolved(path)]
        let places = [repository.mainWorkDirectory, repository.workDirectory].compactMap(\.self)
        return !places.contains { place in
            leads.contains { "\($0)/".utf8.starts(with: "\(place)/".utf8) }
        }
    }

    /// A path without links and dots.
    private static func resolved(_ path: String) -> String {
        guard let found = unsafe realpath(path, nil) else { return path }
        defer { unsafe free(found) }
        return unsafe String(cString: found)
    }
}
