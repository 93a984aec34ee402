import Model
import Testing

@Suite struct FailureSignatureTests {
    private func signature(
        _ output: String, command: String = "test", exitStatus: Int = 1
    ) -> String {
        FailureSignature.of(command: command, exitStatus: exitStatus, output: output.utf8)
    }

    @Test(arguments: [
        ("failed after 0.98 seconds", "failed after 12.031 seconds"),
        ("FAIL TestParse (0.00s)", "FAIL TestParse (1m2.5s)"),
        ("took 980 ms, giving up", "took 1.02 s, giving up"),
        ("took 980ms", "took 1h2m3s"),
        ("/tmp/a8f/src/main.c:10: error", "/var/tmp/build.X7/src/main.c:12: error"),
        ("in '/tmp/x y' at ../a/b", "in '/private/z y' at ../c/d"),
        ("at 0x7ffee4c0 in abc", "at 0x55d3a1b2c3 in abc"),
        ("commit deadbeef is bad", "commit 1a2b3c4 is bad"),
        (
            "id 6fa459ea-ee8a-3ca4-894e-db77e160355e",
            "id 16fd2706-8baf-433b-82eb-8c7fada847da"
        ),
        ("2024-01-01T10:20:30.123Z boom", "2025-11-30T00:00:00.000Z boom"),
        ("\u{1b}[31mred\u{1b}[0m", "red"),
        ("a  b\r\n\r\nc \n", "a b\nc"),
        ("3 of 12 tests failed", "4 of 13 tests failed"),
        ("5µs gone", "12ns gone"),
    ])
    func `the same failure has the same signature`(first: String, second: String) {
        #expect(signature(first) == signature(second))
    }

    @Test(arguments: [
        ("expected foo", "expected bar"),
        ("TestParse failed", "TestPrint failed"),
        ("error: add is bad", "error: is bad"),
        ("a b", "ab"),
        ("", "x"),
    ])
    func `another failure has another signature`(first: String, second: String) {
        #expect(signature(first) != signature(second))
    }

    @Test func `the command and its exit status count`() {
        #expect(signature("x", command: "lint") != signature("x", command: "test"))
        #expect(signature("x", exitStatus: 1) != signature("x", exitStatus: 2))
        #expect(signature("x", command: "a1") != signature("x", command: "a2"))
    }

    @Test func `the form is documented by an example`() {
        let output = "src/a.c:10:5: error: use of f3 (ab12) after 1.5 ms\n\n  2 errors in /tmp/x\n"
        let normal = FailureSignature.normalize(output.utf8)
        #expect(String(decoding: normal, as: UTF8.self) == ":: error: use of () after\nerrors in")
        #expect(signature(output) == SHA256.hex("test\u{0}1\u{0}".utf8.map { $0 } + normal))
        #expect(FailureSignature.normalize(normal) == normal)
    }

    @Test func `any bytes are accepted`() {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<300 {
            let count = Int.random(in: 0...80, using: &generator)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let normal = FailureSignature.normalize(bytes)
            #expect(normal.count <= bytes.count)
            #expect(!normal.contains { $0 >= 0x30 && $0 <= 0x39 })
        }
    }
}
