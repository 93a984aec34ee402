import Porcelain

/// `git draft job`: the runs of agents, validation and landing.
struct JobCommands: CommandGroup {
    static let help = Help("List and show jobs", verb: "job", group: "Execution")
    static let subcommands: [any Command.Type] = [JobList.self, JobShow.self]
}
