internal import CCurl
internal import Model

/// One connection from inside, from its first request to its end.
struct Visit {
    /// The door that it came to.
    let door: EgressDoor

    /// What the service was told.
    let order: EgressOrder

    /// Finds names.
    let resolver: Resolver

    /// Where decisions go.
    let log: DecisionLog

    /// Serves a connection.
    ///
    /// - Parameter socket: The connection; closed at the end.
    func serve(_ socket: Int32) {
        let limits = order.limits
        let end = ContinuousClock.now + .seconds(limits.totalSeconds)
        let wire = Wire(owning: socket, idle: .seconds(limits.idleSeconds), end: end)
        let reader = RequestReader(wire)
        guard let handle = CurlHandle() else { return }
        if case .forward(let host, let port) = door.kind {
            try? noting(host, port) { id throws(Fault) in
                let rule = NetworkRule(host: host, port: port)
                let list = AllowList(rules: [rule], resolver: resolver, upstream: order.upstream)
                let route = try list.route(to: host, port: port, isSecure: false)
                try tunnel(reader, handle, route, id, until: end, answer: "")
            }
            return
        }
        while true {
            do throws(Fault) {
                guard let head = try reader.head(within: .seconds(limits.headSeconds)) else {
                    return
                }
                let goesOn =
                    switch door.kind {
                    case .forward: false
                    case .proxy(let rules): try proxy(head, reader, handle, rules, until: end)
                    case .model(let base, let pairs): try model(head, reader, handle, base, pairs)
                    }
                guard goesOn else { return }
            } catch {
                if error.status != 0 { try? wire.send(Reply.bytes(error)) }
                return
            }
        }
    }

    /// Does something that is a decision, and writes down how it ended.
    private func noting<Result>(
        _ host: NetworkHost?, _ port: UInt16?, _ body: (Int) throws(Fault) -> Result
    ) throws(Fault) -> Result {
        let id = log.begin(door: door.name, host: host?.description ?? "", port: port)
        do throws(Fault) {
            let result = try body(id)
            log.end(id)
            return result
        } catch {
            let isRefusal = [400, 403, 405, 501].contains(error.status)
            log.end(id, isRefusal ? .refused : .failed, why: error.sentence)
            throw error
        }
    }

    // MARK: - Hosts of a list

    private func proxy(
        _ head: RequestHead, _ reader: RequestReader, _ handle: CurlHandle,
        _ rules: [NetworkRule], until end: ContinuousClock.Instant
    ) throws(Fault) -> Bool {
        let list = AllowList(rules: rules, resolver: resolver, upstream: order.upstream)
        if head.method == "CONNECT" {
            let target = NetworkRule.halves(head.target)
            let host = target.flatMap { NetworkHost($0.host) }
            try noting(host, target?.port ?? nil) { id throws(Fault) in
                guard let host, let port = target?.port ?? nil else {
                    throw Fault(400, "the request names no host and port")
                }
                let route = try list.route(to: host, port: port, isSecure: true)
                try tunnel(reader, handle, route, id, until: end)
            }
            return false
        }
        let url = head.target
        let address = Self.address(of: url)
        return try noting(address?.host, address?.port) { id throws(Fault) in
            guard let address else {
                throw Fault(400, "this is a proxy; the request does not name a server")
            }
            let route = try list.route(to: address.host, port: address.port, isSecure: false)
            let exchange = Exchange(head, reader, order.limits) {
                log.count(id, sent: $0, received: $1)
            }
            try exchange.perform(
                address.url, headers: head.endToEnd, by: route, with: handle,
                authorities: order.authorities)
            return exchange.canGoOn
        }
    }

    /// What an absolute target of plain HTTP names, and the URL made anew from that.
    private static func address(
        of target: String
    ) -> (host: NetworkHost, port: UInt16, url: String)? {
        let scheme = "http://"
        guard target.lowercased().utf8.starts(with: scheme.utf8) else { return nil }
        let rest = target.utf8.dropFirst(scheme.utf8.count)
        let authority = rest.prefix { !"/?#".utf8.contains($0) }
        guard let halves = NetworkRule.halves(String(decoding: authority, as: UTF8.self)),
            let host = NetworkHost(halves.host)
        else { return nil }
        let path = String(decoding: rest.dropFirst(authority.count), as: UTF8.self)
        guard !path.utf8.contains(UInt8(ascii: "#")) else { return nil }
        let port = halves.port ?? 80
        let slash = path.utf8.first == UInt8(ascii: "/") ? "" : "/"
        return (host, port, "http://\(host):\(port)\(slash)\(path)")
    }

    private func tunnel(
        _ reader: RequestReader, _ handle: CurlHandle, _ route: Route, _ id: Int,
        until end: ContinuousClock.Instant,
        answer: String = "HTTP/1.1 200 Connection established\r\n\r\n"
    ) throws(Fault) {
        handle.reset()
        route.apply(to: handle, order.limits)
        handle.set(CURLOPT_URL, "http://\(route.host):\(route.port)/")
        handle.set(CURLOPT_CONNECT_ONLY, 1)
        handle.set(CURLOPT_HTTPPROXYTUNNEL, 1)
        if let authorities = order.authorities { handle.set(CURLOPT_CAINFO, authorities) }
        if let proxy = route.proxy, proxy.lowercased().hasPrefix("https:") {
            throw Fault(502, "the proxy of this machine speaks TLS, which is not supported")
        }
        if let words = handle.perform() { throw Fault(502, words) }
        guard let socket = handle.socket else { throw Fault(502, "the connection is gone") }
        try reader.wire.send(answer)
        let tunnel = Tunnel(inside: reader.wire.number, outside: socket) {
            log.count(id, sent: $0, received: $1)
        }
        let words = tunnel.run(
            first: reader.takeRest(), idle: .seconds(order.limits.idleSeconds), end: end)
        if let words { throw Fault(0, words) }
    }

    // MARK: - The server of a model

    private func model(
        _ head: RequestHead, _ reader: RequestReader, _ handle: CurlHandle, _ base: String,
        _ pairs: [EgressDoor.Replacement]
    ) throws(Fault) -> Bool {
        guard let server = ServerAddress(base) else {
            throw Fault(502, "the address of the model's server is malformed")
        }
        return try noting(server.host, server.port) { id throws(Fault) in
            let url = try ModelTarget.url(head.target, on: server)
            guard head.values("upgrade").isEmpty else {
                throw Fault(501, "only plain requests are passed on")
            }
            guard Credentials.methods.contains(head.method) else {
                throw Fault(405, "only GET, HEAD, POST and DELETE are taken to the model")
            }
            let headers = try Credentials(pairs: pairs).replaced(in: head.endToEnd)
            let proxy = order.upstream.proxy(for: server.host, isSecure: server.isSecure)
            let route = Route(host: server.host, port: server.port, proxy: proxy)
            let exchange = Exchange(head, reader, order.limits, filter: AnswerFilter(pairs)) {
                log.count(id, sent: $0, received: $1)
            }
            try exchange.perform(
                url, headers: headers, by: route, with: handle,
                authorities: order.authorities)
            return exchange.canGoOn
        }
    }
}
