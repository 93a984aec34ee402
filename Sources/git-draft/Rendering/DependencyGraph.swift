import GitStore
import Model

/// Which tickets wait for which, as a forest that people can read.
struct DependencyGraph {
    /// One line of the forest.
    struct Line {
        /// How deep it is.
        let depth: Int
        /// The ticket.
        let ticket: Ticket
        /// Whether what waits for it is shown at another place.
        let isRepeated: Bool
    }

    /// The tickets, by id.
    let tickets: [String: Ticket]

    /// Blocker and blocked, of which both are there.
    let edges: [(from: String, to: String)]

    private let dependents: [String: [Ticket]]
    private let order: [Ticket]

    /// Takes the tickets that are to be shown.
    init(_ tickets: [Ticket]) {
        let known = Dictionary(tickets.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        let order = tickets.inOrder()
        var edges: [(from: String, to: String)] = []
        var dependents: [String: [Ticket]] = [:]
        for ticket in order {
            for blocker in ticket.blockedBy where known[blocker] != nil {
                edges.append((blocker, ticket.id))
                dependents[blocker, default: []].append(ticket)
            }
        }
        (self.tickets, self.edges, self.dependents, self.order) = (known, edges, dependents, order)
    }

    /// The tickets that wait, directly or not, for themselves: each group in one list.
    ///
    /// A merge can bring such a cycle about; it is shown, and a person unblocks one of them.
    var cycles: [[String]] {
        var left = Set(tickets.keys)
        var cycles: [[String]] = []
        for ticket in order where left.contains(ticket.id) {
            let forward = reached(from: ticket.id)
            guard forward.contains(ticket.id) else { continue }
            let cycle = order.map(\.id).filter {
                forward.contains($0) && reached(from: $0).contains(ticket.id)
            }
            left.subtract(cycle)
            cycles.append(cycle)
        }
        return cycles
    }

    /// The forest: what waits for nothing first, and under each ticket what waits for it.
    var lines: [Line] {
        var lines: [Line] = []
        var shown: Set<String> = []
        let roots = order.filter { ticket in !ticket.blockedBy.contains { tickets[$0] != nil } }
        for ticket in roots + order where !shown.contains(ticket.id) {
            append(ticket, &lines, &shown)
        }
        return lines
    }

    /// Without recursion, for a chain of tickets may be long.
    private func append(_ root: Ticket, _ lines: inout [Line], _ shown: inout Set<String>) {
        var stack = [(depth: 0, ticket: root)]
        while let (depth, ticket) = stack.popLast() {
            let isNew = shown.insert(ticket.id).inserted
            let next = dependents[ticket.id] ?? []
            lines.append(
                Line(depth: depth, ticket: ticket, isRepeated: !isNew && !next.isEmpty))
            if isNew { stack += next.reversed().map { (depth + 1, $0) } }
        }
    }

    private func reached(from start: String) -> Set<String> {
        var seen: Set<String> = []
        var queue = [start]
        while let id = queue.popLast() {
            for next in dependents[id] ?? [] where seen.insert(next.id).inserted {
                queue.append(next.id)
            }
        }
        return seen
    }
}
