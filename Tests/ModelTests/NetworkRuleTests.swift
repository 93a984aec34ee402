import Model
import Testing

@Suite struct NetworkRuleTests {
    @Test(arguments: [
        ("Example.COM", "example.com"), ("127.0.0.1", "127.0.0.1"), ("[::1]", "[0:0:0:0:0:0:0:1]"),
        ("[::]", "[0:0:0:0:0:0:0:0]"), ("[2001:DB8::1:2]", "[2001:db8:0:0:0:0:1:2]"),
        ("[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7:8]"), ("[1::]", "[1:0:0:0:0:0:0:0]"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"), ("localhost", "localhost"),
    ])
    func `hosts have one spelling`(text: String, spelled: String) {
        #expect(NetworkHost(text)?.description == spelled)
    }

    @Test(arguments: [
        "", ".", "a.", ".a", "a..b", "-a", "a-", "a b", "a\u{0}b", "a_b", "bücher.example", "a@b",
        "1.2.3", "127.1", "1.2.3.4.5", "0177.0.0.1", "256.1.1.1", "0x7f.1", "a.0x1", "1.2.3.04",
        "::1", "[::1", "[]", "[:]", "[:::]", "[1::2::3]", "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]",
        "[::ffff:7f00:1]", "[::1%lo]", "[12345::]", "[::1.2.3.4]",
    ])
    func `what could be two hosts is none`(text: String) {
        #expect(NetworkHost(text) == nil)
    }

    @Test func `a label has 63 bytes at most, and a name 253`() {
        let label = String(repeating: "a", count: 63)
        #expect(NetworkHost(label) != nil)
        #expect(NetworkHost(label + "a") == nil)
        let name = [label, label, label, String(repeating: "b", count: 61)].joined(separator: ".")
        #expect(NetworkHost(name) != nil)
        #expect(NetworkHost("c" + name) == nil)
    }

    @Test(arguments: [
        ("a.example", "a.example", 443, true), ("a.example", "a.example", 80, true),
        ("a.example", "a.example", 22, false), ("a.example:22", "a.example", 22, true),
        ("a.example:22", "a.example", 443, false), ("a.example", "b.a.example", 443, false),
        ("*.example.com", "a.example.com", 443, true),
        ("*.example.com", "a.b.example.com", 443, true),
        ("*.example.com", "example.com", 443, false),
        ("*.example.com", "badexample.com", 443, false), ("127.0.0.1", "127.0.0.2", 443, false),
        ("127.0.0.1:8080", "127.0.0.1", 8080, true), ("[::1]:8080", "[::1]", 8080, true),
    ])
    func `an entry is for a host and a port`(
        rule: String, host: String, port: UInt16, matches: Bool
    ) throws {
        let parsed = try NetworkRule(parsing: rule)
        #expect(parsed.matches(try #require(NetworkHost(host)), port: port) == matches)
        #expect(try NetworkRule(parsing: parsed.description) == parsed)
    }

    @Test(arguments: [
        "", "https://a.example", "a.example/path", "a.example:", "a.example:0", "a.example:65536",
        "a.example:http", "*", "*.", "*.com", "*.1.2.3.4", "a.*.example", "*a.example",
        "a.example:1:2",
    ])
    func `what is no entry is an error that quotes it`(text: String) {
        do {
            _ = try NetworkRule(parsing: text)
            Issue.record("'\(text)' was accepted")
        } catch {
            #expect(error.description.hasPrefix("bad host '\(text)': "))
        }
    }

    @Test(arguments: [
        ("https://a.example", "a host is wanted, not an address of a page"),
        ("a.example:0", "its port is none"),
        ("a..example", "it is no host; write NAME, *.NAME or ADDRESS"),
        ("*.com", "'*.' needs a name of two parts at least"),
    ])
    func `what is wrong with an entry is said`(text: String, reason: String) {
        #expect(throws: NetworkRuleError.self) { try NetworkRule(parsing: text) }
        do {
            _ = try NetworkRule(parsing: text)
        } catch {
            #expect(error.reason == reason)
        }
    }

    @Test(arguments: [
        (#"{"name":"a"}"#, "a door has no name or no socket"),
        (#"{"name":"a","socket":"/s","kind":"proxy"}"#, "door 'a' has no list"),
        (#"{"name":"a","socket":"/s","kind":"model"}"#, "door 'a' has no 'base_url'"),
        (
            #"{"name":"a","socket":"/s","kind":"model","base_url":"x","replace":[{}]}"#,
            "door 'a' replaces nothing"
        ),
        (#"{"name":"a","socket":"/s","kind":"x"}"#, "door 'a' is of no known kind"),
        (#"{"name":"a","socket":"/s","kind":"forward","to":"*.a.b:1"}"#, "door 'a' leads nowhere"),
    ])
    func `an order that is none says what is wrong`(door: String, words: String) {
        let order = "{\"schema\":1,\"doors\":[\(door)]}"
        do {
            _ = try EgressOrder(parsing: Array(order.utf8))
            Issue.record("it was accepted")
        } catch {
            #expect(error.description == words)
        }
    }

    @Test func `a bound that bounds nothing is none`() {
        do {
            let order = #"{"schema":1,"doors":[],"limits":{"connections":0}}"#
            _ = try EgressOrder(parsing: Array(order.utf8))
            Issue.record("it was accepted")
        } catch {
            #expect(error.description == "limit 'connections' is out of range")
        }
    }

    @Test(arguments: [
        ("https://api.example.com", "https://api.example.com:443", ""),
        ("http://127.0.0.1:8080/v1/", "http://127.0.0.1:8080", "/v1"),
        ("HTTPS://[::1]/a/b", "https://[0:0:0:0:0:0:0:1]:443", "/a/b"),
    ])
    func `the base of a server has an origin and a prefix`(
        text: String, origin: String, prefix: String
    ) throws {
        let address = try #require(ServerAddress(text))
        #expect(address.origin == origin)
        #expect(address.prefix == prefix)
    }

    @Test(arguments: [
        "api.example.com", "https://u@a.example", "https://a.example/?x", "ftp://a", "https://",
    ])
    func `what is no base of a server is none`(text: String) {
        #expect(ServerAddress(text) == nil)
    }

    @Test func `an environment names the proxies of the machine`() throws {
        let proxy = UpstreamProxy(environment: [
            "https_proxy": "http://p:1", "HTTP_PROXY": "http://p:2",
            "NO_PROXY": ".corp.example,10.0.0.1",
        ])
        func way(_ host: String, _ isSecure: Bool = true) throws -> String? {
            proxy.proxy(for: try #require(NetworkHost(host)), isSecure: isSecure)
        }
        #expect(try way("a.example") == "http://p:1")
        #expect(try way("a.example", false) == "http://p:2")
        #expect(try way("x.corp.example") == nil)
        #expect(try way("10.0.0.1") == nil)
        #expect(try way("127.0.0.1") == nil)
    }

    @Test func `an order survives its way to the service`() throws {
        let order = EgressOrder(
            doors: [
                EgressDoor(
                    name: "agent", socket: "/s",
                    kind: .proxy(allow: [try NetworkRule(parsing: "*.a.example:1")])),
                EgressDoor(
                    name: "model", socket: "/m",
                    kind: .model(
                        base: "https://b.example", replace: [.init(placeholder: "p", value: "v")])),
            ], upstream: UpstreamProxy(https: "http://p", except: ["x"]), authorities: "/ca",
            limits: EgressLimits(connections: 3))
        #expect(try EgressOrder(parsing: Array(order.json.line.utf8)) == order)
    }
}
