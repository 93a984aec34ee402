import Model

/// Reads the shape that plans have in YAML and JSON.
struct PlanTree {
    /// Where messages are collected.
    let findings: Findings

    /// Whether the other keys of an agent's result may stand beside the tickets.
    var isResult = false

    private static let resultKeys = [
        "status", "summary", "plan", "question", "findings", "analysis", "reflection",
    ]

    private static let ticketKeys = [
        "title", "description", "priority", "priority_bucket", "blocked_by",
        "acceptance_criteria", "mode", "task_type", "labels", "validation", "touches",
    ]

    /// Reads the tickets of a tree.
    func read(_ root: Node) -> PlanDraft {
        let known = ["tickets"] + (isResult ? Self.resultKeys : [])
        let section = Section(root, path: "", known: known, findings: findings)
        let nodes = section.list("tickets") ?? []
        return PlanDraft(items: nodes.enumerated().map { item($1, number: $0 + 1) })
    }

    private func item(_ node: Node, number: Int) -> PlanItem {
        let section = Section(
            node, path: "tickets.\(number)", known: Self.ticketKeys, findings: findings)
        let limits = PlanLimits(findings: findings)
        let title = section.node("title").flatMap { node in
            section.string(node, of: "title").flatMap { limits.title($0, at: node.place) }
        }
        if case .mapping = node.value, section.node("title") == nil {
            findings.fail(node.place, "'tickets.\(number)' has no title")
        } else if node.isNull {
            findings.fail(node.place, "'tickets.\(number)' must be a mapping, not nothing")
        }
        let ticket = PlannedTicket(
            title: title ?? "", description: description(section), priority: priority(section),
            acceptanceCriteria: section.strings("acceptance_criteria") ?? [],
            mode: section.word("mode"),
            taskType: limits.word(section.string("task_type"), section.node("task_type")),
            labels: section.strings("labels") ?? [],
            validation: section.strings("validation") ?? [],
            touches: limits.touches(section.strings("touches") ?? [], section.node("touches")),
            line: node.place.line)
        return PlanItem(ticket: ticket, blockers: blockers(section))
    }

    private func description(_ section: Section) -> String {
        guard let node = section.node("description") else { return "" }
        guard let text = node.text else {
            section.mismatch("description", "a text", node)
            return ""
        }
        return text
    }

    private func priority(_ section: Section) -> Int? {
        if section.node("priority") != nil, let other = section.entry("priority_bucket") {
            findings.fail(
                other.place,
                "'\(section.name("priority_bucket"))' and '\(section.name("priority"))' are one"
                    + " setting; keep 'priority'")
        }
        let key = section.node("priority") == nil ? "priority_bucket" : "priority"
        guard let node = section.node(key) else { return nil }
        if let number = node.int {
            return PlanLimits(findings: findings).priority(number, node.place)
        }
        if let bucket = node.text.flatMap(PlanLimits.bucket) { return bucket }
        section.mismatch(key, "0 to 100 or one of P0, P1, P2, P3", node)
        return nil
    }

    private func blockers(_ section: Section) -> [PlanBlocker] {
        guard let node = section.node("blocked_by") else { return [] }
        let nodes: [Node] =
            if case .sequence(let items) = node.value { items } else { [node] }
        return nodes.compactMap { node in
            if let number = node.int {
                return PlanBlocker(target: .number(number), place: node.place)
            }
            return section.string(node, of: "blocked_by").map {
                PlanBlocker(target: .title($0), place: node.place)
            }
        }
    }
}
