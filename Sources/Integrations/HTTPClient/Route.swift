internal import CCurl
internal import Model

/// How a server is reached: its own addresses, or a proxy of the machine.
struct Route {
    /// Who is to be reached.
    var host: NetworkHost

    /// Which port.
    var port: UInt16

    /// The addresses that may be connected to, as they were resolved; empty for whatever libcurl
    /// finds, or a proxy does.
    var addresses: [NetworkHost] = []

    /// The proxy of the machine; `nil` for none.
    var proxy: String?

    /// Has a handle go this way and no other.
    func apply(to handle: CurlHandle, _ limits: EgressLimits) {
        handle.set(CURLOPT_PROXY, proxy ?? "")
        handle.set(CURLOPT_CONNECTTIMEOUT, limits.connectSeconds)
        guard proxy == nil, !host.isAddress, !addresses.isEmpty else { return }
        let list = addresses.map(\.description).joined(separator: ",")
        handle.set(CURLOPT_RESOLVE, lines: [Array("\(host):\(port):\(list)".utf8)])
    }
}
