/// The server of a model, as its base URL names it.
public struct ServerAddress: Hashable, Sendable {
    /// Whether it speaks TLS.
    public let isSecure: Bool

    /// Who it is.
    public let host: NetworkHost

    /// Which port.
    public let port: UInt16

    /// What the paths of its requests begin with, without a slash at the end.
    public let prefix: String

    /// Reads a base URL; `nil` if it is none, or has a user, a query or a fragment.
    public init?(_ text: String) {
        let schemes: [(String, Bool)] = [("https://", true), ("http://", false)]
        guard let scheme = schemes.first(where: { text.lowercased().utf8.starts(with: $0.0.utf8) }),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !"@?#\\".utf8.contains($0) })
        else { return nil }
        let rest = text.utf8.dropFirst(scheme.0.utf8.count)
        let authority = rest.prefix { $0 != UInt8(ascii: "/") }
        guard let halves = NetworkRule.halves(String(decoding: authority, as: UTF8.self)),
            let host = NetworkHost(halves.host)
        else { return nil }
        isSecure = scheme.1
        self.host = host
        port = halves.port ?? (scheme.1 ? 443 : 80)
        var path = Array(rest.dropFirst(authority.count))
        while path.last == UInt8(ascii: "/") { path.removeLast() }
        prefix = String(decoding: path, as: UTF8.self)
    }

    /// The server without any path.
    public var origin: String { "\(isSecure ? "https" : "http")://\(host):\(port)" }
}
