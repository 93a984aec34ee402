import Model

/// Reads plans that people write in Markdown.
///
/// Every heading of the deepest level that is used is a ticket; without
/// headings, every task list item (`- [ ]`) that is not inside another one.
/// `Key: value` lines that follow are fields, what comes then is the description.
struct MarkdownPlan {
    /// Where messages are collected.
    let findings: Findings

    /// A line of the text, with what it is.
    private struct Line {
        enum Kind {
            case text
            case heading(level: Int, title: String)
            case task(indent: Int, title: String, isFinished: Bool)
        }

        var number: Int
        var text: String
        var kind = Kind.text
    }

    /// Reads the tickets of a text.
    func read(_ bytes: [UInt8]) -> PlanDraft {
        let lines = lines(of: bytes)
        let levels = lines.compactMap { line in
            if case .heading(let level, _) = line.kind { level } else { nil }
        }
        return levels.max().map { headings(lines, deepest: $0) } ?? tasks(lines)
    }

    // MARK: - Tickets

    private func headings(_ lines: [Line], deepest: Int) -> PlanDraft {
        var draft = PlanDraft()
        var shallow: [(title: String, line: Int)] = []
        let starts = lines.indices.filter {
            if case .heading = lines[$0].kind { true } else { false }
        }
        for (position, start) in starts.enumerated() {
            guard case .heading(let level, let title) = lines[start].kind else { continue }
            let end = position + 1 < starts.count ? starts[position + 1] : lines.count
            if level == deepest {
                draft.items.append(item(title, lines[start], lines[(start + 1)..<end], indent: 0))
                continue
            }
            if end < lines.count, case .heading(let next, _) = lines[end].kind, next > level {
                continue
            }
            shallow.append((title, lines[start].number))
        }
        draft.notes += shallow.prefix(5).map { title, line in
            "the heading '\(shown(title))' in line \(line) is no ticket, since others are deeper"
        }
        if shallow.count > 5 {
            draft.notes.append("\(shallow.count - 5) more headings are no tickets")
        }
        let inside = lines.count { if case .task = $0.kind { true } else { false } }
        if draft.items.count == 1, inside > 1 {
            draft.notes.append(
                "the heading '\(shown(draft.items[0].ticket.title))' is the ticket; the"
                    + " \(inside) list items below it are its description")
        }
        return draft
    }

    private func tasks(_ lines: [Line]) -> PlanDraft {
        var indents: [Int] = []
        for line in lines {
            if case .task(let indent, _, _) = line.kind, indent < 4 { indents.append(indent) }
        }
        guard let top = indents.min() else { return PlanDraft() }
        let starts = lines.indices.filter {
            if case .task(top, _, _) = lines[$0].kind { true } else { false }
        }
        var draft = PlanDraft()
        for (position, start) in starts.enumerated() {
            guard case .task(_, let title, let isFinished) = lines[start].kind else { continue }
            let end = position + 1 < starts.count ? starts[position + 1] : lines.count
            if isFinished {
                let ticket = PlannedTicket(title: trimmed(title), line: lines[start].number)
                draft.items.append(PlanItem(ticket: ticket, isFinished: true))
            } else {
                let body = lines[(start + 1)..<end]
                draft.items.append(item(title, lines[start], body, indent: top + 2))
            }
        }
        return draft
    }

    private func item(
        _ title: String, _ start: Line, _ body: ArraySlice<Line>, indent: Int
    ) -> PlanItem {
        let limits = PlanLimits(findings: findings)
        let place = Place(line: start.number, column: 1)
        let ticket = PlannedTicket(
            title: limits.title(title, at: place) ?? "", line: start.number)
        var fields = MarkdownFields(findings: findings, item: PlanItem(ticket: ticket))
        var rest = body.map { (number: $0.number, text: outdented($0.text, by: indent)) }[...]
        fields.read(&rest)
        let isBlank = { (line: (number: Int, text: String)) in trimmed(line.text).isEmpty }
        let first = rest.firstIndex { !isBlank($0) } ?? rest.endIndex
        let last = rest.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? first
        fields.item.ticket.description = rest[first..<last].map(\.text).joined(separator: "\n")
        return fields.item
    }

    private func outdented(_ text: String, by indent: Int) -> String {
        let spaces = text.utf8.prefix { $0 == UInt8(ascii: " ") }.count
        return String(text.dropFirst(min(spaces, indent)))
    }

    // MARK: - Lines

    private func lines(of bytes: [UInt8]) -> [Line] {
        var fence: [UInt8]?
        let pieces = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return pieces.enumerated().map { index, piece in
            let bytes = piece.last == UInt8(ascii: "\r") ? piece.dropLast() : piece
            var line = Line(number: index + 1, text: String(decoding: bytes, as: UTF8.self))
            let content = bytes.drop { $0 == UInt8(ascii: " ") }
            let indent = bytes.count - content.count
            if let open = fence {
                let isEnd =
                    content.starts(with: open) && content.allSatisfy { $0 == open[0] || $0 <= 0x20 }
                if isEnd { fence = nil }
            } else if let open = Self.fence(content) {
                fence = open
            } else if indent < 4, let heading = Self.heading(content) {
                line.kind = heading
            } else if let task = Self.task(content, indent: indent) {
                line.kind = task
            }
            return line
        }
    }

    /// The marks that open a code block.
    private static func fence(_ content: ArraySlice<UInt8>) -> [UInt8]? {
        guard let mark = content.first, mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~")
        else { return nil }
        let marks = content.prefix { $0 == mark }
        return marks.count >= 3 ? Array(marks) : nil
    }

    private static func heading(_ content: ArraySlice<UInt8>) -> Line.Kind? {
        let marks = content.prefix { $0 == UInt8(ascii: "#") }.count
        let rest = content.dropFirst(marks)
        guard (1...6).contains(marks), rest.first.map({ isSpace($0) }) ?? true else { return nil }
        var title = trimmed(String(decoding: rest, as: UTF8.self))
        let bare = title.utf8.reversed().drop { $0 == UInt8(ascii: "#") }
        if bare.first.map({ isSpace($0) }) ?? true {
            title = trimmed(String(decoding: bare.reversed(), as: UTF8.self))
        }
        return .heading(level: marks, title: title)
    }

    private static func task(_ content: ArraySlice<UInt8>, indent: Int) -> Line.Kind? {
        guard let bullet = content.first, "-*+".utf8.contains(bullet) else { return nil }
        let rest = content.dropFirst().drop { isSpace($0) }
        let box = Array(rest.prefix(3))
        guard rest.count < content.count - 1, box.count == 3, box[0] == UInt8(ascii: "["),
            box[2] == UInt8(ascii: "]"), rest.dropFirst(3).first.map({ isSpace($0) }) ?? true
        else { return nil }
        let isFinished = box[1] | 0x20 == UInt8(ascii: "x")
        guard isFinished || isSpace(box[1]) else { return nil }
        let title = String(decoding: rest.dropFirst(3), as: UTF8.self)
        return .task(indent: indent, title: title, isFinished: isFinished)
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }
}
