internal import CProcess
internal import Glibc

/// A file descriptor with one owner, closed when that goes away.
struct Descriptor: ~Copyable {
    /// The number, or -1 for none.
    let number: Int32

    deinit { if number >= 0 { _ = close(number) } }
}

/// The two ends of a pipe that no other program inherits.
struct Pipe: ~Copyable {
    /// What comes out.
    let readEnd: Descriptor

    /// What goes in.
    let writeEnd: Descriptor

    /// Opens a pipe.
    init(for action: String) throws {
        var numbers: (Int32, Int32) = (-1, -1)
        let code = unsafe cprocess_pipe(&numbers.0, &numbers.1)
        readEnd = Descriptor(number: numbers.0)
        writeEnd = Descriptor(number: numbers.1)
        if code != 0 { throw ExecutionError.system(action, code) }
    }
}

extension ExecutionError {
    /// The refusal of a system call, with the system's own words.
    static func system(_ action: String, _ code: Int32, as kind: Code = .system) -> Self {
        ExecutionError(kind, action, reason: words(for: code))
    }

    /// What the C library says about an error number, as git would print it.
    static func words(for code: Int32) -> String {
        var text = [CChar](repeating: 0, count: 256)
        guard unsafe strerror_r(code, &text, text.count) == 0 else { return "error \(code)" }
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Duration {
    /// The whole milliseconds of it, rounded up, for poll(2).
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow, product < Int64.max - 1000 else { return .max }
        return product + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }
}
