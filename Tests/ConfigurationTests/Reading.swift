import Model
import Testing

@testable import Configuration

/// The lines of the error that a text is refused with, or none if it is read.
func refusal(_ read: () throws -> Void) -> [String] {
    do {
        try read()
        return []
    } catch let error as ConfigurationError {
        return error.problems.map(\.description)
    } catch {
        return ["another error: \(error)"]
    }
}

/// What a test needed was not there.
struct Missing: Error {}

/// Bytes that are the same on every run, of an alphabet that parsers trip over.
struct Noise {
    private var state: UInt64

    /// Starts a sequence of its own for each seed.
    init(seed: UInt64) {
        state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    }

    /// The next number below a bound.
    mutating func next(below bound: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % UInt64(bound))
    }

    /// Words, marks and bytes in any order.
    mutating func bytes(_ words: [String]) -> [UInt8] {
        var result: [UInt8] = []
        for _ in 0..<next(below: 60) {
            if next(below: 12) == 0 {
                result.append(UInt8(next(below: 256)))
            } else {
                result += Array(words[next(below: words.count)].utf8)
            }
        }
        return result
    }
}
