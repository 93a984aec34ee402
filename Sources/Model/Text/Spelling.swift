/// What a misspelt word meant.
public enum Spelling {
    /// The candidate that a misspelt word most probably meant; `nil` if none is near.
    public static func nearest(to word: String, among candidates: [String]) -> String? {
        guard word.utf8.count <= 64 else { return nil }
        let lowered = word.lowercased()
        let short = candidates.filter { $0.utf8.count <= 256 }
        let ranked = short.map { ($0, distance(lowered, $0.lowercased())) }
        guard let (candidate, distance) = ranked.min(by: { $0.1 < $1.1 }) else { return nil }
        return distance <= max(2, word.utf8.count / 3) ? candidate : nil
    }

    /// The number of bytes to insert, drop or replace between two words.
    public static func distance(_ left: String, _ right: String) -> Int {
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
}
