internal import Glibc
public import Model

/// Finds the addresses of a name.
public struct Resolver: Sendable {
    /// The addresses of a name, in the order of preference; none if it has none.
    public var addresses: @Sendable (String) -> [NetworkHost]

    /// Resolves by a function.
    public init(_ addresses: @escaping @Sendable (String) -> [NetworkHost]) {
        self.addresses = addresses
    }

    /// As the machine resolves names.
    public static let system = Resolver { name in
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(name, nil, &hints, &list) == 0 else {
            return []
        }
        defer { unsafe freeaddrinfo(list) }
        var found: [NetworkHost] = []
        var next = unsafe list
        while let entry = unsafe next {
            if let host = unsafe Self.host(entry.pointee), !found.contains(host) {
                found.append(host)
            }
            unsafe next = unsafe entry.pointee.ai_next
        }
        return found
    }

    private static func host(_ entry: addrinfo) -> NetworkHost? {
        guard let address = unsafe entry.ai_addr else { return nil }
        switch unsafe entry.ai_family {
        case AF_INET:
            let raw = unsafe UnsafeRawPointer(address).load(as: sockaddr_in.self)
            return .v4(unsafe withUnsafeBytes(of: raw.sin_addr) { unsafe Array($0) })
        case AF_INET6:
            let raw = unsafe UnsafeRawPointer(address).load(as: sockaddr_in6.self)
            return .v6(unsafe withUnsafeBytes(of: raw.sin6_addr) { unsafe Array($0) })
        default: return nil
        }
    }
}
