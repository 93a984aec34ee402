/// Who is at the other end of a connection: a name or an address, strictly spelled.
public enum NetworkHost: Hashable, Sendable, CustomStringConvertible {
    /// A name of letters, digits and hyphens, in lower case.
    case name(String)

    /// An address of four bytes.
    case v4([UInt8])

    /// An address of sixteen bytes.
    case v6([UInt8])

    /// Reads a host as a request or a list names it; an IPv6 address stands in brackets.
    ///
    /// Refused is what two readers could take for two hosts: a dot at the end, white space, NUL,
    /// user names, zones, short, octal or hexadecimal addresses, and IPv4 within IPv6.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard (1...255).contains(bytes.count) else { return nil }
        if bytes.first == UInt8(ascii: "["), bytes.last == UInt8(ascii: "]") {
            guard let address = Self.v6(bytes.dropFirst().dropLast()) else { return nil }
            self = .v6(address)
            return
        }
        let labels = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        if let address = Self.v4(labels) {
            self = .v4(address)
            return
        }
        guard bytes.count <= 253, labels.allSatisfy(Self.isLabel), let last = labels.last,
            !Self.isNumeric(last)
        else { return nil }
        self = .name(String(decoding: bytes.map(Self.lowered), as: UTF8.self))
    }

    /// The host as a list of hosts names it.
    public var description: String {
        switch self {
        case .name(let name): name
        case .v4(let bytes): bytes.map { "\($0)" }.joined(separator: ".")
        case .v6(let bytes):
            "["
                + stride(from: 0, to: bytes.count, by: 2).map {
                    String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16)
                }.joined(separator: ":") + "]"
        }
    }

    /// Whether this is an address, not a name.
    public var isAddress: Bool {
        if case .name = self { false } else { true }
    }

    // MARK: - Parts

    private static func isLabel(_ label: ArraySlice<UInt8>) -> Bool {
        let hyphen = UInt8(ascii: "-")
        return (1...63).contains(label.count) && label.first != hyphen && label.last != hyphen
            && label.allSatisfy { isDigit($0) || isLetter($0) || $0 == hyphen }
    }

    /// Whether some reader would take a last label for a part of an address.
    private static func isNumeric(_ label: ArraySlice<UInt8>) -> Bool {
        if label.allSatisfy(isDigit) { return true }
        let isHexadecimal =
            label.first == UInt8(ascii: "0")
            && label.dropFirst().first.map(lowered) == UInt8(ascii: "x")
        return isHexadecimal && label.dropFirst(2).allSatisfy { isDigit($0) || isHex($0) }
    }

    private static func v4(_ parts: [ArraySlice<UInt8>]) -> [UInt8]? {
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy(isDigit),
                part.count == 1 || part.first != UInt8(ascii: "0"),
                let byte = UInt8(String(decoding: part, as: UTF8.self))
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func v6(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        let colon = UInt8(ascii: ":")
        let groups = Array(text).split(separator: colon, omittingEmptySubsequences: false)
        guard (3...9).contains(groups.count) else { return nil }
        // "::" is an empty group within, and two of them at an end.
        var left: [UInt16] = []
        var right: [UInt16]?
        for (index, group) in groups.enumerated() {
            if group.isEmpty {
                let isEdge = index == 0 || index == groups.count - 1
                if isEdge {
                    let neighbour = index == 0 ? groups[1] : groups[groups.count - 2]
                    guard neighbour.isEmpty else { return nil }
                    continue
                }
                guard right == nil else { return nil }
                right = []
                continue
            }
            guard group.count <= 4, group.allSatisfy({ isDigit($0) || isHex($0) }),
                let value = UInt16(String(decoding: group, as: UTF8.self), radix: 16)
            else { return nil }
            if right == nil { left.append(value) } else { right?.append(value) }
        }
        let known = left.count + (right?.count ?? 0)
        guard right == nil ? known == 8 : known < 8 else { return nil }
        let words = left + [UInt16](repeating: 0, count: 8 - known) + (right ?? [])
        let bytes = words.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
        return isMapped(bytes) ? nil : bytes
    }

    private static func isMapped(_ bytes: [UInt8]) -> Bool {
        bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }
}
