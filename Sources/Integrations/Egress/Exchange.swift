internal import CCurl
internal import Model

/// One request that is passed on to a server, and its answer, which is passed back as it comes.
final class Exchange {
    /// What is asked, and by whom.
    private let head: RequestHead
    private let reader: RequestReader
    private let limits: EgressLimits
    private let count: (_ sent: Int, _ received: Int) -> Void

    private var headers: [[UInt8]] = []
    private var status = 0
    private var isInterim = false
    private var isChunked = false
    private var wantsContinue: Bool
    private var lastMove = ContinuousClock.now
    private var fault: Fault?

    /// Takes keys out of the head of the answer, and out of its body.
    private let filter: AnswerFilter
    private var bodyFilter: AnswerFilter

    /// Whether anything of the answer was passed back.
    private(set) var hasAnswered = false

    /// Whether the connection inside can serve another request.
    private(set) var canGoOn: Bool

    /// Prepares to pass on a request.
    ///
    /// - Parameters:
    ///   - head: Its head.
    ///   - reader: Where its body is.
    ///   - limits: The bounds.
    ///   - filter: Takes keys out of the answer.
    ///   - count: Gets how many bytes went out and came in.
    init(
        _ head: RequestHead, _ reader: RequestReader, _ limits: EgressLimits,
        filter: AnswerFilter = AnswerFilter([]),
        count: @escaping (_ sent: Int, _ received: Int) -> Void
    ) {
        self.head = head
        self.reader = reader
        self.limits = limits
        self.count = count
        self.filter = filter
        bodyFilter = filter
        wantsContinue = head.has("100-continue", in: "expect")
        canGoOn = !head.isLast
    }

    /// Passes the request on.
    ///
    /// - Parameters:
    ///   - url: Whereto.
    ///   - headers: What it says, in place of its own headers.
    ///   - route: The way there.
    ///   - handle: Who does it.
    ///   - authorities: The file of trusted authorities; `nil` is the system's.
    /// - Throws: ``Fault`` if no complete answer was passed back.
    func perform(
        _ url: String, headers: [(name: String, value: [UInt8])], by route: Route,
        with handle: CurlHandle, authorities: String?
    ) throws(Fault) {
        guard route.isTarget(of: url) else {
            throw Fault(400, "the request does not lead to '\(route.host)' on port \(route.port)")
        }
        handle.reset()
        route.apply(to: handle, limits)
        handle.set(CURLOPT_URL, url)
        handle.set(CURLOPT_TIMEOUT, limits.totalSeconds)
        if let authorities { handle.set(CURLOPT_CAINFO, authorities) }
        var lines = headers.map { header in
            header.value.isEmpty
                ? Array("\(header.name);".utf8) : Array("\(header.name): ".utf8) + header.value
        }
        for name in ["Expect", "Accept"]
        where !headers.contains(where: { $0.name.lowercased() == name.lowercased() }) {
            lines.append(Array("\(name):".utf8))
        }
        handle.set(CURLOPT_HTTPHEADER, lines: lines)
        prepareBody(handle)
        prepareCallbacks(handle)
        let words = withExtendedLifetime(self) { handle.perform() }
        if let fault { throw fault }
        if let words {
            // It may quote what the server said.
            let told = filter.whole(Array(words.utf8))
            throw Fault(hasAnswered ? 0 : 502, String(decoding: told, as: UTF8.self))
        }
        try finish()
    }

    private func prepareBody(_ handle: CurlHandle) {
        if head.method == "HEAD" {
            handle.set(CURLOPT_NOBODY, 1)
        } else if !reader.isBodyDone || ["POST", "PUT", "PATCH"].contains(head.method) {
            handle.set(CURLOPT_UPLOAD, 1)
            if case .length(let length) = head.framing {
                handle.set(CURLOPT_INFILESIZE_LARGE, size: length)
            }
        }
        if head.method != "HEAD" { handle.set(CURLOPT_CUSTOMREQUEST, head.method) }
    }

    private func finish() throws(Fault) {
        let rest = bodyFilter.finish()
        if !rest.isEmpty { try reader.wire.send(framed(rest)) }
        if isChunked { try reader.wire.send("0\r\n\r\n") }
        if !reader.isBodyDone { canGoOn = false }
    }
}

// MARK: - What libcurl calls

extension Exchange {
    private func prepareCallbacks(_ handle: CurlHandle) {
        let own = unsafe Unmanaged.passUnretained(self).toOpaque()
        let pointer = unsafe handle.pointer
        _ = unsafe ccurl_set_pointer(pointer, CURLOPT_HEADERDATA, own)
        _ = unsafe ccurl_set_transfer(pointer, CURLOPT_HEADERFUNCTION) { bytes, size, count, own in
            unsafe Exchange.call(own, bytes, size * count) { $0.takeHeader($1) } ?? 0
        }
        _ = unsafe ccurl_set_pointer(pointer, CURLOPT_WRITEDATA, own)
        _ = unsafe ccurl_set_transfer(pointer, CURLOPT_WRITEFUNCTION) { bytes, size, count, own in
            unsafe Exchange.call(own, bytes, size * count) { $0.takeBody($1) } ?? 0
        }
        _ = unsafe ccurl_set_pointer(pointer, CURLOPT_READDATA, own)
        _ = unsafe ccurl_set_transfer(pointer, CURLOPT_READFUNCTION) { bytes, size, count, own in
            guard let own = unsafe own, let bytes = unsafe bytes else { return 0 }
            let exchange = unsafe Unmanaged<Exchange>.fromOpaque(own).takeUnretainedValue()
            guard let piece = exchange.body(limit: size * count) else {
                return Int(CURL_READFUNC_ABORT)
            }
            unsafe piece.withUnsafeBytes { source in
                guard let start = source.baseAddress else { return }
                unsafe UnsafeMutableRawPointer(bytes).copyMemory(
                    from: start, byteCount: source.count)
            }
            return piece.count
        }
        handle.set(CURLOPT_NOPROGRESS, 0)
        _ = unsafe ccurl_set_pointer(pointer, CURLOPT_XFERINFODATA, own)
        _ = unsafe ccurl_set_progress(pointer) { own, _, _, _, _ in
            guard let own = unsafe own else { return 1 }
            return unsafe Unmanaged<Exchange>.fromOpaque(own).takeUnretainedValue().isStale ? 1 : 0
        }
    }

    /// Hands bytes to one of us; returns their number if they were taken.
    private static func call(
        _ own: UnsafeMutableRawPointer?, _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int,
        _ take: (Exchange, [UInt8]) -> Bool
    ) -> Int? {
        guard let own = unsafe own, let bytes = unsafe bytes else { return nil }
        let exchange = unsafe Unmanaged<Exchange>.fromOpaque(own).takeUnretainedValue()
        let copy = unsafe Array(UnsafeRawBufferPointer(start: bytes, count: size))
        return take(exchange, copy) ? size : nil
    }

    /// Whether to give up: nobody waits any more, or nothing has come for too long.
    private var isStale: Bool {
        if reader.wire.isHungUp {
            fault = .gone
            return true
        }
        guard ContinuousClock.now - lastMove > .seconds(limits.idleSeconds) else { return false }
        fault = Fault(hasAnswered ? 0 : 504, "the server has said nothing for too long")
        return true
    }

    /// The next piece of the request's body; `nil` if it broke off.
    private func body(limit: Int) -> ArraySlice<UInt8>? {
        do throws(Fault) {
            if wantsContinue {
                wantsContinue = false
                if head.isCurrent { try reader.wire.send("HTTP/1.1 100 Continue\r\n\r\n") }
            }
            let piece = try reader.read(limit: limit)
            lastMove = .now
            count(piece.count, 0)
            return piece
        } catch {
            fault = error
            return nil
        }
    }

    /// Takes a line of the head of the answer.
    private func takeHeader(_ line: [UInt8]) -> Bool {
        // What follows a body in pieces is for nobody.
        guard !hasAnswered else { return true }
        lastMove = .now
        var line = line[...]
        while let last = line.last, last == 0x0D || last == 0x0A { line.removeLast() }
        if line.starts(with: "HTTP/".utf8) {
            let words = line.split(separator: 0x20)
            status = words.count > 1 ? Int(String(decoding: words[1], as: UTF8.self)) ?? 0 : 0
            isInterim = (100..<200).contains(status)
            headers = []
            return true
        }
        guard line.isEmpty else {
            headers.append(Array(line))
            return true
        }
        return isInterim || answer()
    }

    /// Passes the head of the answer back.
    private func answer() -> Bool {
        hasAnswered = true
        var lines = ["HTTP/1.1 \(status) \(Reply.words(status))"].map { Array($0.utf8) }
        var hasLength = false
        let hasBody = head.method != "HEAD" && status != 204 && status != 304
        for header in headers {
            let name = String(decoding: header.prefix { $0 != 0x3A }, as: UTF8.self).lowercased()
            if hasBody, !filter.isIdle, Self.isCoded(name, header) {
                fault = Fault(
                    502, "the answer is compressed, and cannot be looked through for keys")
                hasAnswered = false
                return false
            }
            // With a placeholder in the place of a key the length is another one.
            if name == "content-length" { hasLength = filter.isIdle || !hasBody }
            let isOurs =
                RequestHead.hopByHop.contains(name) && !(name == "content-length" && hasLength)
            if !isOurs { lines.append(filter.whole(header)) }
        }
        if hasBody, !hasLength {
            isChunked = head.isCurrent
            if isChunked {
                lines.append(Array("Transfer-Encoding: chunked".utf8))
            } else {
                canGoOn = false
            }
        }
        if !canGoOn { lines.append(Array("Connection: close".utf8)) }
        return pass(Array(lines.joined(separator: [0x0D, 0x0A])) + [0x0D, 0x0A, 0x0D, 0x0A])
    }

    /// Whether a header says that the body is not as it is.
    private static func isCoded(_ name: String, _ header: [UInt8]) -> Bool {
        guard name == "content-encoding" || name == "transfer-encoding" else { return false }
        let value = String(decoding: header.drop { $0 != 0x3A }.dropFirst(), as: UTF8.self)
        return !value.lowercased().split { $0 == "," || $0 == " " || $0 == "\t" }.allSatisfy {
            $0 == "identity" || $0 == "chunked"
        }
    }

    /// Passes a piece of the answer's body back at once.
    private func takeBody(_ bytes: [UInt8]) -> Bool {
        guard !bytes.isEmpty else { return true }
        lastMove = .now
        count(0, bytes.count)
        let piece = bodyFilter.feed(bytes)
        return piece.isEmpty || pass(framed(piece))
    }

    /// Bytes of the body as they are sent.
    private func framed(_ bytes: [UInt8]) -> [UInt8] {
        guard isChunked else { return bytes }
        return Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + [0x0D, 0x0A]
    }

    private func pass(_ bytes: [UInt8]) -> Bool {
        do throws(Fault) {
            try reader.wire.send(bytes)
            return true
        } catch {
            fault = error
            return false
        }
    }
}
