import GitStore
import Model
import Porcelain

/// `git draft trust`.
struct TrustCommand: Command {
    static let help = Help(
        "Accept the commands that the repository brings", verb: "trust", group: "Start",
        description: """
            Nothing that `draft.yaml` names runs before you accepted that very set of commands: \
            set-up, validation, and agents with their environment and scripts; and no agent gets \
            a skill, whose text steers it, before you accepted that one. What is new since \
            you last did is shown. The answer is kept on this machine, outside of the repository. \
            What `sandbox` of `draft.yaml` lets jobs reach is part of the set.

            With --branch, the set is that of a remote's branch as it was fetched, without a \
            checkout; `git draft worker --trust` takes the hash of a set that --show prints.
            """)

    @Flag("--yes", help: "accept without a question") var isYes
    @Flag("--show", help: "only show the commands") var isShow
    @Option("--branch", value: "remote/base", help: "of that branch, as it was fetched")
    var branch: String?
    @Flag("--json", help: "print JSON") var json

    func validate() throws {
        if isYes, isShow { throw UsageError("--yes and --show exclude each other") }
    }

    func run(in context: Context) async throws {
        let session = try Session(context)
        let actor = try isShow ? nil : session.decider()
        let (place, loaded) = try policy(session)
        guard let commands = try Trust.commands(of: loaded, in: session.repository) else {
            if json { return try report(nil, isAccepted: true, session) }
            return session.terminal.note("'\(escaped(place))' brings no commands")
        }
        let file = try TrustFile(session)
        let isKnown = try file.accepts(commands)
        guard let actor, !isKnown else {
            return try show(commands, isAccepted: isKnown, session)
        }
        _ = try session.board.snapshot()
        let lines = try difference(to: commands, from: file.last())
        if !json { try session.terminal.write(lines.map { $0 + "\n" }.joined()) }
        try confirm(session)
        try AcceptedCommands(commands: commands, commit: loaded.commit)
            .accept(as: actor, in: session)
        if json { return try report(commands, isAccepted: true, session) }
        session.terminal.note("accepted the commands of '\(escaped(place))'")
    }

    /// The policy whose commands are meant, and what to call the place that it comes from.
    private func policy(_ session: Session) throws -> (place: String, policy: LoadedPolicy) {
        let loader = PolicyLoader(session)
        guard let branch else {
            let (base, loaded) = try loader.current()
            return (base.place, loaded)
        }
        let remotes = session.repository.configuration.remotes().map(\.name)
        let remote = remotes.first { branch.utf8.starts(with: "\($0)/".utf8) }
        guard remote != nil,
            let tip = try? session.repository.target(
                of: "refs/remotes/\(branch)")
        else {
            throw CommandError(
                "no branch '\(branch)' was fetched",
                hint: remote.map { "git fetch \($0)" } ?? "git branch --remotes")
        }
        return (branch, try loader.load(at: tip))
    }

    private func show(_ commands: JSON, isAccepted: Bool, _ session: Session) throws {
        if json { return try report(commands, isAccepted: isAccepted, session) }
        if isShow {
            for line in Trust.lines(commands) { try session.terminal.writeLine(line) }
            session.terminal.note("hash \(Trust.hash(of: commands))")
        }
        session.terminal.note(
            isAccepted ? "these commands are accepted" : "these commands are not accepted yet")
        if !isAccepted {
            session.advise("git draft trust" + (branch.map { " --branch \($0)" } ?? ""))
        }
    }

    private func report(_ commands: JSON?, isAccepted: Bool, _ session: Session) throws {
        try session.printJSON([
            "schema": 1, "accepted": .bool(isAccepted), "commands": commands ?? .null,
            "hash": JSON(commands.map(Trust.hash)),
        ])
    }

    private func confirm(_ session: Session) throws {
        guard !isYes else { return }
        switch session.terminal.ask("accept these commands?") {
        case true: return
        case false:
            session.terminal.note("nothing was accepted")
            throw Verdict(status: ExitStatus.no)
        case nil:
            throw CommandError(
                "cannot ask without a terminal",
                hint: "git draft trust --yes" + (branch.map { " --branch \($0)" } ?? ""))
        }
    }

    /// The lines of both sets, marked with what became of them.
    private func difference(to new: JSON, from old: JSON?) -> [String] {
        let (before, after) = (old.map { Trust.lines($0) } ?? [], Trust.lines(new))
        let changes = after.difference(from: before)
        var gone: [Int: String] = [:]
        var added: Set<Int> = []
        for change in changes {
            switch change {
            case .remove(let offset, let line, _): gone[offset] = line
            case .insert(let offset, _, _): added.insert(offset)
            }
        }
        var lines: [String] = []
        var place = 0
        for (index, line) in after.enumerated() {
            while let removed = gone[place] {
                lines.append("- \(removed)")
                place += 1
            }
            lines.append((added.contains(index) ? "+ " : "  ") + line)
            if !added.contains(index) { place += 1 }
        }
        return lines
            + gone.keys.filter { $0 >= place }.sorted().compactMap { key in
                gone[key].map { "- \($0)" }
            }
    }
}
