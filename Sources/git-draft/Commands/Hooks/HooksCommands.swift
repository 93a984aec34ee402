import Execution
import Porcelain

/// `git draft hooks`.
struct HooksCommands: CommandGroup {
    static let help = Help(
        "Install the hooks of git that call us", verb: "hooks", group: "Care")
    static let subcommands: [any Command.Type] = [
        HooksInstall.self, HooksUninstall.self, HooksStatus.self,
    ]
}

/// `git draft hooks install`.
struct HooksInstall: Command {
    static let help = Help(
        "Install the hooks", verb: "install",
        description: """
            A hook that is there goes on running, with the same arguments and input; ours comes \
            first. Where `core.hooksPath` leads to files that you commit, or that other \
            repositories share, nothing is written; the lines to add are printed instead.
            """)

    @Flag("--json", help: "print JSON") var json

    func run(in context: Context) async throws {
        let session = try Session(context)
        _ = try session.decider()
        let report = HooksReport(try Hooks(session).install(), session)
        try report.show(json: json, asList: true)
        if report.hasFailures { throw Verdict(status: ExitStatus.fatal) }
    }
}

/// `git draft hooks uninstall`.
struct HooksUninstall: Command {
    static let help = Help(
        "Remove the hooks", verb: "uninstall",
        description: """
            What was there before is put back as it was. What somebody else has written since \
            stays as it is.
            """)

    @Flag("--json", help: "print JSON") var json

    func run(in context: Context) async throws {
        let session = try Session(context)
        _ = try session.decider()
        let hooks = Hooks(session)
        let (removed, failures) = try hooks.uninstall()
        let report = HooksReport(try hooks.status(), session)
        if json {
            try report.show(json: true, asList: true)
        } else {
            let names = removed.map(\.rawValue).joined(separator: ", ")
            try session.terminal.writeLine(
                removed.isEmpty ? "no hook of ours was installed" : "removed \(names)")
            try report.linesToRemove()
        }
        for failure in failures { session.warn(failure) }
        if failures.contains(where: { $0.hasPrefix("cannot ") }) {
            throw Verdict(status: ExitStatus.fatal)
        }
    }
}

/// `git draft hooks status`.
struct HooksStatus: Command {
    static let help = Help(
        "Say whether the hooks are installed", verb: "status",
        description: "The exit status is 1 if git does not call us where it should.")

    @Flag("--json", help: "print JSON") var json

    func run(in context: Context) async throws {
        let session = try Session(context)
        let report = HooksReport(try Hooks(session).status(), session)
        try report.show(json: json, asList: true)
        guard report.isComplete else { throw Verdict(status: ExitStatus.no) }
    }
}

extension Hooks {
    /// Looks at the repository of a command.
    init(_ session: Session) {
        self.init(session.repository, home: session.context.environment["HOME"])
    }
}
