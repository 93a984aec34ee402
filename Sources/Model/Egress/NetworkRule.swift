/// One entry of `sandbox.network`: a host that a job may talk to.
///
/// It is a host, a host and a port, or `*.` and a name, which stands for every name below that
/// one. Without a port it is for 443 and 80.
public struct NetworkRule: Hashable, Sendable, CustomStringConvertible {
    /// The host; of a wildcard the name above.
    public let host: NetworkHost

    /// Whether it is for all names below the host, and not for the host.
    public let isWildcard: Bool

    /// The port; `nil` stands for 443 and 80.
    public let port: UInt16?

    /// Creates an entry.
    public init(host: NetworkHost, isWildcard: Bool = false, port: UInt16? = nil) {
        self.host = host
        self.isWildcard = isWildcard
        self.port = port
    }

    /// Reads an entry.
    ///
    /// - Throws: ``NetworkRuleError`` if it is none, with the reason.
    public init(parsing text: String) throws(NetworkRuleError) {
        if text.utf8.contains(UInt8(ascii: "/")) {
            throw NetworkRuleError(text, "a host is wanted, not an address of a page")
        }
        guard let (host, port) = Self.halves(text) else {
            throw NetworkRuleError(text, "its port is none")
        }
        self.port = port
        isWildcard = host.utf8.starts(with: "*.".utf8)
        let name = isWildcard ? String(host.dropFirst(2)) : host
        guard let parsed = NetworkHost(name) else {
            throw NetworkRuleError(text, "it is no host; write NAME, *.NAME or ADDRESS")
        }
        self.host = parsed
        guard isWildcard else { return }
        guard !parsed.isAddress, name.utf8.contains(UInt8(ascii: ".")) else {
            throw NetworkRuleError(text, "'*.' needs a name of two parts at least")
        }
    }

    /// The entry as it is written.
    public var description: String {
        (isWildcard ? "*." : "") + "\(host)" + (port.map { ":\($0)" } ?? "")
    }

    /// Whether the entry is for a host and a port.
    public func matches(_ other: NetworkHost, port other_port: UInt16) -> Bool {
        guard port.map({ $0 == other_port }) ?? (other_port == 443 || other_port == 80) else {
            return false
        }
        guard isWildcard else { return other == host }
        guard case .name(let name) = other, case .name(let above) = host else { return false }
        return name.utf8.count > above.utf8.count + 1
            && name.utf8.suffix(above.utf8.count + 1).elementsEqual(".\(above)".utf8)
    }

    /// Cuts an entry or the target of a request into the host and the port.
    ///
    /// - Returns: The host as it is spelled; `nil` if what follows the last colon is no port.
    public static func halves(_ text: String) -> (host: String, port: UInt16?)? {
        let bytes = Array(text.utf8)
        let start = bytes.lastIndex(of: UInt8(ascii: "]")) ?? bytes.startIndex
        guard let colon = bytes[start...].firstIndex(of: UInt8(ascii: ":")) else {
            return (text, nil)
        }
        let digits = bytes[(colon + 1)...]
        guard (1...5).contains(digits.count), digits.first != UInt8(ascii: "0"),
            digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(String(decoding: digits, as: UTF8.self))
        else { return nil }
        return (String(decoding: bytes[..<colon], as: UTF8.self), port)
    }
}

/// An entry of `sandbox.network` that names no host.
public struct NetworkRuleError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The entry.
    public let entry: String

    /// What is wrong with it.
    public let reason: String

    init(_ entry: String, _ reason: String) {
        self.entry = entry
        self.reason = reason
    }

    /// One line for people.
    public var description: String { "bad host '\(entry)': \(reason)" }
}
