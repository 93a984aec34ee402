internal import Model

/// Decides whom a job may talk to.
struct AllowList {
    /// The entries; none allows nothing.
    let rules: [NetworkRule]

    /// Finds names.
    let resolver: Resolver

    /// The proxies of the machine.
    let upstream: UpstreamProxy

    /// Decides about a host and a port, and how it is reached.
    ///
    /// A name is resolved here, once; what is connected to is what was looked at.
    func route(to host: NetworkHost, port: UInt16, isSecure: Bool) throws(Fault) -> Route {
        let matching = rules.filter { $0.matches(host, port: port) }
        let target = port == 443 || port == 80 ? "\(host)" : "\(host):\(port)"
        guard !matching.isEmpty else {
            throw Fault(
                403,
                "the job may not talk to '\(host)' on port \(port); who allows it lists "
                    + "'\(target)' under 'sandbox.network' in draft.yaml")
        }
        if let kind = AddressKind(host) {
            guard kind != .unspecified, kind != .multicast else {
                throw Fault(403, "'\(host)' is \(kind.rawValue), which no list allows")
            }
        }
        if let proxy = upstream.proxy(for: host, isSecure: isSecure) {
            return Route(host: host, port: port, proxy: proxy)
        }
        guard case .name(let name) = host else { return Route(host: host, port: port) }
        let found = resolver.addresses(name)
        guard !found.isEmpty else { throw Fault(502, "'\(host)' cannot be resolved") }
        let isNamed = matching.contains { !$0.isWildcard }
        let good = found.filter { address in
            Self.isGood(address, name: name, isNamed: isNamed)
                || isListed(address, port)
        }
        guard !good.isEmpty else {
            let kind = found.lazy.compactMap { AddressKind($0) }.first { $0 != .global }
            throw Fault(
                403,
                "'\(host)' leads to a \(kind?.rawValue ?? "strange") address; who allows it lists "
                    + "the address and port under 'sandbox.network' in draft.yaml")
        }
        return Route(host: host, port: port, addresses: good)
    }

    /// Whether an address is on the list itself, and one that anything can be reached by.
    private func isListed(_ address: NetworkHost, _ port: UInt16) -> Bool {
        let kind = AddressKind(address)
        return kind != .unspecified && kind != .multicast
            && rules.contains { $0.matches(address, port: port) }
    }

    /// Whether a name may lead to an address: one of the world; of the own network if the very
    /// name is listed; of this machine only by its own name.
    private static func isGood(_ address: NetworkHost, name: String, isNamed: Bool) -> Bool {
        switch AddressKind(address) {
        case .global: true
        case .local, .standIn: isNamed
        case .loopback: isNamed && name == "localhost"
        default: false
        }
    }
}
