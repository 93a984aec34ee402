/// Text from a file as it may stand inside a message: one short line.
///
/// Control characters are shown by number, since a message is one line and
/// ends on a terminal.
func shown(_ text: String) -> String {
    var result = ""
    for (index, scalar) in text.unicodeScalars.enumerated() {
        if index == 80 { return result + "…" }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator:
            result += "\\u{\(String(scalar.value, radix: 16))}"
        default:
            result.unicodeScalars.append(scalar)
        }
    }
    return result
}

/// Whether two texts are the same bytes, whatever Unicode says of them.
func same(_ left: String, _ right: String) -> Bool {
    left.utf8.elementsEqual(right.utf8)
}

/// The candidate that a misspelt word most probably meant.
func nearest(to word: String, among candidates: [String]) -> String? {
    guard word.utf8.count <= 64 else { return nil }
    let lowered = word.lowercased()
    let short = candidates.filter { $0.utf8.count <= 256 }
    let ranked = short.map { ($0, distance(lowered, $0.lowercased())) }
    guard let (candidate, distance) = ranked.min(by: { $0.1 < $1.1 }) else { return nil }
    return distance <= max(2, word.utf8.count / 3) ? candidate : nil
}

/// The number of bytes to insert, drop or replace between two words.
func distance(_ left: String, _ right: String) -> Int {
    let left = Array(left.utf8)
    let right = Array(right.utf8)
    var row = Array(0...right.count)
    for (i, a) in left.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, b) in right.enumerated() {
            let replaced = diagonal + (a == b ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
        }
    }
    return row[right.count]
}
