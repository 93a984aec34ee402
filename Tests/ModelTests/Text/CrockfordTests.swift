import Model
import Testing

@Suite struct CrockfordTests {
    @Test func `ids are valid, different, and the same for the same seed`() {
        var first = SeededGenerator(seed: 7)
        var second = SeededGenerator(seed: 7)
        var seen: Set<String> = []
        for _ in 0..<1000 {
            let id = Crockford.id(using: &first)
            #expect(Crockford.isValid(id))
            #expect(id == Crockford.id(using: &second))
            #expect(seen.insert(id).inserted)
        }
        let characters = Set(seen.joined())
        #expect(characters == Set("0123456789abcdefghjkmnpqrstvwxyz"))
    }

    @Test func `all eighty bits are used`() {
        struct Ones: RandomNumberGenerator {
            func next() -> UInt64 { .max }
        }
        var ones = Ones()
        #expect(Crockford.id(using: &ones) == "zzzzzzzzzzzzzzzz")
    }

    @Test func `the seeded generator is SplitMix64`() {
        var generator = SeededGenerator(seed: 1_234_567)
        let numbers = (0..<3).map { _ in generator.next() }
        #expect(
            numbers == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            ])
    }

    @Test(arguments: [
        "", "0123456789abcde", "0123456789abcdefg", "0123456789ABCDEF", "0123456789abcdei",
        "0123456789abcdel", "0123456789abcdeo", "0123456789abcdeu", "0123456789abcd-f",
        "０123456789abcde",
    ])
    func `other texts are not ids`(text: String) {
        #expect(!Crockford.isValid(text))
    }

    @Test func `four characters abbreviate an id and three do not`() {
        #expect(Crockford.isPrefix("0123"))
        #expect(Crockford.isPrefix("0123456789abcdef"))
        #expect(!Crockford.isPrefix("012"))
        #expect(!Crockford.isPrefix("012u"))
        #expect(!Crockford.isPrefix("0123456789abcdef0"))
    }

    @Test func `prefixes tell ids apart and are no longer than needed`() {
        var generator = SeededGenerator(seed: 3)
        var ids = (0..<300).map { _ in Crockford.id(using: &generator) }
        ids += ["aaaaaaaaaaaaaaa0", "aaaaaaaaaaaaaaa1", "aaaaaaaabbbbbbbb", "aaaaaaaaaaaaaaa0"]
        let prefixes = Crockford.shortestUniquePrefixes(ids)
        #expect(prefixes.count == Set(ids).count)
        for (id, prefix) in prefixes {
            #expect(id.hasPrefix(prefix) && prefix.count >= 6)
            #expect(prefixes.keys.filter { $0.hasPrefix(prefix) } == [id])
            let shorter = prefix.dropLast()
            #expect(prefix.count == 6 || prefixes.keys.count { $0.hasPrefix(shorter) } > 1)
        }
        #expect(prefixes["aaaaaaaaaaaaaaa0"] == "aaaaaaaaaaaaaaa0")
        #expect(prefixes["aaaaaaaabbbbbbbb"] == "aaaaaaaab")
    }

    @Test func `odd lists have prefixes too`() {
        #expect(Crockford.shortestUniquePrefixes([]).isEmpty)
        #expect(
            Crockford.shortestUniquePrefixes(["abc", "abcdefgh"]) == [
                "abc": "abc", "abcdefgh": "abcdef",
            ])
        #expect(Crockford.shortestUniquePrefixes(["abc"], minimum: -1) == ["abc": "a"])
    }
}
