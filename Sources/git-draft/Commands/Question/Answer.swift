import GitStore
import Model
import Porcelain

/// `git draft answer`.
struct Answer: Command {
    static let help = Help(
        "Answer a question", group: "Questions",
        description: """
            The answer is a choice, by its words or its number, or any text where that is \
            welcome. The job that asked then waits for its turn; `git draft run` takes it up.
            """)

    @Argument("which question, or the ticket with one open question", value: "question")
    var question: String
    @Argument("the answer", value: "choice|text") var answer: String
    @Options var output: OutputOptions

    func run(in context: Context) async throws {
        let session = try Session(context)
        let actor = try session.decider()
        let question = try session.board.transact(as: actor) { transaction in
            let question = try find(in: transaction)
            guard question.status == .open else {
                throw CommandError("question \(sentenceName(question.id)) is \(question.status)")
            }
            let (choice, text) = try reply(to: question)
            let answer: JSON = [
                "choice": JSON(choice), "text": JSON(text), "by": .string(actor.id),
                "source": "cli", "at": JSON(transaction.now),
            ]
            let answered = Question(
                try transaction.write(
                    question.record, ["status": ["status": "answered", "answer": answer]],
                    as: .questionAnswered))
            try requeue(question, in: transaction)
            return answered
        }
        try session.report(
            question, output,
            "answered \(sentenceName(question.id)): \(escaped(question.text))")
        guard let job = question.jobID, !output.json, !output.quiet else { return }
        if let ticket = question.ticketID {
            session.advise("git draft run \(sentenceName(ticket))")
        } else if let goal = try session.board.snapshot().view(Job.self, job)?.goalID {
            session.advise("git draft plan \(sentenceName(goal))")
        }
    }

    private func find(in transaction: Transaction) throws -> Question {
        let hit = try transaction.before.resolve(question, among: [.question, .ticket])
        guard hit.kind == .ticket else { return try transaction.require(Question.self, hit.id) }
        let open = try transaction.list(Question.self).filter {
            $0.ticketID == hit.id && $0.status == .open
        }
        guard open.count == 1 else {
            let name = sentenceName(hit.id)
            guard !open.isEmpty else { throw CommandError("ticket \(name) has no open question") }
            throw CommandError(
                "ticket \(name) has \(open.count) open questions; name the one that you mean",
                hint: "git draft questions")
        }
        return open[0]
    }

    /// What the argument means: one of the choices, else a text of the person's own.
    private func reply(to question: Question) throws -> (choice: String?, text: String?) {
        let choices = question.choices
        if let choice = choices.first(where: { $0.utf8.elementsEqual(answer.utf8) }) {
            return (choice, nil)
        }
        if let number = Int(answer), number > 0, number <= choices.count {
            return (choices[number - 1], nil)
        }
        guard !answer.allSatisfy(\.isWhitespace) else { throw CommandError("the answer is empty") }
        guard question.isFreeform || choices.isEmpty else {
            let list = choices.map(quoted).joined(separator: ", ")
            throw CommandError(
                "\(quoted(answer)) is none of the choices: \(list)",
                hint: "git draft answer \(sentenceName(question.id)) 1")
        }
        return (nil, answer)
    }

    /// Lets the job that asked wait for its turn, unless it waits for another answer too.
    private func requeue(_ question: Question, in transaction: Transaction) throws {
        guard let id = question.jobID, let record = try transaction.record(.job, id) else { return }
        let job = Job(record)
        let others = try transaction.list(Question.self).filter {
            $0.jobID == id && $0.status == .open && $0.id != question.id
        }
        guard job.status == .waitingForInput, others.isEmpty else { return }
        try job.status.checkMove(to: .queued)
        let status: JSON = [
            "status": "queued", "reason": nil, "outcome": nil, "finished_at": nil,
        ]
        try transaction.write(
            job.record, ["status": status], as: .jobRequeued,
            EventDetails(from: job.status.word, to: JobStatus.queued.word, reason: "question"))
    }
}
