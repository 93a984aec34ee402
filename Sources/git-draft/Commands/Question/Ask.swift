import GitStore
import Model
import Porcelain

/// `git draft ask`.
struct Ask: Command {
    static let help = Help(
        "Ask a question about a ticket", group: "Questions",
        description: "Whoever knows answers by `git draft answer`; the ticket stays as it is.")

    @Argument("which ticket") var ticket: String
    @Argument("what to ask") var text: String
    @Option("--choice", value: "answer", help: "offer <answer>") var choices: [String]
    @Flag("--strict", help: "accept no other answer than the choices") var isStrict
    @Options var output: OutputOptions

    func validate() throws {
        if text.allSatisfy(\.isWhitespace) { throw UsageError("the question is empty") }
        if isStrict, choices.isEmpty { throw UsageError("--strict needs --choice") }
        try checkWords(choices, "--choice")
    }

    func run(in context: Context) async throws {
        let session = try Session(context)
        let actor = try session.actor()
        let question = try session.board.transact(as: actor) { transaction in
            let ticket = try transaction.ticket(self.ticket)
            return Question(
                try transaction.create(
                    .question,
                    [
                        "ticket_id": .string(ticket.id), "text": .string(text),
                        "choices": JSON(choices), "freeform": .bool(!isStrict),
                        "asked_by": .string(actor.id),
                    ], as: .questionAsked, EventDetails(goal: ticket.goalID)))
        }
        let name = sentenceName(question.id)
        try session.report(question, output, "asked \(name): \(escaped(question.text))")
    }
}
