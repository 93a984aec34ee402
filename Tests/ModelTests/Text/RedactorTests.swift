import Foundation
import Model
import Testing

@Suite struct RedactorTests {
    private let patterns = Redactor(values: [])

    /// Tokens are put together here, so that no file of ours looks like a leak.
    static let tokens: [(Redactor.Kind, String)] = [
        (.aws, "AKIA" + "IOSFODNN7EXAMPLE"), (.aws, "ASIA" + "1234567890ABCDEF"),
        (.github, "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"),
        (.github, "gho_" + "0123456789abcdefghijABCDEFGHIJ012345"),
        (.github, "ghu_" + "0123456789abcdefghijABCDEFGHIJ012345"),
        (.github, "ghs_" + "0123456789abcdefghijABCDEFGHIJ012345"),
        (.github, "ghr_" + "0123456789abcdefghijABCDEFGHIJ012345"),
        (.github, "github_pat_" + "11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz"),
        (.gitlab, "glpat-" + "AbCdEf-1234567890_xyz"),
        (.slack, "xoxb-" + "123456789012-abcdefABCDEF"), (.slack, "xoxp-" + "1234567890-abc"),
        (.model, "sk-ant-" + "api03-abcdefgh_ijklmnop-AA"),
        (.model, "sk-proj-" + "abcdefghijklmnopqrst"),
        (.model, "sk-" + "abcdefghijklmnopqrstT3BlbkFJabcdefghijklmnopqrst"),
        (.model, "sk-or-v1-" + "0123456789abcdef0123456789abcdef"),
        (.google, "AIza" + "SyA1234567890abcdefghijklmnopqrstuv"),
        (.npm, "npm_" + "abcdefghijklmnopqrstuvwxyz0123456789"),
        (.stripe, "sk_live_" + "abcdefghijklmnopqrst"),
        (.stripe, "rk_live_" + "51H0abcdefghijABCDEFGHIJ"),
        (.jwt, "eyJ" + "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4fwpMeJf36P"),
        (
            .jwt,
            "eyJ" + "hbGciOiJkaXIifQ..48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9o"
        ),
    ]

    @Test(arguments: RedactorTests.tokens)
    func `a token is found wherever it stands`(kind: Redactor.Kind, token: String) {
        let frames = [
            ("", ""), ("TOKEN=", "\n"), ("\"", "\","), ("\\n", "\\n"), ("%3D", "&x"), ("(", ")"),
            ("\u{1b}[1m", "\u{1b}[0m"), ("\n-", "\n"), ("\n+", "\n"), ("\\u003d", "<"), ("é", "é"),
        ]
        for (before, after) in frames {
            let text = before + token + after
            #expect(patterns.redact(text) == before + "[redacted]" + after)
            #expect(
                patterns.finds(in: Array(text.utf8))
                    == [.init(kind: kind, offset: before.utf8.count)])
        }
    }

    @Test(arguments: [
        ("https://me:hunter2@host/x?y", "https://me:[redacted]@host/x?y"),
        ("postgres://u:p@ss:w@h:5432/d", "postgres://u:[redacted]@h:5432/d"),
        ("x https://:abc@h", "x https://:[redacted]@h"),
        ("Authorization: Bearer abcdefghijklmnop", "Authorization: Bearer [redacted]"),
        ("authorization: basic dXNlcjpwYXNz1=\n", "authorization: basic [redacted]\n"),
        (#"{"Authorization":"token abcdefg12"}"#, #"{"Authorization":"token [redacted]"}"#),
        (
            #"\"authorization\": \"Bearer a.b-c_d~e+f/012\""#,
            #"\"authorization\": \"Bearer [redacted]\""#
        ),
    ])
    func `the frame of a credential stays`(text: String, expected: String) {
        #expect(patterns.redact(text) == expected)
        #expect(patterns.redact(expected) == expected)
        #expect(patterns.finds(in: Array(expected.utf8)).isEmpty)
    }

    @Test func `a private key goes up to its end`() {
        let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"
        #expect(patterns.redact("a\n\(key)\nb \(key)c") == "a\n[redacted]\nb [redacted]c")
        let pgp = "-----BEGIN PGP PRIVATE KEY BLOCK-----\\nx\\n-----END PGP PRIVATE KEY BLOCK-----"
        #expect(patterns.redact("\"\(pgp)\"") == "\"[redacted]\"")
        #expect(patterns.redact("-----BEGIN PRIVATE KEY-----\nMIIE") == "[redacted]")
    }

    @Test func `a private key in JSON, or in JSON within it, goes up to its end`() {
        for end in [#"\n"#, #"\\n"#, #"\r\n"#, #"\u000a"#] {
            let key = "-----BEGIN PRIVATE KEY-----\(end)MII\(end)-----END PRIVATE KEY-----"
            #expect(patterns.redact("{\"key\": \"\(key)\"}") == #"{"key": "[redacted]"}"#)
        }
    }

    @Test func `a private key without an end hides no more than 16 KiB`() {
        let begin = "-----BEGIN PRIVATE KEY-----\n"
        let text = begin + String(repeating: "x", count: 20_000)
        let rest = String(repeating: "x", count: 20_000 + begin.utf8.count - 16_384)
        #expect(patterns.redact(text) == "[redacted]" + rest)
    }

    @Test(arguments: [
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6fa459ea-ee8a-3ca4-894e-db77e160355e", "0123456789abcdef zzzzzzzzzzzzzzzz",
        "aGVsbG8gd29ybGQ=", "eyJhIjoxfQ==", "eyJhIjoxfQ.txt",
        "TWFueSBoYW5kcyBtYWtlIGxpZ2h0IHdvcmsu",
        "risk-assessment-of-the-2nd-Release", "task-0123456789abcdef0123456789", "sk-learn",
        "sk-some-long-kebab-case-name-of-nothing", "the AKIA prefix, AKIA1234",
        "npm_config_cache npm_lifecycle_event npm_package_json", "ghp_short", "glpat-",
        "task_live_view sk_live_key", "xoxb-",
        "https://host:8080/a@b", "http://user@host", "https://u:${PASSWORD}@h", "https://u:<pw>@h",
        "https://u:$PW@h", "https://u:***@h", "git@github.com:a/b.git",
        "Authorization: Bearer $TOKEN",
        "authorization: basic understanding of it", "if s == \"-----BEGIN PRIVATE KEY-----\" {",
        #"{"title": "find \"-----BEGIN RSA PRIVATE KEY-----\" in files"}"#,
        #"{"log": "{\"title\": \"find \\\"-----BEGIN PRIVATE KEY-----\\\" in files\"}"}"#,
        "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----", "------------ a :// b --",
        "-----BEGIN PUBLIC KEY-----", "", "s", "sk-", "eyJ",
    ])
    func `ordinary text stays as it is`(text: String) {
        #expect(patterns.redact(text) == text)
        #expect(patterns.finds(in: Array(text.utf8)).isEmpty)
    }

    @Test func `random ids and hashes are never taken for secrets`() {
        var generator = SeededGenerator(seed: 5)
        var text = ""
        for _ in 0..<2000 {
            let bytes = (0..<20).map { _ in UInt8.random(in: 0...255, using: &generator) }
            text += Crockford.id(using: &generator) + " " + SHA256.hex(of: bytes) + "\n"
            text += Data(bytes).base64EncodedString() + "\n"
        }
        #expect(patterns.redact(text) == text)
    }

    @Test func `invalid bytes pass unchanged`() {
        let redactor = Redactor(values: ["secret-value"])
        let bytes: [UInt8] = [0xff, 0xc3] + Array("secret-value".utf8) + [0x80, 0, 0xfe]
        #expect(
            redactor.redact(bytes) == [0xff, 0xc3] + Array("[redacted]".utf8) + [0x80, 0, 0xfe])
    }

    @Test func `values are trimmed, short ones ignored, patterns can be off`() {
        let redactor = Redactor(
            values: [" \nlong-enough\n", "short", "", "       x"], patterns: false)
        #expect(redactor.redact("long-enough short x") == "[redacted] short x")
        #expect(redactor.redact(Self.tokens[0].1) == Self.tokens[0].1)
    }

    @Test func `overlapping values go as one and nothing of them stays`() {
        let redactor = Redactor(values: ["abcdefgh", "efghijkl", "ABCDEFGHIJ", "ABCDEFGH"])
        #expect(redactor.redact("-abcdefghijkl-ABCDEFGHIJ-") == "-[redacted]-[redacted]-")
        #expect(redactor.finds(in: Array("-abcdefghijkl-".utf8)).map(\.offset) == [1])
    }

    @Test func `secret names are known and plain values left alone`() {
        let environment = [
            "API_KEY": "abcdefgh1", "DB_PASSWORD": "correct horse", "GITHUB_TOKEN": "t0ken-value",
            "MyCredentials": "{\"a\":1}xyz", "X_AUTH": "/abc+def/GHI=",
            "APIKEY2_TOKEN": "abcdefgh1",
            "SHORT_KEY": "1234567", "GIT_AUTHOR_NAME": "Testy McTestface", "PWD": "/home/me/work",
            "SSH_AUTH_SOCK": "/tmp/ssh-X/agent.1", "KEY_FILE": "~/.ssh/id_rsa",
            "USE_TOKENS": "disabled", "AUTH": "publickey,keyboard-interactive",
            "GIT_CONFIG_KEY_0": "safe.directory", "TOKENIZERS_PARALLELISM": "false-false",
            "HOME": "/home/somebody", "AWS_SECRET_ACCESS_KEY": "/Ab3defghijk",
        ]
        #expect(
            Redactor.secretValues(in: environment) == [
                "/Ab3defghijk", "/abc+def/GHI=", "abcdefgh1", "correct horse", "t0ken-value",
                "{\"a\":1}xyz",
            ])
    }
}
