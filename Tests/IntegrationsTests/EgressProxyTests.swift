import CProcess
import Foundation
import Glibc
import Model
import Synchronization
import Testing

@testable import Integrations

/// Doors to the hosts of a list, over real sockets.
@Suite struct EgressProxyTests {
    private func proxy(_ hosts: String...) throws -> EgressDoor.Kind {
        .proxy(allow: try hosts.map { try NetworkRule(parsing: $0) })
    }

    // MARK: - What is let through

    @Test func `a tunnel carries bytes both ways, and ends where each side does`() throws {
        let server = try Upstream { line in
            // Answers only when the other side has said everything.
            let all = line.readAll()
            line.send("got \(all.count), ")
            line.send([UInt8](repeating: 0x78, count: 300_000))
        }
        let bench = try EgressBench(["agent": proxy("127.0.0.1:\(server.port)")])
        let line = try Line(bench.open("agent"))
        line.send("CONNECT 127.0.0.1:\(server.port) HTTP/1.1\r\nHost: x\r\n\r\nearly")
        #expect(line.read(through: "\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
        line.send([UInt8](repeating: 0x79, count: 1_000_000))
        line.end()
        let answer = line.readAll()
        #expect(String(decoding: answer.prefix(13), as: UTF8.self) == "got 1000005, ")
        #expect(answer.count == 300_013)
        let decision = try #require(bench.finish().first)
        #expect(decision.verdict == .allowed && decision.host == "127.0.0.1")
        #expect(decision.port == server.port)
        #expect(decision.sent == 1_000_005 && decision.received == 300_013)
    }

    @Test func `plain requests are passed on one after another, under the name of the target`()
        throws
    {
        let server = try Upstream.echo()
        let bench = try EgressBench(["agent": proxy("127.0.0.1:\(server.port)")])
        let line = try Line(bench.open("agent"))
        let target = "http://127.0.0.1:\(server.port)"
        line.send(
            "GET \(target)/a?b=c HTTP/1.1\r\nHost: evil.example\r\nProxy-Authorization: Basic x\r\n"
                + "Connection: X-Hop\r\nX-Hop: 1\r\nX-Kept: 2\r\n\r\n")
        let first = line.read(through: "body 0")
        #expect(first.contains("GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n"))
        #expect(first.contains("X-Kept: 2") && first.contains("X-Own: yes"))
        #expect(!first.contains("evil") && !first.contains("X-Hop") && !first.contains("Basic"))
        line.send(
            "POST \(target) HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
        #expect(line.read(through: "body 3").contains("POST / HTTP/1.1"))
        let decisions = try bench.finish()
        #expect(decisions.map(\.verdict) == [.allowed, .allowed])
        #expect(!decisions.map(\.json.line).joined().contains("b=c"))
    }

    @Test func `a name is resolved once, and what was resolved is connected to`() throws {
        let server = try Upstream.echo()
        let asked = Mutex(0)
        let resolver = Resolver { _ in
            asked.withLock { $0 += 1 }
            return [.v4([127, 0, 0, 1])]
        }
        let bench = try EgressBench(
            ["agent": proxy("localhost:\(server.port)")], resolver: resolver)
        let line = try Line(bench.open("agent"))
        line.send("CONNECT localhost:\(server.port) HTTP/1.1\r\n\r\n")
        #expect(line.read(through: "\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
        line.send("GET / HTTP/1.1\r\n\r\n")
        #expect(line.read(through: "body 0").contains("200 OK"))
        #expect(asked.withLock { $0 } == 1)
        _ = try bench.finish()
    }

    @Test(arguments: [NetworkHost.v4([127, 0, 0, 1]), .name("localhost")])
    func `a forward leads to one place, whatever is said there`(host: NetworkHost) throws {
        let server = try Upstream { line in
            line.send("hello ")
            line.send("got \(line.readAll().count)")
        }
        let bench = try EgressBench(["agent": .forward(host: host, port: server.port)])
        let line = try Line(bench.open("agent"))
        #expect(line.read(through: "hello ") == "hello ")
        line.send("CONNECT evil.example:443 HTTP/1.1\r\n\r\n")
        line.end()
        #expect(String(decoding: line.readAll(), as: UTF8.self) == "got 37")
        let decision = try #require(bench.finish().first)
        #expect(decision.host == "\(host)" && decision.port == server.port)
        #expect(decision.verdict == .allowed && decision.sent == 37)
    }

    @Test func `the proxy of the machine is gone through, except where it is not wanted`() throws {
        let server = try Upstream.echo()
        let proxy = try Upstream { line in
            let head = line.read(through: "\r\n\r\n")
            guard head.hasPrefix("CONNECT api.example:443 ") else { return }
            line.send(
                "HTTP/1.1 200 ok\r\n\r\n" + (head.contains("Basic dTpw") ? "with" : "without"))
        }
        let upstream = UpstreamProxy(
            https: "http://u:p@127.0.0.1:\(proxy.port)", except: ["localhost"])
        let bench = try EgressBench(
            ["agent": self.proxy("api.example", "localhost:\(server.port)")], upstream: upstream)
        let port = try bench.open("agent")
        let line = try Line(port)
        line.send("CONNECT api.example:443 HTTP/1.1\r\n\r\n")
        #expect(line.read(through: "with").hasSuffix("\r\n\r\nwith"))
        let direct = try Line(port)
        direct.send("CONNECT localhost:\(server.port) HTTP/1.1\r\n\r\n")
        #expect(direct.read(through: "\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
        #expect(proxy.connections == 1)
        _ = try bench.finish()
    }

    // MARK: - What is not

    @Test(arguments: [
        "evil.example:443", "listed.example:22", "sub.listed.example:443", "127.0.0.1:80",
        "169.254.169.254:80", "[::1]:443",
    ])
    func `who is not listed is refused with the key that would allow it`(target: String) throws {
        let bench = try EgressBench(["agent": proxy("listed.example")])
        let line = try Line(bench.open("agent"))
        line.send("CONNECT \(target) HTTP/1.1\r\n\r\n")
        let answer = String(decoding: line.readAll(), as: UTF8.self)
        #expect(answer.hasPrefix("HTTP/1.1 403 Forbidden\r\n"))
        #expect(answer.contains("under 'sandbox.network' in draft.yaml"))
        #expect(try bench.finish().map(\.verdict) == [.refused])
    }

    @Test func `an empty list allows nothing`() throws {
        let server = try Upstream.echo()
        let bench = try EgressBench(["agent": .proxy(allow: [])])
        let line = try Line(bench.open("agent"))
        line.send("GET http://127.0.0.1:\(server.port)/ HTTP/1.1\r\n\r\n")
        #expect(String(decoding: line.readAll(), as: UTF8.self).hasPrefix("HTTP/1.1 403 "))
        #expect(server.connections == 0)
        _ = try bench.finish()
    }

    @Test(arguments: [
        ("*.listed.example", NetworkHost.v4([10, 0, 0, 1])),
        ("*.listed.example", .v4([203, 0, 113, 80])),
        ("a.listed.example", .v4([127, 0, 0, 1])), ("a.listed.example", .v4([169, 254, 169, 254])),
        ("a.listed.example", .v4([0, 0, 0, 0])), ("a.listed.example", .v4([224, 0, 0, 1])),
        (
            "a.listed.example",
            .v6([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1])
        ),
        ("a.listed.example", .v6([UInt8](repeating: 0, count: 15) + [1])),
        ("a.listed.example", .v6([0xfe, 0x80] + [UInt8](repeating: 1, count: 14))),
        (
            "a.listed.example",
            .v6([0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 169, 254, 169, 254])
        ),
    ])
    func `a listed name that leads to something near is refused`(
        rule: String, address: NetworkHost
    ) throws {
        let bench = try EgressBench(
            ["agent": proxy(rule)], resolver: Resolver { _ in [address] })
        let line = try Line(bench.open("agent"))
        line.send("CONNECT a.listed.example:443 HTTP/1.1\r\n\r\n")
        #expect(String(decoding: line.readAll(), as: UTF8.self).hasPrefix("HTTP/1.1 403 "))
        #expect(try bench.finish().map(\.verdict) == [.refused])
    }

    @Test(arguments: [
        ([":PORT"], true), ([], false), ([":1"], false),
    ])
    func `a listed name may lead to this machine where the address is listed, too`(
        ports: [String], isReached: Bool
    ) throws {
        let server = try Upstream { $0.send("hello") }
        let rules =
            ["listed.example:\(server.port)"]
            + ports.map { "127.0.0.1" + $0.replacing("PORT", with: "\(server.port)") }
        let bench = try EgressBench(
            ["agent": .proxy(allow: rules.map { try NetworkRule(parsing: $0) })],
            resolver: Resolver { _ in [.v4([127, 0, 0, 1])] })
        let line = try Line(bench.open("agent"))
        line.send("CONNECT listed.example:\(server.port) HTTP/1.1\r\n\r\n")
        let answer = line.read(through: "\r\n\r\n")
        #expect(answer.hasPrefix(isReached ? "HTTP/1.1 200 " : "HTTP/1.1 403 "))
    }

    @Test(arguments: [
        "CONNECT evil.example\u{0}.listed.example:443 HTTP/1.1\r\n\r\n",
        "CONNECT user@listed.example:443 HTTP/1.1\r\n\r\n",
        "CONNECT listed.example.:443 HTTP/1.1\r\n\r\n",
        "CONNECT listed.example HTTP/1.1\r\n\r\n", "CONNECT listed.example:0443 HTTP/1.1\r\n\r\n",
        "CONNECT listed.example:443:22 HTTP/1.1\r\n\r\n",
        "CONNECT [fe80::1%eth0]:443 HTTP/1.1\r\n\r\n",
        "CONNECT [::ffff:127.0.0.1]:443 HTTP/1.1\r\n\r\n", "CONNECT 127.1:80 HTTP/1.1\r\n\r\n",
        "CONNECT 0x7f000001:80 HTTP/1.1\r\n\r\n", "CONNECT 2130706433:80 HTTP/1.1\r\n\r\n",
        "CONNECT 0177.0.0.1:80 HTTP/1.1\r\n\r\n", "CONNECT lіsted.example:443 HTTP/1.1\r\n\r\n",
        "GET http://evil.example@listed.example/ HTTP/1.1\r\n\r\n",
        "GET http://listed.example\\@evil.example/ HTTP/1.1\r\n\r\n",
        "GET https://listed.example/ HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: listed.example\r\n\r\n",
        "GET ftp://listed.example/ HTTP/1.1\r\n\r\n",
        "GET http://listed.example/ HTTP/1.1\nHost: x\n\r\n\r\n",
        "GET http://listed.example/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "GET http://listed.example/ HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET http://listed.example/ HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "GET http://listed.example/ HTTP/1.1\r\nX : y\r\n\r\n",
        "GET http://listed.example/ HTTP/1.1\r\nX: y\r\n folded\r\n\r\n",
        "GET http://listed.example/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET http://listed.example/ HTTP/2.0\r\n\r\n", "\u{16}\u{3}\u{1}\r\n\r\n",
    ])
    func `what two readers could understand in two ways is refused`(request: String) throws {
        let asked = Mutex<[String]>([])
        let resolver = Resolver { name in
            asked.withLock { $0.append(name) }
            return []
        }
        let bench = try EgressBench(["agent": proxy("listed.example")], resolver: resolver)
        let line = try Line(bench.open("agent"))
        line.send(request)
        let answer = String(decoding: line.readAll(), as: UTF8.self)
        #expect(
            ["400", "403", "505"].contains { answer.hasPrefix("HTTP/1.1 \($0) ") }, "\(answer)")
        #expect(asked.withLock { $0 }.isEmpty)
        #expect(try bench.finish().allSatisfy { $0.verdict == .refused })
    }

    // MARK: - Bounds

    @Test func `a head that is too large or too slow is refused`() throws {
        let patient = try EgressBench(["agent": proxy("listed.example")])
        let large = try Line(patient.open("agent"))
        large.send("GET http://listed.example/ HTTP/1.1\r\nX: ")
        large.send([UInt8](repeating: 0x61, count: 70_000))
        #expect(large.read(through: "\r\n").hasPrefix("HTTP/1.1 431 "))
        _ = try patient.finish()
        let bench = try EgressBench(
            ["agent": proxy("listed.example")], limits: EgressLimits(headSeconds: 1))
        let slow = try Line(bench.open("agent"))
        slow.send("GET http://lis")
        #expect(slow.read(through: "\r\n").hasPrefix("HTTP/1.1 408 "))
        _ = try bench.finish()
    }

    @Test func `a tunnel in which nothing moves ends`() throws {
        let server = try Upstream { line in _ = line.readAll() }
        let bench = try EgressBench(
            ["agent": proxy("127.0.0.1:\(server.port)")], limits: EgressLimits(idleSeconds: 1))
        let line = try Line(bench.open("agent"))
        line.send("CONNECT 127.0.0.1:\(server.port) HTTP/1.1\r\n\r\n")
        _ = line.readAll()
        #expect(try bench.finish().map(\.why) == ["nothing moved any more"])
    }

    @Test func `connections beyond the bound wait for their turn`() throws {
        let server = try Upstream.echo()
        let bench = try EgressBench(
            ["agent": proxy("127.0.0.1:\(server.port)")], limits: EgressLimits(connections: 2))
        let port = try bench.open("agent")
        for _ in 0..<3 {
            let lines = try (0..<2).map { _ in try Line(port) }
            let last = try Line(port)
            for line in lines + [last] {
                line.send("GET http://127.0.0.1:\(server.port)/ HTTP/1.0\r\n\r\n")
            }
            for line in lines + [last] {
                #expect(String(decoding: line.readAll(), as: UTF8.self).hasSuffix("body 0"))
            }
        }
        #expect(try bench.finish().map(\.count).reduce(0, +) == 9)
    }

    @Test func `a server that is not there is told of, with the reason`() throws {
        let nobody = try Listener(listening: false)
        let port = nobody.port
        let bench = try EgressBench(["agent": proxy("127.0.0.1:\(port)", "none.example")])
        let inside = try bench.open("agent")
        for target in ["127.0.0.1:\(port)", "none.example:443"] {
            let line = try Line(inside)
            line.send("CONNECT \(target) HTTP/1.1\r\n\r\n")
            let answer = String(decoding: line.readAll(), as: UTF8.self)
            #expect(answer.hasPrefix("HTTP/1.1 502 Bad Gateway\r\n"), "\(answer)")
        }
        #expect(try bench.finish().map(\.verdict) == [.failed, .failed])
    }

    @Test func `only listening sockets of loopback are taken`() throws {
        let bench = try EgressBench(["agent": .proxy(allow: [])])
        let file = unsafe open("/dev/null", O_RDONLY)
        defer { close(file) }
        #expect(try !bench.hand(file, to: "agent"))
        let server = try Upstream { _ in }
        let line = try Line(server.port)
        #expect(try !bench.hand(line.socket, to: "agent"))
        let listener = try Listener()
        #expect(try bench.hand(listener.socket, to: "agent"))
        _ = try bench.finish()
    }

    @Test func `a socket that blocks whoever accepts from it holds up nobody else`() throws {
        let server = try Upstream.echo()
        let bench = try EgressBench([
            "agent": proxy("127.0.0.1:\(server.port)"), "model": proxy("127.0.0.1:\(server.port)"),
        ])
        let good = try bench.open("model")
        // One connection makes each of these ready, and only one of them gets it.
        let shared = try Listener()
        for _ in 0..<4 { #expect(try bench.hand(shared.socket, to: "agent")) }
        _ = fcntl(shared.socket, F_SETFL, 0)
        for _ in 0..<3 {
            for port in [shared.port, good] {
                let line = try Line(port)
                line.send("GET http://127.0.0.1:\(server.port)/ HTTP/1.0\r\n\r\n")
                #expect(String(decoding: line.readAll(), as: UTF8.self).hasSuffix("body 0"))
            }
        }
        #expect(try bench.finish().map(\.count).reduce(0, +) == 6)
    }

    @Test func `a door takes so many sockets, and the others still take theirs`() throws {
        let bench = try EgressBench(["agent": .proxy(allow: []), "model": .proxy(allow: [])])
        let listener = try Listener()
        var taken = 0
        while taken < 100, try bench.hand(listener.socket, to: "agent") { taken += 1 }
        #expect((32..<100).contains(taken))
        #expect(try bench.hand(listener.socket, to: "model"))
        _ = try bench.finish()
    }

    // MARK: - Evidence

    @Test func `no flood of refusals hides what was let through`() throws {
        let output = FileManager.default.temporaryDirectory.appending(path: "log-\(UUID())")
        let file = unsafe open(output.path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        defer {
            close(file)
            try? FileManager.default.removeItem(at: output)
        }
        let log = DecisionLog(output: file)
        func decide(_ host: String, _ verdict: EgressDecision.Verdict, why: String? = nil) {
            let id = log.begin(door: "agent", host: host, port: 443)
            log.count(id, sent: 2, received: 3)
            log.end(id, verdict, why: why)
        }
        for _ in 0..<5000 { decide("same.example", .refused, why: "no") }
        for number in 0..<5000 { decide("x\(number).example", .refused, why: "no") }
        for number in 0..<3 { decide("late.example", .failed, why: "after \(number) ms") }
        for _ in 0..<3 { decide("good.example", .allowed) }
        log.finish()
        let lines = try String(contentsOf: output, encoding: .utf8)
            .split(separator: "\n").compactMap { EgressDecision(String($0)) }
        func sum(_ host: String) -> [Int64] {
            let same = lines.filter { $0.host == host }
            return [\EgressDecision.count, \.sent, \.received].map { path in
                same.map { $0[keyPath: path] }.reduce(0, +)
            }
        }
        #expect(sum("same.example") == [5000, 10_000, 15_000])
        #expect(sum("good.example") == [3, 6, 9] && sum("late.example") == [3, 6, 9])
        #expect(lines.allSatisfy { ($0.last ?? $0.at) >= $0.at })
        #expect(lines.count < 1010)
        #expect(
            lines.last?.why == "4001 further refusals, of 4001 hosts, are left out",
            "\(lines.last?.why ?? "")")
    }
}
