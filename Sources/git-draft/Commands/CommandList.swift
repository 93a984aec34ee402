import Porcelain

/// Every command, in the order in which help shows them.
enum CommandList {
    static let all: [any Command.Type] = [
        Init.self, TrustCommand.self,
        GoalCommands.self, PlanCommand.self, Accept.self, Reject.self, TicketCommands.self,
        Ready.self,
        Run.self, Cancel.self, Retry.self,
        ReviewCommand.self, Land.self,
        Questions.self, Answer.self, Ask.self,
        ConfigCommand.self, ManualCommand.self,
        Supervise.self, Replay.self,
    ]
}
