import Porcelain

/// Every command, in the order in which help shows them.
enum CommandList {
    static let all: [any Command.Type] = [
        Init.self, TryCommand.self, TrustCommand.self, Status.self, BoardShow.self,
        GoalCommands.self, PlanCommand.self, Accept.self, Reject.self, TicketCommands.self,
        Ready.self,
        Run.self, Cancel.self, Retry.self, Worker.self,
        Take.self, PathCommand.self, Submit.self,
        ReviewCommand.self, Land.self,
        Questions.self, Answer.self, Ask.self,
        JobCommands.self, Diff.self, Log.self, Logs.self,
        HooksCommands.self, HookCommand.self, Doctor.self,
        RedTeamCommand.self,
        ConfigCommand.self, HelpCommand.self, Completion.self, CompleteWords.self,
        ManualCommand.self,
        Supervise.self, Replay.self,
    ]
}
