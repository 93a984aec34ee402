import Porcelain

/// `git draft ticket`.
struct TicketCommands: CommandGroup {
    static let help = Help("Work on tickets", verb: "ticket", group: "Goals and tickets")
    static let subcommands: [any Command.Type] = [
        TicketNew.self, TicketList.self, TicketShow.self, TicketEdit.self, TicketMove.self,
        TicketBlock.self, TicketUnblock.self,
        TicketRemove.self,
    ]
}
