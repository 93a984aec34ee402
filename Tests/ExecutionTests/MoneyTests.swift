import Execution
import Testing

@Suite struct MoneyTests {
    @Test(
        arguments: [
            ("0", 0), ("0.025", 25000), ("0.030000000000000002", 30000), ("1", 1_000_000),
            ("2.5e-05", 25), ("1e-7", 0), ("5E-7", 1), ("12.3456785", 12_345_679),
            ("1.5e+2", 150_000_000), ("0.0000004", 0), ("0.0000005", 1), ("0e400", 0),
        ] as [(String, Int64)])
    func `dollars are read to the millionth`(_ text: String, _ micros: Int64) {
        #expect(Money.micros(text) == micros)
    }

    @Test(arguments: [
        "", "-1", ".5", "1e", "e5", "1e400", "x", "1.2.3", "99999999999999999",
        "1e-9223372036854775808", "1e9223372036854775807",
    ])
    func `what is no sensible amount is none`(_ text: String) {
        #expect(Money.micros(text) == nil)
    }

    @Test(
        arguments: [
            (0, "0.00"), (25000, "0.025"), (1, "0.000001"), (2_500_000, "2.50"),
            (12_000_000, "12.00"),
        ] as [(Int64, String)])
    func `an amount is written as it is read`(_ micros: Int64, _ text: String) {
        #expect(Money.dollars(micros) == text)
        #expect(Money.micros(text) == micros)
    }

    @Test(arguments: [(-500_000, "-0.50"), (Int64.min, "-9223372036854.775808")])
    func `what was spent beyond an amount is written, too`(_ micros: Int64, _ text: String) {
        #expect(Money.dollars(micros) == text)
    }
}
