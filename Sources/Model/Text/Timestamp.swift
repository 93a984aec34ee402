/// A moment, in milliseconds since 1970, written as RFC 3339 in UTC.
///
/// Its text has always three decimals and `Z`, `2001-02-03T04:05:06.000Z`, so
/// that texts sort as moments do. Moments before year 0 or after year 9999 have
/// no such text and become the first or the last that has one.
public struct Timestamp: Hashable, Comparable, Sendable, LosslessStringConvertible, Codable {
    /// The milliseconds since the beginning of 1970.
    public let milliseconds: Int64

    /// The first moment of year 0.
    public static let distantPast = Timestamp(milliseconds: -62_167_219_200_000)

    /// The last millisecond of year 9999.
    public static let distantFuture = Timestamp(milliseconds: 253_402_300_799_999)

    /// The moment that many milliseconds after the beginning of 1970.
    public init(milliseconds: Int64) {
        self.milliseconds = min(max(milliseconds, -62_167_219_200_000), 253_402_300_799_999)
    }

    /// Reads what ``description`` writes, and nothing else.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        let pattern = Array("0000-00-00T00:00:00.000Z".utf8)
        guard bytes.count == pattern.count else { return nil }
        for (byte, expected) in zip(bytes, pattern) {
            let isDigit = byte >= 0x30 && byte <= 0x39
            guard expected == 0x30 ? isDigit : byte == expected else { return nil }
        }
        func number(_ range: Range<Int>) -> Int64 {
            bytes[range].reduce(0) { $0 * 10 + Int64($1 - 0x30) }
        }
        let (year, month, day) = (number(0..<4), number(5..<7), number(8..<10))
        let (hour, minute, second) = (number(11..<13), number(14..<16), number(17..<19))
        guard (1...12).contains(month), day >= 1, day <= Self.days(in: month, of: year),
            hour < 24, minute < 60, second < 60
        else { return nil }
        let days = Self.days(toYear: year, month: month, day: day)
        let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second
        milliseconds = seconds * 1000 + number(20..<23)
    }

    /// The moment as `yyyy-mm-ddThh:mm:ss.mmmZ`.
    public var description: String {
        let (days, rest) = Self.divide(milliseconds, by: 86_400_000)
        let (year, month, day) = Self.civil(days)
        let date = "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))"
        let (hour, minute) = (rest / 3_600_000, rest / 60_000 % 60)
        let (second, thousandth) = (rest / 1000 % 60, rest % 1000)
        let time = "\(pad(hour, 2)):\(pad(minute, 2)):\(pad(second, 2)).\(pad(thousandth, 3))"
        return "\(date)T\(time)Z"
    }

    /// The month in UTC, as `yyyy-mm`.
    public var month: String {
        let (year, month, _) = Self.civil(Self.divide(milliseconds, by: 86_400_000).quotient)
        return "\(pad(year, 4))-\(pad(month, 2))"
    }

    /// Whether one moment is before another.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// The moment that much later, or earlier if negative.
    public func advanced(byMilliseconds delta: Int64) -> Timestamp {
        let (sum, overflow) = milliseconds.addingReportingOverflow(delta)
        guard overflow else { return Timestamp(milliseconds: sum) }
        return delta < 0 ? .distantPast : .distantFuture
    }

    /// The milliseconds from another moment to this one.
    public func milliseconds(since other: Timestamp) -> Int64 {
        milliseconds - other.milliseconds
    }

    /// Reads the text form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Timestamp(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "bad time '\(text)'")
        }
        self = value
    }

    /// Writes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

// MARK: - The proleptic Gregorian calendar

extension Timestamp {
    /// The days from 1970-01-01 to a date; years begin in March, eras are 400.
    private static func days(toYear year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = divide(shifted, by: 400)
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The date that many days after 1970-01-01.
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = divide(days + 719_468, by: 146_097)
        let leapDays = dayOfEra / 1460 - dayOfEra / 36_524 + dayOfEra / 146_096
        let yearOfEra = (dayOfEra - leapDays) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    private static func days(in month: Int64, of year: Int64) -> Int64 {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return switch month {
        case 2: isLeap ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Division that rounds down, also below zero.
    private static func divide(
        _ value: Int64, by divisor: Int64
    ) -> (
        quotient: Int64, remainder: Int64
    ) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

private func pad(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
