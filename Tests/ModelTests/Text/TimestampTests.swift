import Foundation
import Model
import Testing

@Suite struct TimestampTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (981_173_106_007, "2001-02-03T04:05:06.007Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func `a moment is written and read back`(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test func `every day of eight centuries is the day of the calendar`() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        for day in stride(from: -140_000, to: 150_000, by: 37) {
            let moment = Timestamp(milliseconds: Int64(day) * 86_400_000 + 1)
            let date = Date(timeIntervalSince1970: Double(day) * 86_400)
            let parts = calendar.dateComponents([.year, .month, .day], from: date)
            let (year, month) = (try #require(parts.year), try #require(parts.month))
            let expected = String(format: "%04d-%02d-%02d", year, month, try #require(parts.day))
            #expect(moment.description == expected + "T00:00:00.001Z")
            #expect(moment.month == expected.prefix(7))
            #expect(Timestamp(moment.description) == moment)
        }
    }

    @Test(arguments: [
        "", "2001-02-03", "2001-02-03T04:05:06Z", "2001-02-03T04:05:06.00Z",
        "2001-02-03T04:05:06.000z", "2001-02-03 04:05:06.000Z", "2001-02-03T04:05:06.000+00:00",
        "2001-02-29T04:05:06.000Z", "1900-02-29T00:00:00.000Z", "2001-13-03T04:05:06.000Z",
        "2001-00-03T04:05:06.000Z", "2001-02-00T04:05:06.000Z", "2001-04-31T04:05:06.000Z",
        "2001-02-03T24:00:00.000Z", "2001-02-03T04:60:06.000Z", "2001-02-03T04:05:60.000Z",
        "-001-02-03T04:05:06.000Z", "2001-02-03T04:05:06.000Z ", "２001-02-03T04:05:06.000Z",
    ])
    func `what we do not write is not read`(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func `moments beyond the calendar become its ends`() {
        #expect(Timestamp(milliseconds: .max) == .distantFuture)
        #expect(Timestamp(milliseconds: .min) == .distantPast)
        #expect(Timestamp.distantFuture.advanced(byMilliseconds: .max) == .distantFuture)
        #expect(Timestamp.distantPast.advanced(byMilliseconds: .min) == .distantPast)
    }

    @Test func `moments are ordered and can be moved`() {
        let moment = Timestamp(milliseconds: 1000)
        let later = moment.advanced(byMilliseconds: 5)
        #expect(moment < later)
        #expect(later.milliseconds(since: moment) == 5)
    }

    @Test func `JSON holds the text`() throws {
        let moment = Timestamp(milliseconds: 981_173_106_007)
        let json = try JSONEncoder().encode([moment])
        #expect(String(decoding: json, as: UTF8.self) == #"["2001-02-03T04:05:06.007Z"]"#)
        #expect(try JSONDecoder().decode([Timestamp].self, from: json) == [moment])
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([Timestamp].self, from: Data(#"["yesterday"]"#.utf8))
        }
    }
}
