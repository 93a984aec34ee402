import FoundationEssentials
import Glibc
import Porcelain

extension Context {
    /// The largest file that a command reads.
    static let maximumInput = 1 << 20

    /// A path that the user gave, from where the user is.
    func absolute(_ path: String) -> String {
        path.utf8.first == UInt8(ascii: "/") ? path : "\(directory)/\(path)"
    }

    /// Reads a file that the user named; `-` is standard input.
    ///
    /// - Throws: ``CommandError`` if it cannot be read or is larger than 1 MiB.
    func read(_ path: String) throws -> [UInt8] {
        let isInput = path == "-"
        let file = isInput ? STDIN_FILENO : unsafe open(absolute(path), O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Self.failure(path) }
        defer { if !isInput { close(file) } }
        var bytes: [UInt8] = []
        while true {
            let part = try unsafe [UInt8](unsafeUninitializedCapacity: 65536) { buffer, count in
                let length = unsafe Glibc.read(file, buffer.baseAddress, buffer.count)
                guard length >= 0 else { throw Self.failure(path) }
                count = length
            }
            if part.isEmpty { return bytes }
            bytes += part
            guard bytes.count <= Self.maximumInput else {
                throw CommandError("'\(path)' is larger than 1 MiB")
            }
        }
    }

    /// Reads a text file that the user named, without the line ends at its end.
    func readText(_ path: String) throws -> String {
        guard let text = String(validating: try read(path), as: UTF8.self) else {
            throw CommandError("'\(path)' is not valid UTF-8")
        }
        var view = text[...]
        while view.last?.isNewline == true { view.removeLast() }
        return String(view)
    }

    private static func failure(_ path: String) -> CommandError {
        let reason = unsafe String(cString: strerror(errno))
        return CommandError("cannot read '\(path)': \(reason)")
    }
}
