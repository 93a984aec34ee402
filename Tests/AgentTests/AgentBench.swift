import Foundation
import Model
import TestSupport
import Testing

/// A repository whose agent is a real one with a model that follows a script.
///
/// Its check is that `f` holds "good", if there is an `f`.
final class AgentBench {
    let agent: RealAgent
    let sandbox: Sandbox
    let stub: StubModel

    /// A key that occurs nowhere by chance.
    static let key = "sk-ant-stub-Zk3vQ8"

    /// Makes the repository, its board and the model.
    ///
    /// - Parameters:
    ///   - agent: Who works.
    ///   - script: What its model says.
    ///   - settings: Further members of the agent's settings.
    ///   - policy: Further lines of `draft.yaml`.
    ///   - guardrails: Members of `guardrails`.
    ///   - wrapper: A script that is started as the agent; `AGENT` in it is the program.
    ///   - key: What requests to the model should come with.
    /// - Throws: What making it throws.
    init(
        _ agent: RealAgent, _ script: JSON, settings: String = "", policy: String = "",
        guardrails: String = "max_iterations: 2", wrapper: String? = nil,
        key: String = AgentBench.key
    ) throws {
        self.agent = agent
        var path = try agent.path()
        sandbox = try Sandbox()
        if let wrapper {
            let text = "#!/bin/sh\n\(wrapper.replacing("AGENT", with: "'\(path)'"))\n"
            path = sandbox.root.appending(path: "wrapper").path
            try Programs.write(text, to: path)
        }
        stub = try StubModel(script, key: key, in: sandbox)
        try sandbox.write(
            "check",
            """
            #!/bin/sh
            [ ! -e f ] || grep -q good f || { echo "wrong: $(cat f)"; exit 1; }

            """, executable: true)
        try sandbox.write(
            "draft.yaml",
            """
            validation: {full: [./check]}
            guardrails: {\(guardrails)}
            agents:
              default: \(agent)
              \(agent):
                kind: \(agent.kind)
                command: [\(path)]
                model: stub-model
                env: {\(agent.addressName): "\(agent.address(stub))", CLAUDE_CODE_MAX_RETRIES: "1"}
                \(settings)
            sandbox: {environment: [\(agent.kind == "command" ? agent.keyName : "")]}
            \(policy)

            """)
        try sandbox.git("add", "-A")
        try sandbox.git("commit", "-q", "-m", "start")
        try draft("init")
        try draft("trust --yes")
    }

    deinit { stub.stop() }

    /// The agent's key; and ids that no other job of this machine has, because what one leaves
    /// behind is found by its id.
    private var variables: [String: String?] {
        [
            agent.keyName: Self.key, "GIT_DRAFT_TEST_SEED": nil, "GIT_DRAFT_TEST_TIME": nil,
            "PATH": "\(RealAgent.folder):\(sandbox.path)",
        ]
    }

    /// Makes a ticket.
    func ticket() throws -> String {
        try draft("ticket new 'Write f' --quiet").stdout.trimmingCharacters(in: .newlines)
    }

    /// Runs a command of `git draft`, with the agent's key in the environment.
    @discardableResult
    func draft(
        _ words: String, expecting status: Int32? = 0, environment: [String: String?] = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Outcome {
        let outcome = try sandbox.run(
            "git draft \(words)", environment: variables.merging(environment) { $1 })
        if let status {
            #expect(
                outcome.status == status, "git draft \(words): \(outcome.output)",
                sourceLocation: sourceLocation)
        }
        return outcome
    }

    /// Starts `git draft run`, and waits until the model was asked for something.
    func start(_ ticket: String, environment: [String: String?] = [:]) throws -> Child {
        let child = try sandbox.start(
            "exec git-draft run \(ticket)", merged: true,
            environment: variables.merging(environment) { $1 })
        let end = ContinuousClock.now + .seconds(300)
        while try turns().isEmpty, ContinuousClock.now < end { usleep(50_000) }
        try #require(try !turns().isEmpty, "the model was asked for nothing")
        return child
    }

    /// The processes of the agent's program that belong to this sandbox, and their environments.
    func processes() throws -> [Int32: [String: String]] {
        let program = URL(filePath: try agent.path()).resolvingSymlinksInPath().path
        var found: [Int32: [String: String]] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc") {
            guard let identifier = Int32(name),
                let path = try? FileManager.default.destinationOfSymbolicLink(
                    atPath: "/proc/\(name)/exe"), path == program,
                let data = FileManager.default.contents(atPath: "/proc/\(name)/environ"),
                data.range(of: Data(sandbox.root.path.utf8)) != nil
            else { continue }
            let pairs = String(decoding: data, as: UTF8.self).split(separator: "\0").map {
                $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            }
            found[identifier] = Dictionary(
                pairs.map { (String($0[0]), $0.count > 1 ? String($0[1]) : "") }
            ) { $1 }
        }
        return found
    }

    /// The processes at work below this sandbox whose command line holds a text.
    func commands(_ text: String) throws -> [Int32] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { name in
            guard let identifier = Int32(name),
                let folder = try? FileManager.default.destinationOfSymbolicLink(
                    atPath: "/proc/\(name)/cwd"), folder.hasPrefix(sandbox.root.path),
                let line = FileManager.default.contents(atPath: "/proc/\(name)/cmdline"),
                line.range(of: Data(text.utf8)) != nil
            else { return nil }
            return identifier
        }
    }

    /// A ticket as it is stored.
    func record(_ ticket: String) throws -> JSON {
        try stored("tickets/\(ticket.suffix(2))/\(ticket)")
    }

    /// The jobs of a ticket, oldest first.
    func jobs(_ ticket: String) throws -> [JSON] {
        let names = try sandbox.git("ls-tree", "-r", "--name-only", "refs/draft/board", "jobs/")
        return try names.split(separator: "\n").map { try stored(String($0.dropLast(5))) }
            .filter { $0["ticket_id"]?.string == ticket }
            .sorted { ($0["created_at"]?.string ?? "") < ($1["created_at"]?.string ?? "") }
    }

    /// The last job of a ticket.
    func job(_ ticket: String) throws -> JSON { try #require(jobs(ticket).last) }

    /// What the model was asked for, without what is asked of other addresses.
    func turns() throws -> [JSON] { try stub.requests().filter { $0["known"] == true } }

    private func stored(_ path: String) throws -> JSON {
        try JSON(parsing: sandbox.git("cat-file", "blob", "refs/draft/board:\(path).json"))
    }

    /// How a ticket and its last job stand.
    func standing(_ ticket: String) throws -> String {
        func words(_ record: JSON, _ key: String) -> String {
            let reason = record["reason"]?.string.map { " (\($0))" } ?? ""
            return (record[key]?.string ?? "?") + reason
        }
        let own = words(try record(ticket), "state")
        return try jobs(ticket).last.map { own + ", job " + words($0, "status") } ?? own
    }
}

/// What the table of `tools/test` is made from: each scenario writes how it ended.
enum Matrix {
    private static let folder = RealAgent.top.appending(path: ".build/agents/outcomes")

    /// Notes how a scenario ended with an agent.
    static func note(_ scenario: String, _ agent: RealAgent, _ outcome: String) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let line = "\(scenario)\t\(agent)\t\(outcome)\n"
        let name = "\(scenario) \(agent)".replacing("/", with: "-")
        try Data(line.utf8).write(to: folder.appending(path: name))
    }
}
