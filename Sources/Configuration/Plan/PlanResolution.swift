import Model

/// Turns what was read into a plan: finds every blocker and refuses cycles.
struct PlanResolution {
    /// Where messages are collected.
    let findings: Findings

    /// Whether a title that is there twice is left out the second time, instead of refused.
    var dropsTwins = false

    /// The plan, if nothing is wrong with it.
    ///
    /// - Parameters:
    ///   - draft: What was read.
    ///   - existing: The titles of tickets outside of the plan that may come first.
    ///   - mayBeEmpty: Whether a plan without a ticket is one.
    /// - Returns: The plan.
    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    func resolve(
        _ draft: PlanDraft, existing: [String] = [], mayBeEmpty: Bool = false
    ) throws(ConfigurationError) -> Plan {
        let own = draft.items.count
        let items =
            draft.items
            + existing.map { PlanItem(ticket: PlannedTicket(title: $0, line: 0), isFinished: true) }
        var notes = draft.notes
        let finished = draft.items.count(where: \.isFinished)
        if finished > 0 {
            notes.append("skipped \(finished) finished item\(finished == 1 ? "" : "s")")
        }
        let titles = titles(of: items)
        var numbers: [Int?] = []
        var twins: Set<Int> = []
        var count = 0
        for (index, item) in draft.items.enumerated() {
            if let first = twin(of: index, titles, items) {
                twins.insert(index)
                numbers.append(numbers[first])
                notes.append(
                    "left out '\(shown(item.ticket.title))', which is there twice")
                continue
            }
            numbers.append(item.isFinished ? nil : count)
            count += item.isFinished ? 0 : 1
        }
        var tickets: [PlannedTicket] = []
        for (index, item) in draft.items.enumerated()
        where !item.isFinished && !twins.contains(index) {
            var ticket = item.ticket
            let blockers = item.blockers.flatMap {
                find($0, of: index, titles: titles, in: items, own: own)
            }
            let inside = blockers.filter { $0 < own }
            ticket.blockedBy = Set(inside.compactMap { numbers[$0] })
                .subtracting(twins.isEmpty ? [] : [tickets.count]).sorted()
            ticket.blockedOutside = Set(blockers).filter { $0 >= own }.sorted()
                .map { items[$0].ticket.title }
            tickets.append(ticket)
        }
        if tickets.isEmpty, findings.problems.isEmpty, !mayBeEmpty {
            let more = finished > 0 ? "; \(finished) finished skipped" : ""
            findings.fail(Place(line: 1, column: 1), "the plan holds no ticket\(more)")
        }
        if let cycle = Self.cycle(in: tickets) { refuse(cycle, of: tickets) }
        try findings.finish()
        return Plan(tickets: tickets, notes: notes)
    }

    /// The ticket of the same title that stands before one; `nil` unless that is left out.
    private func twin(of index: Int, _ titles: [[UInt8]: Int], _ items: [PlanItem]) -> Int? {
        let item = items[index]
        guard dropsTwins, !item.isFinished, !item.ticket.title.isEmpty,
            let first = titles[Self.key(item.ticket.title)], first < index,
            !items[first].isFinished
        else { return nil }
        return first
    }

    /// Where each title stands; open tickets come before finished ones.
    private func titles(of items: [PlanItem]) -> [[UInt8]: Int] {
        var titles: [[UInt8]: Int] = [:]
        for (index, item) in items.enumerated() where !item.ticket.title.isEmpty {
            let key = Self.key(item.ticket.title)
            guard let other = titles[key], !items[other].isFinished else {
                titles[key] = index
                continue
            }
            if item.isFinished || dropsTwins { continue }
            findings.fail(
                Place(line: item.ticket.line, column: 1),
                "the title '\(shown(item.ticket.title))' is there twice, first in line"
                    + " \(items[other].ticket.line)")
        }
        return titles
    }

    private static func key(_ title: String) -> [UInt8] {
        Array(trimmed(title).lowercased().utf8)
    }

    private func find(
        _ blocker: PlanBlocker, of index: Int, titles: [[UInt8]: Int], in items: [PlanItem],
        own: Int
    ) -> [Int] {
        switch blocker.target {
        case .number(let number):
            guard number >= 1, number <= own else {
                findings.fail(
                    blocker.place,
                    "there is no ticket \(number) to be blocked by; the plan has \(own)")
                return []
            }
            return other(number - 1, than: index, blocker.place)
        case .title(let title):
            guard let found = titles[Self.key(title)] else {
                let names = titles.count > 500 ? [] : items.map(\.ticket.title)
                let offer = findings.suggestion(for: title, among: names)
                findings.fail(
                    blocker.place, "no ticket of the plan is called '\(shown(title))'\(offer)")
                return []
            }
            return other(found, than: index, blocker.place)
        case .list(let text):
            if let found = titles[Self.key(text)] {
                return other(found, than: index, blocker.place)
            }
            return text.split(separator: ",").flatMap { part in
                let word = trimmed(part)
                let digits = word.hasPrefix("#") ? String(word.dropFirst()) : word
                let target = Int(digits).map { PlanBlocker.Target.number($0) } ?? .title(word)
                return word.isEmpty
                    ? []
                    : find(
                        PlanBlocker(target: target, place: blocker.place), of: index,
                        titles: titles, in: items, own: own)
            }
        }
    }

    private func other(_ found: Int, than index: Int, _ place: Place) -> [Int] {
        if found != index { return [found] }
        findings.fail(place, "a ticket cannot be blocked by itself")
        return []
    }

    // MARK: - Cycles

    private func refuse(_ cycle: [Int], of tickets: [PlannedTicket]) {
        let names = cycle.prefix(8).map { "'\(shown(tickets[$0].title))'" }
        let rest = cycle.count > 8 ? ["\(cycle.count - 8) more"] : []
        let first = names.first ?? ""
        findings.fail(
            Place(line: tickets[cycle[0]].line, column: 1),
            "the tickets block each other: "
                + (names + rest + [first]).joined(separator: " is blocked by "))
    }

    /// Some cycle of blockers, each element blocked by the next.
    ///
    /// Without recursion, since a chain may be as long as the file.
    static func cycle(in tickets: [PlannedTicket]) -> [Int]? {
        var isDone = Array(repeating: false, count: tickets.count)
        var depth = Array(repeating: -1, count: tickets.count)
        for start in tickets.indices where !isDone[start] {
            var path = [(ticket: start, next: 0)]
            depth[start] = 0
            while let top = path.last {
                guard top.next < tickets[top.ticket].blockedBy.count else {
                    isDone[top.ticket] = true
                    depth[top.ticket] = -1
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                let blocker = tickets[top.ticket].blockedBy[top.next]
                if depth[blocker] >= 0 { return path[depth[blocker]...].map(\.ticket) }
                if isDone[blocker] { continue }
                depth[blocker] = path.count
                path.append((blocker, 0))
            }
        }
        return nil
    }
}

extension Plan {
    /// Keeps the first tickets and says how many there were.
    mutating func cap(at limit: Int) {
        guard tickets.count > limit else { return }
        notes.append("kept the first \(limit) of \(tickets.count) tickets")
        tickets.removeLast(tickets.count - limit)
        var left = 0
        for index in tickets.indices {
            left += tickets[index].blockedBy.count { $0 >= limit }
            tickets[index].blockedBy.removeAll { $0 >= limit }
        }
        guard left > 0 else { return }
        notes.append(
            "left out \(left) blocker\(left == 1 ? "" : "s") that \(left == 1 ? "is" : "are") not"
                + " among them")
    }
}
