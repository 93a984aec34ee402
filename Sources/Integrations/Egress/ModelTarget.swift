internal import Model

/// Holds requests to a model's server below the path that its base URL names.
///
/// Behind the same host there may be what the key opens too, such as the administration of a
/// gateway. A path that some server could read as one that leads out is refused.
enum ModelTarget {
    /// The address that a request is taken to.
    ///
    /// - Parameters:
    ///   - target: What the request asks for.
    ///   - server: The base URL.
    /// - Returns: The address, spelled as the request has it.
    /// - Throws: ``Fault`` if that is not certainly below the path of the base URL.
    static func url(_ target: String, on server: ServerAddress) throws(Fault) -> String {
        guard target.utf8.first == UInt8(ascii: "/"), !target.utf8.contains(UInt8(ascii: "#"))
        else {
            throw Fault(400, "this is a server; the request does not name a path")
        }
        let rest = target.utf8.dropFirst(server.prefix.utf8.count)
        guard target.utf8.starts(with: server.prefix.utf8),
            rest.isEmpty || rest.first == UInt8(ascii: "/") || rest.first == UInt8(ascii: "?")
        else {
            throw Fault(400, "the path of the request does not begin with '\(server.prefix)'")
        }
        guard isPlain(Array(rest.prefix { $0 != UInt8(ascii: "?") })) else {
            throw Fault(400, "the path of the request could be read as another one")
        }
        return server.origin + target
    }

    /// Whether all servers read a path as the same steps down.
    private static func isPlain(_ path: [UInt8]) -> Bool {
        guard !path.starts(with: "//".utf8) else { return false }
        let first = path.dropFirst().prefix { $0 != UInt8(ascii: "/") }
        guard !first.contains(UInt8(ascii: "@")) else { return false }
        // What is decoded twice is another path after the second time.
        var path = path
        for _ in 0..<8 {
            guard isPlainOnce(path), let decoded = decode(path) else { return false }
            guard decoded.count < path.count else { return true }
            path = decoded
        }
        return false
    }

    private static func isPlainOnce(_ path: [UInt8]) -> Bool {
        guard path.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }),
            String(validating: path, as: UTF8.self) != nil
        else { return false }
        // Some take off what follows a semicolon, and white space and dots at an end.
        return path.split(separator: UInt8(ascii: "/")).allSatisfy { step in
            let name = step.prefix { $0 != UInt8(ascii: ";") }
            return name.isEmpty || !name.allSatisfy { $0 == UInt8(ascii: ".") || $0 == 0x20 }
        }
    }

    /// Decodes each `%` and two digits once; `nil` if a `%` stands for itself.
    private static func decode(_ path: [UInt8]) -> [UInt8]? {
        var result: [UInt8] = []
        var index = 0
        while index < path.count {
            guard path[index] == UInt8(ascii: "%") else {
                result.append(path[index])
                index += 1
                continue
            }
            guard index + 2 < path.count, let high = digit(path[index + 1]),
                let low = digit(path[index + 2])
            else { return nil }
            result.append(high << 4 | low)
            index += 3
        }
        return result
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
