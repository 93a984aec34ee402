import GitStore
import Model
import Porcelain

/// `git draft questions`.
struct Questions: Command {
    static let help = Help(
        "List the questions that wait for an answer", group: "Questions",
        description: "The fields of `--porcelain` are id, status, ticket and text.")

    @Flag("--all", help: "list those that were answered, too") var all
    @Options var past: PastOptions
    @Options var output: ListOptions

    func run(in context: Context) async throws {
        let session = try Session(context)
        let snapshot = try session.snapshot(at: past.at)
        let everything = try snapshot.list(Question.self)
        let questions = everything.filter { all || $0.status == .open }
            .sorted {
                ($0.createdAt ?? .distantPast, $0.id) < ($1.createdAt ?? .distantPast, $1.id)
            }
        if output.json {
            return try session.printJSON(JSON(schemaList: "questions", questions.map(\.shown)))
        }
        let plain = output.plain(questions) { [$0.status.word, $0.ticketID ?? "", $0.text] }
        if let plain { return try session.terminal.write(plain) }
        let names = ShortNames(everything.map(\.id))
        for question in questions {
            let ticket = try question.ticketID.flatMap { try snapshot.view(Ticket.self, $0) }
            let goal = try question.jobID.flatMap { try snapshot.view(Job.self, $0)?.goalID }
                .flatMap { try snapshot.view(Model.Goal.self, $0) }
            let subject = ticket?.sentence ?? goal?.sentence
            try session.terminal.write(Self.text(question, names[question.id], subject, session))
        }
    }

    /// A question with its choices, numbered as `git draft answer` takes them.
    private static func text(
        _ question: Question, _ name: String, _ subject: String?, _ session: Session
    ) -> String {
        var text = session.terminal.styled(name, .yellow)
        text += " " + escaped(question.text) + "\n"
        if let subject { text += "    \(subject)\n" }
        for (index, choice) in question.choices.enumerated() {
            text += "    \(index + 1)) \(escaped(choice))\n"
        }
        if question.status != .open {
            let answer = question.answer
            let words = answer["choice"]?.string ?? answer["text"]?.string ?? ""
            text += "    \(escaped("\(question.status): \(words)"))\n"
        }
        return text
    }
}
