import Model
import Testing

@Suite struct PolicyPathPatternTests {
    @Test(
        arguments: [
            ("*.md", ["a.md", "x/y/a.md", ".md", "a.md/b"], ["a.mdx", "md"]),
            ("src/**", ["src/a", "src/a/b.c"], ["src", "lib/src/a", "srcs/a"]),
            ("src/*", ["src/a", "src/a/b"], ["src", "x/src/a"]),
            ("src/*.c", ["src/a.c"], ["src/a/b.c", "src/a.cc"]),
            ("**/x", ["x", "a/x", "a/b/x", "x/y"], ["ax", "a/xx"]),
            ("a/**/b", ["a/b", "a/x/b", "a/x/y/b", "a/b/c"], ["a/xb", "x/a/b"]),
            ("dir/", ["dir/a", "x/dir/a", "dir/a/b"], ["dir", "x/dir"]),
            ("a/dir/", ["a/dir/x"], ["a/dir", "x/a/dir/x"]),
            ("/Makefile", ["Makefile", "Makefile/x"], ["src/Makefile"]),
            ("Makefile", ["Makefile", "src/Makefile"], ["Makefile.am", "makefile"]),
            ("infra", ["infra", "infra/a", "x/infra/a"], ["infrastructure"]),
            ("**", ["a", "a/b"], [""]),
            ("a?c", ["abc", "x/a.c"], ["ac", "abbc", "a/c"]),
            ("[a-c]x[!0-9]", ["axx", "cx-"], ["dxx", "ax1", "ax"]),
            ("[]a]", ["]", "a"], ["b"]),
            ("\\*.c", ["*.c"], ["a.c"]),
            ("\\!a", ["!a", "x/!a"], ["a"]),
            ("a!", ["a!"], ["a"]),
            ("a*b*c", ["abc", "aXbYc", "abbcc"], ["acb", "ab"]),
            ("**/.env*", [".env", "a/.env.local", ".envrc/x"], ["env"]),
            ("**/secrets/**", ["secrets/a", "a/secrets/b/c"], ["secrets", "a/secrets"]),
            ("\u{E9}", ["\u{E9}"], ["e\u{301}"]),
        ])
    func `a pattern matches what its rules say`(pattern: String, yes: [String], no: [String]) throws
    {
        let pattern = try #require(PathPattern(pattern))
        for path in yes { #expect(pattern.matches(path), "\(pattern) and \(path)") }
        for path in no { #expect(!pattern.matches(path), "\(pattern) and \(path)") }
    }

    @Test(arguments: [
        "", "/", "a//b", "../a", "a/..", "./a", "[a", "[b-a]", "a\\", "[", "\0", "!a", "!",
    ])
    func `a text that can never match is no pattern`(text: String) {
        #expect(PathPattern(text) == nil)
    }

    @Test func `stars do not make a match explode`() throws {
        let stars = String(repeating: "*a", count: 200) + "b"
        #expect(
            try #require(PathPattern(stars)).matches(String(repeating: "a", count: 4000)) == false)
        let deep = String(repeating: "**/a/", count: 60) + "b"
        let path = String(repeating: "a/", count: 600) + "c"
        #expect(try #require(PathPattern(deep)).matches(path) == false)
    }

    @Test func `a path that is not UTF-8 is compared by bytes`() throws {
        let pattern = try #require(PathPattern("*.c"))
        #expect(pattern.matches([0xFF, UInt8(ascii: "."), UInt8(ascii: "c")]))
    }
}
