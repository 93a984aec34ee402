internal import Model

/// What an address is good for: the world's addresses, and those that lead to something near.
enum AddressKind: String {
    case global
    case loopback
    case linkLocal = "link-local"
    case local = "private"
    case multicast
    case unspecified
    case reserved

    /// For documents and measurements, hence what proxies and private networks of a machine
    /// answer with in the place of a server (RFC 5737, RFC 2544).
    case standIn = "stand-in"

    /// The kind of an address; `nil` for a name.
    init?(_ host: NetworkHost) {
        switch host {
        case .name: return nil
        case .v4(let bytes): self = Self.v4(bytes)
        case .v6(let bytes): self = Self.v6(bytes)
        }
    }

    private static func v4(_ bytes: [UInt8]) -> AddressKind {
        let (first, second, third) = (bytes[0], bytes[1], bytes[2])
        switch (first, second) {
        case (0, _): return .unspecified
        case (10, _), (192, 168), (172, 16...31), (100, 64...127): return .local
        case (127, _): return .loopback
        case (169, 254): return .linkLocal
        case (192, 0) where third == 2: return .standIn
        case (192, 0) where third == 0: return .reserved
        case (192, 88) where third == 99: return .reserved
        case (240...255, _): return .reserved
        case (198, 18...19): return .standIn
        case (198, 51) where third == 100: return .standIn
        case (203, 0) where third == 113: return .standIn
        case (224...239, _): return .multicast
        default: return .global
        }
    }

    private static func v6(_ bytes: [UInt8]) -> AddressKind {
        let zeros = bytes.prefix { $0 == 0 }.count
        if zeros == 16 { return .unspecified }
        if zeros == 15, bytes[15] == 1 { return .loopback }
        // IPv4 in other clothes: a translator or a tunnel would take it there.
        if zeros >= 10 { return .reserved }
        switch (bytes[0], bytes[1]) {
        case (0x00, 0x64): return bytes[2] == 0xff ? v4(Array(bytes[12...])) : .reserved
        case (0x01, 0x00): return .reserved
        case (0x20, 0x02): return v4(Array(bytes[2..<6]))
        case (0x20, 0x01) where bytes[2] == 0 && bytes[3] == 0: return .reserved
        case (0x20, 0x01) where bytes[2] == 0x0d && bytes[3] == 0xb8: return .reserved
        case (0xfe, 0x80...0xbf): return .linkLocal
        case (0xfe, 0xc0...0xff), (0xfc...0xfd, _): return .local
        case (0xff, _): return .multicast
        default: return .global
        }
    }
}
