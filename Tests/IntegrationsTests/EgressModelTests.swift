import Foundation
import Glibc
import Model
import Synchronization
import Testing

@testable import Integrations

/// The door to the server of a model, over real sockets.
@Suite struct EgressModelTests {
    private static let pair = EgressDoor.Replacement(
        placeholder: "draft-PH", value: "sk-real-0123456789")

    private func model(_ port: UInt16) -> [String: EgressDoor.Kind] {
        ["model": .model(base: "http://127.0.0.1:\(port)/api", replace: [Self.pair])]
    }

    @Test(arguments: ["x-api-key: draft-PH", "Authorization: Bearer draft-PH"])
    func `a placeholder becomes the key, which nothing else shows`(header: String) throws {
        let server = try Upstream.echo()
        let bench = try EgressBench(model(server.port))
        let line = try Line(bench.open("model"))
        line.send("POST /api/v1/messages?x=1 HTTP/1.1\r\n\(header)\r\nContent-Length: 2\r\n\r\n{}")
        // The server repeats all that it was told, which does not tell the key.
        let answer = line.read(through: "body 2")
        #expect(answer.contains("POST /api/v1/messages?x=1 HTTP/1.1\r\n"))
        #expect(answer.contains(header) && !answer.contains("sk-real"))
        let heard = server.heard
        #expect(heard.contains(header.replacing("draft-PH", with: "sk-real-0123456789")))
        let lines = try bench.finish().map(\.json.line).joined()
        #expect(lines.contains("\"allowed\"") && lines.contains("\"port\":\(server.port)"))
        #expect(!lines.contains("sk-real") && !lines.contains("draft-PH") && !lines.contains("x=1"))
    }

    @Test(arguments: [
        "x-api-key: sk-of-somebody-else", "Authorization: Bearer sk-of-somebody-else",
    ])
    func `a credential of somebody else is not taken along`(header: String) throws {
        let server = try Upstream.echo()
        let bench = try EgressBench(model(server.port))
        let line = try Line(bench.open("model"))
        line.send("GET /api HTTP/1.1\r\n\(header)\r\n\r\n")
        #expect(String(decoding: line.readAll(), as: UTF8.self).hasPrefix("HTTP/1.1 403 "))
        #expect(server.connections == 0)
        #expect(try bench.finish().map(\.verdict) == [.refused])
    }

    @Test(arguments: ["anthropic-beta", "Origin", "X-Any", "Cookie2", "User-Agent"])
    func `a placeholder in any other header stays one`(name: String) throws {
        let server = try Upstream.echo()
        let bench = try EgressBench(model(server.port))
        let line = try Line(bench.open("model"))
        line.send("GET /api HTTP/1.1\r\n\(name): Bearer draft-PH\r\n\r\n")
        #expect(line.read(through: "body 0").contains("\(name): Bearer draft-PH\r\n"))
        #expect(!server.heard.contains("sk-real"))
        _ = try bench.finish()
    }

    @Test(arguments: ["x-api-key: a draft-PH", "Authorization: Basic draft-PH", "Cookie: draft-PH"])
    func `a key is the whole of what it stands in`(header: String) throws {
        let server = try Upstream.echo()
        let bench = try EgressBench(model(server.port))
        let line = try Line(bench.open("model"))
        line.send("GET /api HTTP/1.0\r\n\(header)\r\n\r\n")
        #expect(String(decoding: line.readAll(), as: UTF8.self).hasPrefix("HTTP/1.1 403 "))
        #expect(server.connections == 0)
        _ = try bench.finish()
    }

    @Test(arguments: ["TRACE", "OPTIONS", "PUT", "PATCH", "PROPFIND", "get"])
    func `only the methods of a model's interface are passed on`(method: String) throws {
        let server = try Upstream.echo()
        let bench = try EgressBench(model(server.port))
        let line = try Line(bench.open("model"))
        line.send("\(method) /api HTTP/1.0\r\nx-api-key: draft-PH\r\n\r\n")
        #expect(String(decoding: line.readAll(), as: UTF8.self).hasPrefix("HTTP/1.1 405 "))
        #expect(server.connections == 0)
        #expect(try bench.finish().map(\.verdict) == [.refused])
    }

    @Test func `an answer that repeats the key, however it is spelled, does not tell it`() throws {
        let key = Self.pair.value
        let server = try Upstream { line in
            _ = line.read(through: "\r\n\r\n")
            let encoded = Data("key \(key)!".utf8).base64EncodedString()
            let body = "a \(key), \(key.replacing("-", with: "%2D")), \(encoded) end"
            line.send("HTTP/1.1 400 no\r\nX-Echo: <\(key)>\r\nTransfer-Encoding: chunked\r\n\r\n")
            // The pieces are cut within the key.
            for byte in body.utf8 { line.send("1\r\n\(Character(UnicodeScalar(byte)))\r\n") }
            line.send("0\r\n\r\n")
        }
        let bench = try EgressBench(model(server.port))
        let line = try Line(bench.open("model"))
        line.send("GET /api HTTP/1.1\r\nx-api-key: draft-PH\r\n\r\n")
        #expect(line.read(through: "\r\n\r\n").contains("X-Echo: <draft-PH>"))
        let body = String(decoding: line.readPieces(), as: UTF8.self)
        #expect(body.hasPrefix("a draft-PH, draft-PH, ") && body.hasSuffix(" end"), "\(body)")
        #expect(!body.contains(Data("key \(key)!".utf8).base64EncodedString()))
        _ = try bench.finish()
    }

    @Test func `an answer that cannot be looked through is not passed on`() throws {
        let server = try Upstream { line in
            let head = line.read(through: "\r\n\r\n").lowercased()
            let isPlain = head.contains("accept-encoding: identity\r\n") && !head.contains("range")
            line.send(
                "HTTP/1.1 \(isPlain ? 200 : 500) x\r\nContent-Encoding: gzip\r\n"
                    + "Content-Length: 4\r\n\r\nsk-r")
        }
        let bench = try EgressBench(model(server.port))
        let line = try Line(bench.open("model"))
        line.send(
            "GET /api HTTP/1.1\r\nAccept-Encoding: gzip\r\nRange: bytes=0-3\r\n"
                + "x-api-key: draft-PH\r\n\r\n")
        let answer = String(decoding: line.readAll(), as: UTF8.self)
        #expect(answer.hasPrefix("HTTP/1.1 502 ") && answer.contains("compressed"), "\(answer)")
        #expect(try bench.finish().map(\.verdict) == [.failed])
    }

    @Test func `an answer is passed back as it comes`() throws {
        let go = DispatchSemaphore(value: 0)
        let server = try Upstream { line in
            _ = line.read(through: "\r\n\r\n")
            line.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nfirst \r\n")
            // Says no more before the first word has arrived.
            go.wait()
            line.send("5\r\nthen \r\n0\r\n\r\n")
        }
        let bench = try EgressBench(model(server.port))
        let line = try Line(bench.open("model"))
        line.send("GET /api HTTP/1.1\r\nAccept: text/event-stream\r\n\r\n")
        #expect(line.read(through: "first ").contains("Transfer-Encoding: chunked"))
        go.signal()
        #expect(line.read(through: "0\r\n\r\n").contains("then "))
        _ = try bench.finish()
    }

    @Test func `large bodies go both ways`() throws {
        let server = try Upstream { line in
            _ = line.read(through: "\r\n\r\n")
            let body = line.read(count: 5_000_000)
            line.send("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n")
            line.send(body)
        }
        let bench = try EgressBench(model(server.port))
        let line = try Line(bench.open("model"))
        line.send("POST /api HTTP/1.1\r\nContent-Length: 5000000\r\nExpect: 100-continue\r\n\r\n")
        #expect(line.read(through: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
        line.send((0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
        #expect(line.read(through: "\r\n\r\n").contains("Transfer-Encoding: chunked"))
        let back = line.readPieces()
        #expect(back == (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
        #expect(try bench.finish().map(\.received) == [5_000_000])
    }

    @Test func `errors of the server and redirections are passed back, not followed`() throws {
        let other = try Upstream.echo()
        let server = try Upstream { line in
            let isFirst = line.read(through: "\r\n\r\n").hasPrefix("GET /api/1 ")
            line.send(
                isFirst
                    ? "HTTP/1.1 529 Overloaded\r\nContent-Length: 2\r\nRetry-After: 7\r\n\r\nno"
                    : "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:\(other.port)/\r\n"
                        + "Content-Length: 0\r\n\r\n")
        }
        let bench = try EgressBench(model(server.port))
        let port = try bench.open("model")
        let first = try Line(port)
        first.send("GET /api/1 HTTP/1.1\r\nConnection: close\r\n\r\n")
        let answer = String(decoding: first.readAll(), as: UTF8.self)
        #expect(answer.hasPrefix("HTTP/1.1 529 ") && answer.contains("Retry-After: 7"))
        let second = try Line(port)
        second.send("GET /api/2 HTTP/1.1\r\nConnection: close\r\n\r\n")
        #expect(String(decoding: second.readAll(), as: UTF8.self).hasPrefix("HTTP/1.1 302 "))
        #expect(other.connections == 0)
        _ = try bench.finish()
    }

    @Test(arguments: [
        "GET http://evil.example/ HTTP/1.1\r\n\r\n", "CONNECT evil.example:443 HTTP/1.1\r\n\r\n",
        "GET @evil.example/ HTTP/1.1\r\n\r\n",
        "GET /api HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    ])
    func `nobody but that server is reached`(request: String) throws {
        let server = try Upstream.echo()
        let bench = try EgressBench(model(server.port))
        let line = try Line(bench.open("model"))
        line.send(request)
        let answer = String(decoding: line.readAll(), as: UTF8.self)
        #expect(answer.hasPrefix("HTTP/1.1 400 ") || answer.hasPrefix("HTTP/1.1 501 "), "\(answer)")
        #expect(server.connections == 0)
        _ = try bench.finish()
    }

    @Test(arguments: [
        "/", "/apis", "/ap", "/API/x", "//api/x", "/api//evil.example/x", "/@evil.example:1/",
        "/api/@evil.example:1/", "/api/user@evil.example/x", "/api/../admin", "/api/x/../../admin",
        "/api/.", "/api/x/./y", "/api/..;/admin", "/api/..;a=b/admin", "/api/%2e%2e/admin",
        "/api/.%2E/admin", "/api/%252e%252e/admin", "/api/x%2f..%2fadmin", "/api/x%5c..%5cadmin",
        "/api/x\\..\\admin", "/api/%u002e%u002e/admin", "/api/%c0%ae%c0%ae/admin", "/api/%",
        "/api/%00", "/api/%0d%0aX:y", "/api/%20../admin", "/api/#/../x", "*", "api",
    ])
    func `nothing beside the path of the model's server is reached`(target: String) throws {
        let server = try Upstream.echo()
        let bench = try EgressBench(model(server.port))
        let line = try Line(bench.open("model"))
        line.send("GET \(target) HTTP/1.0\r\nx-api-key: draft-PH\r\n\r\n")
        let answer = String(decoding: line.readAll(), as: UTF8.self)
        #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(answer)")
        #expect(server.connections == 0)
        #expect(try bench.finish().map(\.verdict) == [.refused])
    }

    @Test(arguments: [
        "/api", "/api?beta=../x", "/api/v1/models/a%2Fb..c", "/api/v1/m@1:stream?x=%2e%2e/@y",
        "/api/...x/.well-known",
    ])
    func `what lies below that path is passed on as it is spelled`(target: String) throws {
        let server = try Upstream.echo()
        let bench = try EgressBench(model(server.port))
        let line = try Line(bench.open("model"))
        line.send("GET \(target) HTTP/1.1\r\nx-api-key: draft-PH\r\n\r\n")
        #expect(line.read(through: "body 0").contains("GET \(target) HTTP/1.1\r\n"))
        _ = try bench.finish()
    }

    @Test func `a server that breaks off in the middle is not taken for one that ended`() throws {
        let server = try Upstream { line in
            _ = line.read(through: "\r\n\r\n")
            line.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf ")
        }
        let bench = try EgressBench(model(server.port))
        let line = try Line(bench.open("model"))
        line.send("GET /api HTTP/1.1\r\n\r\n")
        #expect(!String(decoding: line.readAll(), as: UTF8.self).hasSuffix("0\r\n\r\n"))
        #expect(try bench.finish().map(\.verdict) == [.failed])
    }

    @Test func `what is still open at the end is written down`() throws {
        let there = DispatchSemaphore(value: 0)
        let server = try Upstream { line in
            _ = line.read(through: "\r\n\r\n")
            there.signal()
            _ = line.readAll()
        }
        let bench = try EgressBench(model(server.port))
        let line = try Line(bench.open("model"))
        line.send("GET /api HTTP/1.1\r\n\r\n")
        there.wait()
        #expect(try bench.finish().map(\.verdict) == [.allowed])
    }
}
