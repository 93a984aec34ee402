/// Amounts of money as agents write them, in micro-USD.
public enum Money {
    /// Reads a decimal number of dollars, such as `0.030000000000000002` or `2.5e-05`.
    ///
    /// No floating point is used: what the text says is rounded to a millionth, half up.
    ///
    /// - Returns: The amount; `nil` if the text is no number, negative or absurdly large.
    public static func micros(_ text: String) -> Int64? {
        let parts = text.split(omittingEmptySubsequences: false) { $0 == "e" || $0 == "E" }
        guard let mantissa = parts.first, parts.count <= 2 else { return nil }
        var exponent = 0
        if parts.count == 2 {
            guard let number = Int(parts[1]), (-400...400).contains(number) else { return nil }
            exponent = number
        }
        let halves = mantissa.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(halves.count), !halves[0].isEmpty else { return nil }
        let digits = Array(halves.joined().utf8)
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let point = halves[0].utf8.count + exponent + 6
        let whole = point > 0 ? digits.prefix(point) : []
        var micros: Int64 = 0
        for index in 0..<max(point, 0) {
            let digit = index < whole.count ? Int64(whole[index] - 0x30) : 0
            let (product, isLarge) = micros.multipliedReportingOverflow(by: 10)
            guard !isLarge, product < Int64.max / 16 else { return nil }
            micros = product + digit
        }
        let roundsUp = point >= 0 && point < digits.count && digits[point] >= 0x35
        return micros + (roundsUp ? 1 : 0)
    }

    /// Writes an amount as a decimal number of dollars, such as `0.03`.
    public static func dollars(_ micros: Int64) -> String {
        let sign = micros < 0 ? "-" : ""
        let whole = micros.magnitude / 1_000_000
        var rest = "\(micros.magnitude % 1_000_000)"
        rest = String(repeating: "0", count: max(0, 6 - rest.utf8.count)) + rest
        while rest.utf8.count > 2, rest.utf8.last == 0x30 { rest.removeLast() }
        return "\(sign)\(whole).\(rest)"
    }
}
