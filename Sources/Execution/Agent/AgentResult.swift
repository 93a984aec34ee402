public import Model

/// What an agent says of its turn, by the file that `DRAFT_RESULT` names.
public struct AgentResult: Sendable, Equatable {
    /// Whether it thinks that it is done.
    public var status: Status
    /// What it did, in its words.
    public var summary: String?
    /// How it goes about the work.
    public var plan: String?
    /// What it asks.
    public var question: AgentQuestion?
    /// What it found out.
    public var findings: String?
    /// All of it, as the agent wrote it.
    public let json: JSON

    /// How an agent may end its turn.
    public enum Status: String, Sendable {
        /// The work is done.
        case done
        /// It cannot do it.
        case failed
        /// It needs an answer.
        case needsInput = "needs_input"
    }

}

/// What an agent asks a person.
public struct AgentQuestion: Sendable, Equatable {
    /// What is asked.
    public var text: String
    /// The answers to choose from.
    public var choices: [String]
    /// Whether any other answer is welcome.
    public var isFreeform: Bool
    /// What one must know to answer.
    public var context: String?
}

/// A result that is none.
public struct AgentResultError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One line.
    public let description: String
}

extension AgentResult {
    /// The largest result, in bytes: 1 MiB.
    public static let limit = 1 << 20

    /// The longest plan, and the longest findings, that are taken over; in bytes.
    static let textLimit = 256 << 10

    /// The longest of its other texts, in bytes.
    static let sentenceLimit = 16 << 10

    /// The most choices of a question.
    static let choiceLimit = 32

    /// Reads a result.
    ///
    /// - Parameters:
    ///   - bytes: What the agent wrote.
    ///   - redact: Takes secrets out of its texts.
    /// - Throws: ``AgentResultError`` if it is malformed, which counts as a failure.
    public init(
        parsing bytes: [UInt8], redact: (String) -> String = { $0 }
    ) throws(AgentResultError) {
        let json: JSON
        do {
            json = try JSON(parsing: bytes, limit: Self.limit).mapStrings(redact)
        } catch {
            throw AgentResultError(description: "the agent's result is malformed: \(error)")
        }
        guard let word = json["status"]?.string, let status = Status(rawValue: word) else {
            throw AgentResultError(
                description: "the agent's result has no status of done, failed or needs_input")
        }
        self.status = status
        self.json = json
        summary = Self.text(json["summary"], Self.sentenceLimit)
        plan = Self.text(json["plan"], Self.textLimit)
        findings = Self.text(json["findings"], Self.textLimit)
        if status == .needsInput {
            guard let text = Self.text(json["question"]?["text"], Self.sentenceLimit),
                !text.isEmpty
            else {
                throw AgentResultError(description: "the agent needs input, but asks nothing")
            }
            let question = json["question"] ?? .null
            self.question = AgentQuestion(
                text: text,
                choices: (question["choices"]?.array ?? []).prefix(Self.choiceLimit)
                    .compactMap { Self.text($0, Self.sentenceLimit) },
                isFreeform: question["freeform"]?.bool ?? true,
                context: Self.text(question["context"], Self.sentenceLimit))
        }
    }

    private static func text(_ value: JSON?, _ limit: Int) -> String? {
        value?.string.map { Text.boundedHeadAndTail($0, limit: limit) }
    }
}
