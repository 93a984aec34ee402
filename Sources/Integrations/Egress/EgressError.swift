internal import Glibc

/// A failure of the service that lets jobs out.
public struct EgressError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What could not be done.
    public let action: String

    /// Why.
    public let reason: String

    /// Creates a failure.
    public init(_ action: String, reason: String) {
        self.action = action
        self.reason = reason
    }

    /// One line for people.
    public var description: String { "cannot \(action): \(reason)" }

    /// The refusal of a system call, with the system's own words.
    static func system(_ action: String, _ code: Int32) -> EgressError {
        var text = [CChar](repeating: 0, count: 256)
        guard unsafe strerror_r(code, &text, text.count) == 0 else {
            return EgressError(action, reason: "error \(code)")
        }
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return EgressError(action, reason: String(decoding: bytes, as: UTF8.self))
    }
}

/// An answer of our own in place of the server's: an error of HTTP and a sentence.
struct Fault: Error {
    /// The status of HTTP; 0 if nobody is there to be told.
    var status: Int

    /// The sentence, for whoever reads what the program inside prints.
    var sentence: String

    /// A fault to be told.
    init(_ status: Int, _ sentence: String) {
        self.status = status
        self.sentence = sentence
    }

    /// The other side is gone or silent.
    static let gone = Fault(0, "the program inside went away")
}
