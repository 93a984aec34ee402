import GitStore
import Model
import Porcelain

/// What reading commands have in common.
extension Session {
    /// The board as it is, or as it was.
    func snapshot(at when: String?) throws -> Snapshot {
        let now = try board.snapshot()
        guard let when else { return now }
        return try board.snapshot(
            at: PointInTime(when).commit(before: now.commit, in: repository))
    }

    /// Prints whole ids, or what else tells things apart, one a line.
    func printIDs(_ ids: some Sequence<String>) throws {
        try terminal.write(ids.map { $0 + "\n" }.joined())
    }

    /// Prints a JSON value as one line.
    func printLine(_ value: JSON) throws {
        try terminal.writeLine(terminal.outputIsTTY ? value.line.visibleJSON : value.line)
    }

    /// Says which records could not be read; they are listed rather than skipped.
    func warn(about unreadable: [Snapshot.Unreadable]) {
        for record in unreadable { warn(record.path, record.reason) }
    }

    /// Says which events could not be read.
    func warn(about unreadable: [EventTrail.Unreadable]) {
        for event in unreadable { warn(event.path, event.reason) }
    }

    private func warn(_ path: String, _ reason: String) {
        warn("cannot read '\(escaped(path))': \(escaped(reason))")
    }
}

extension String {
    /// A JSON text without anything that a terminal would not simply draw.
    ///
    /// What is escaped is within strings, where JSON has a spelling for it.
    var visibleJSON: String {
        guard utf8.contains(where: { $0 >= 0x7f }) else { return self }
        var result = ""
        for scalar in unicodeScalars {
            let isPlain = scalar == "\n" || escaped(String(scalar)).unicodeScalars.count == 1
            if isPlain {
                result.unicodeScalars.append(scalar)
                continue
            }
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return result
    }
}
