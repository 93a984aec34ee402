import Model
import Porcelain

/// How soon something is wanted: 0 to 100, or `P0` to `P3`.
struct Priority: ArgumentValue {
    /// The number, 0 to 100.
    let value: Int64

    static var expected: String { "a number from 0 to 100, or P0, P1, P2, P3" }

    init?(argument: String) {
        let buckets: [String: Int64] = ["P0": 90, "P1": 70, "P2": 50, "P3": 30]
        if let value = buckets[argument.uppercased()] {
            self.value = value
        } else if let value = Int64(argument), 0...100 ~= value {
            self.value = value
        } else {
            return nil
        }
    }
}

/// What a job on a ticket is to bring.
enum Mode: String, CaseIterable, ArgumentValue {
    /// A change.
    case fix
    /// Findings.
    case investigate
}

/// A state that a person names; `needs-human` is as good as `needs_human`.
struct StateWord: ArgumentValue {
    /// The state.
    let state: TicketState

    static var allWords: [String] { TicketState.known.map(\.word) }

    init?(argument: String) {
        guard let state = TicketState(known: argument.replacing("-", with: "_")) else {
            return nil
        }
        self.state = state
    }
}

/// Where a goal stands.
enum GoalStatus: String, CaseIterable, ArgumentValue {
    /// It is wanted.
    case open
    /// It is reached.
    case done
    /// Nobody wants it any more.
    case abandoned
}

/// Checks words that become elements of a set, such as labels.
///
/// - Throws: ``UsageError`` if one is blank, has several lines or is longer than 255 bytes.
func checkWords(_ words: [String], _ option: String) throws {
    for word in words {
        let isBlank = word.allSatisfy(\.isWhitespace)
        guard !isBlank, !word.contains(where: \.isNewline), word.utf8.count <= 255 else {
            throw UsageError(
                "bad value \(quoted(word)) for '\(option)'; expected one line of at most 255 bytes")
        }
    }
}
