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

    /// Whether libcurl, too, reads an address as one of this host and port.
    func isTarget(of url: String) -> Bool {
        guard let parts = unsafe curl_url() else { return false }
        defer { unsafe curl_url_cleanup(parts) }
        let isRead = unsafe curl_url_set(parts, CURLUPART_URL, url, UInt32(CURLU_PATH_AS_IS))
        guard isRead == CURLUE_OK else { return false }
        func part(_ kind: CURLUPart) -> String? {
            var text: UnsafeMutablePointer<CChar>?
            let code = unsafe curl_url_get(parts, kind, &text, UInt32(CURLU_DEFAULT_PORT))
            guard code == CURLUE_OK, let text = unsafe text else { return nil }
            defer { unsafe curl_free(text) }
            return unsafe String(cString: text)
        }
        return part(CURLUPART_HOST).flatMap { NetworkHost($0) } == host
            && part(CURLUPART_PORT) == "\(port)" && part(CURLUPART_USER) == nil
    }
}
