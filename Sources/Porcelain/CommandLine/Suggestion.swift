/// "; did you mean 'x'?" if a candidate is near, else nothing.
public func suggestion(for word: String, among candidates: [String]) -> String {
    // Nobody mistypes a name at this length, and the table below is quadratic.
    guard word.utf8.count <= 64 else { return "" }
    let nearest = candidates.map { ($0, distance(word, $0)) }.min { $0.1 < $1.1 }
    guard let (candidate, distance) = nearest, distance <= max(1, min(3, word.count / 3)) else {
        return ""
    }
    return "; did you mean '\(candidate)'?"
}

/// The number of insertions, deletions, replacements and swaps between two words.
private func distance(_ first: String, _ second: String) -> Int {
    let (first, second) = (Array(first), Array(second))
    var rows = [Array(0...second.count)]
    for i in first.indices {
        var row = [i + 1]
        for j in second.indices {
            let replaced = rows[i][j] + (first[i] == second[j] ? 0 : 1)
            var best = min(row[j] + 1, rows[i][j + 1] + 1, replaced)
            if i > 0, j > 0, first[i] == second[j - 1], first[i - 1] == second[j] {
                best = min(best, rows[i - 1][j - 1] + 1)
            }
            row.append(best)
        }
        rows.append(row)
    }
    return rows[first.count][second.count]
}
