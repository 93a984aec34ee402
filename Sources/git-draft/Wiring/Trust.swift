import Execution
import GitStore
import Model
import Porcelain

/// The commands and skills that a repository brings, which run only once a person has accepted them.
///
/// What was accepted is kept outside of the repository, where nothing that is fetched, and no
/// agent's branch, can change it.
enum Trust {
    /// The commands that a policy names, or `nil` if it names none.
    ///
    /// Two sets are the same if their canonical JSON is.
    static func commands(
        of loaded: LoadedPolicy, in repository: Repository, skills: SkillLibrary? = nil
    ) throws -> JSON? {
        let policy = loaded.policy
        let library = skills ?? SkillLibrary(repository)
        let skills = try library.shelf(policy.skills, at: loaded.commit).all
            .filter(\.isLoaded).compactMap(\.skill)
        let reach = policy.sandbox.reach
        guard
            !skills.isEmpty || !reach.isEmpty || !policy.setup.isEmpty
                || !policy.validation.fast.isEmpty
                || !policy.validation.full.isEmpty || !policy.agents.named.isEmpty
                || !policy.servers.isEmpty
        else { return nil }
        let tree = try repository.readCommit(loaded.commit).tree
        var agents = JSONObject()
        for (name, settings) in policy.agents.named {
            let script = try settings.file.flatMap { try repository.entry(at: $0, in: tree) }
            agents[name] = agent(settings, script: script?.id)
        }
        var commands: JSONObject = [
            "setup": JSON(policy.setup.map(\.command)),
            "validation": [
                "fast": JSON(policy.validation.fast.map(\.command)),
                "full": JSON(policy.validation.full.map(\.command)),
            ],
            "agents": .object(agents),
        ]
        if !policy.servers.isEmpty {
            // Absent where there are none, as it was before there could be any.
            commands["mcp_servers"] = .object(
                JSONObject(policy.servers.map { ($0.key, $0.value.json) }))
        }
        // What is as built in is left out: sets without it are what they were.
        if !reach.isEmpty { commands["sandbox"] = .object(reach) }
        if !skills.isEmpty {
            commands["skills"] = .object(
                JSONObject(skills.map { ($0.id, .string("\($0.version) \($0.hash)")) }))
        }
        return .object(commands)
    }

    private static func agent(_ settings: AgentSettings, script: ObjectID?) -> JSON {
        let command: JSON =
            switch settings.command {
            case .shell(let line): .string(line)
            case .argv(let words): JSON(words)
            case nil: nil
            }
        let environment = JSONObject(settings.env.map { ($0.key, JSON.string($0.value)) })
        return [
            "kind": .string(settings.kind.rawValue), "command": command,
            "args": JSON(settings.args), "env": .object(environment),
            "model": JSON(settings.model), "file": JSON(settings.file),
            "script": JSON(script?.description),
        ]
    }

    /// The name of a set: the SHA-256 of its canonical JSON, in hexadecimal.
    static func hash(of commands: JSON) -> String { SHA256.hex(commands.canonical) }

    /// The same set without its skills.
    static func withoutSkills(_ commands: JSON) -> JSON {
        guard var members = commands.object else { return commands }
        members["skills"] = nil
        return .object(members)
    }

    /// Whether a person accepted the commands of a policy here; `nil` if it names none.
    static func isAccepted(
        _ loaded: LoadedPolicy, _ skills: SkillLibrary? = nil, in session: Session
    ) throws -> Bool? {
        guard let commands = try commands(of: loaded, in: session.repository, skills: skills)
        else { return nil }
        if let only = session.acceptedSet {
            return hash(of: commands).utf8.elementsEqual(only.utf8)
        }
        return try TrustFile(session).accepts(commands)
    }

    /// Checks that a person accepted the commands of a policy on this machine.
    ///
    /// - Throws: ``CommandError`` with the hint `git draft trust` if nobody has.
    static func check(
        _ loaded: LoadedPolicy, _ skills: SkillLibrary? = nil, in session: Session
    ) throws {
        guard try isAccepted(loaded, skills, in: session) == false else { return }
        guard session.acceptedSet == nil else {
            throw CommandError(
                "the commands of this repository are not the set that '--trust' names",
                hint: "git draft trust --show")
        }
        throw CommandError(
            "the commands of this repository were not accepted yet", hint: "git draft trust")
    }

    /// A policy whose commands a person accepted on this machine.
    ///
    /// - Throws: ``CommandError`` with the hint `git draft trust` if nobody has.
    static func checked(
        _ loaded: LoadedPolicy, _ skills: SkillLibrary? = nil, in session: Session
    ) throws -> LoadedPolicy {
        try check(loaded, skills, in: session)
        return loaded
    }

    /// A set as lines, one for each command, such as `setup: make deps`; safe to show.
    static func lines(_ value: JSON, path: String = "") -> [String] {
        switch value {
        case .null: []
        case .object(let members):
            members.flatMap { lines($0.value, path: path.isEmpty ? $0.key : "\(path).\($0.key)") }
        case .array(let elements): elements.flatMap { lines($0, path: path) }
        case .string(let text): ["\(escaped(path)): \(escaped(text))"]
        default: ["\(escaped(path)): \(value.line)"]
        }
    }
}

/// A set of commands that a person has accepted, about to be remembered.
struct AcceptedCommands {
    /// The set.
    let commands: JSON
    /// The commit that names it.
    let commit: ObjectID

    /// Writes it down: for everybody that it was accepted, and on this machine what it is.
    func accept(as person: Actor, in session: Session) throws {
        try session.board.transact(as: person, isDurable: true) { transaction in
            let board = try transaction.before.board()
            try transaction.write(
                board.record, [:], as: .trustAccepted,
                EventDetails(payload: [
                    "hash": .string(Trust.hash(of: commands)),
                    "commit": .string(commit.description),
                ]))
        }
        try TrustFile(session).accept(commands, at: session.board.context.now())
    }
}

/// The file that keeps which sets of commands a person accepted for one repository.
struct TrustFile {
    private let session: Session
    private let folder: String
    private let path: String

    /// The most sets that are remembered.
    private static let limit = 200

    /// The most bytes of the file: many commands, and 200 sets with the skills of each.
    private static let largest = 32 << 20

    /// Finds the file; it need not be there.
    ///
    /// - Throws: ``CommandError`` if there is no place for it.
    init(_ session: Session) throws {
        let environment = session.context.environment
        func directory(_ name: String) -> String? {
            environment[name].flatMap { $0.utf8.first == UInt8(ascii: "/") ? $0 : nil }
        }
        guard
            let state = directory("XDG_STATE_HOME")
                ?? directory("HOME").map({ "\($0)/.local/state" })
        else { throw CommandError("there is no place for what you accept", hint: "export HOME") }
        self.session = session
        folder = "\(state)/git-draft/trust"
        path = "\(folder)/\(SHA256.hex(Array(session.repository.commonDirectory.utf8)))"
    }

    /// Whether a set was accepted: as a whole, or its commands and each of its skills.
    ///
    /// An older commit's commands stay accepted when a skill changes, and the other way round.
    func accepts(_ commands: JSON) throws -> Bool {
        let entries = try entries()
        func isKnown(_ hash: String) -> Bool {
            entries.contains { $0["hash"]?.string == hash || $0["commands"]?.string == hash }
        }
        guard !isKnown(Trust.hash(of: commands)) else { return true }
        guard let skills = commands["skills"]?.object,
            isKnown(Trust.hash(of: Trust.withoutSkills(commands)))
        else { return false }
        return skills.allSatisfy { id, skill in
            entries.contains { $0["skills"]?[id] == skill }
        }
    }

    /// The commands of the set that was accepted last.
    func last() throws -> JSON? { try content()["commands"] }

    /// Remembers that a person accepted a set.
    func accept(_ commands: JSON, at time: Timestamp) throws {
        try session.repository.makeDirectory(folder)
        let lock = try FileLock("\(folder)/lock")
        defer { extendLifetime(lock) }
        let hash = Trust.hash(of: commands)
        let others = try entries().filter { $0["hash"]?.string != hash }.suffix(Self.limit - 1)
        var entry: JSONObject = ["hash": .string(hash), "at": JSON(time)]
        if let skills = commands["skills"] {
            entry["skills"] = skills
            entry["commands"] = .string(Trust.hash(of: Trust.withoutSkills(commands)))
        }
        let content: JSON = [
            "schema": 1, "repository": .string(session.repository.commonDirectory),
            "accepted": .array(others + [.object(entry)]), "commands": commands,
        ]
        try session.repository.replaceFile(path, with: content.canonicalText)
    }

    private func entries() throws -> [JSON] { try content()["accepted"]?.array ?? [] }

    private func content() throws -> JSON {
        let text = try session.repository.readSmallFile(path, limit: Self.largest)
        guard let text else { return [:] }
        do {
            return try JSON(parsing: Array(text.utf8), limit: Self.largest)
        } catch {
            throw CommandError("cannot read '\(path)': \(error)", hint: "rm '\(path)'")
        }
    }
}
