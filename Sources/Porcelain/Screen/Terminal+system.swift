import Glibc

extension Terminal {
    /// The terminal of the process.
    ///
    /// `SIGPIPE` must be ignored for a write to report ``BrokenPipe``. The colour
    /// is what `--color` says, and the setting what git's configuration says.
    public static func system(
        environment: [String: String], color: ColorMode? = nil, setting: String? = nil
    ) -> Terminal {
        var terminal = Terminal(
            output: { try writeAll($0, to: STDOUT_FILENO) },
            error: { try writeAll($0, to: STDERR_FILENO) },
            input: { readLine(from: STDIN_FILENO) })
        terminal.inputIsTTY = isatty(STDIN_FILENO) == 1
        terminal.outputIsTTY = isatty(STDOUT_FILENO) == 1
        terminal.errorIsTTY = isatty(STDERR_FILENO) == 1
        terminal.isDumb = Porcelain.isDumb(environment)
        terminal.measure(environment: environment)
        return terminal.colored(color, setting: setting, environment: environment)
    }

    /// Asks anew how large the terminal is: the environment, the system, 80 by 24.
    public mutating func measure(environment: [String: String]) {
        var size = winsize()
        for descriptor in [STDOUT_FILENO, STDERR_FILENO, STDIN_FILENO] where size.ws_col == 0 {
            if unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) != 0 { size = winsize() }
        }
        width = count(environment["COLUMNS"]) ?? (size.ws_col > 0 ? Int(size.ws_col) : 80)
        height = count(environment["LINES"]) ?? (size.ws_row > 0 ? Int(size.ws_row) : 24)
    }
}

/// A number of columns or lines that a terminal can have.
private func count(_ word: String?) -> Int? {
    guard let number = word.flatMap({ Int($0) }), 1...10_000 ~= number else { return nil }
    return number
}

/// Writes everything, whatever interrupts it.
func writeAll(_ text: String, to descriptor: Int32) throws {
    try writeAll(Array(text.utf8), to: descriptor)
}

/// Writes bytes that may be no text, whatever interrupts it.
///
/// - Parameters:
///   - bytes: What is written, as it is.
///   - descriptor: Where to.
/// - Throws: ``BrokenPipe`` if nobody reads any more, or ``WriteError``.
public func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = unsafe rest.withUnsafeBytes { buffer in
            unsafe write(descriptor, buffer.baseAddress, buffer.count)
        }
        if count >= 0 {
            rest = rest.dropFirst(count)
            continue
        }
        switch errno {
        case EINTR: continue
        case EAGAIN: waitUntilWritable(descriptor)
        case EPIPE: throw BrokenPipe()
        case let code:
            let reason = unsafe String(cString: strerror(code)).lowercased()
            throw WriteError(code: code, description: "cannot write the output: \(reason)")
        }
    }
}

/// Somebody else may have made our terminal non-blocking.
private func waitUntilWritable(_ descriptor: Int32) {
    var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    _ = unsafe poll(&request, 1, -1)
}

/// A line without its end, read byte by byte to leave the rest to others.
func readLine(from descriptor: Int32) -> String? {
    var bytes: [UInt8] = []
    while bytes.count < 4096 {
        var byte: UInt8 = 0
        let count = unsafe read(descriptor, &byte, 1)
        if count < 0, errno == EINTR { continue }
        if count <= 0 { return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self) }
        if byte == UInt8(ascii: "\n") { break }
        bytes.append(byte)
    }
    return String(decoding: bytes, as: UTF8.self)
}
