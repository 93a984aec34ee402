import Execution
import Model
import Porcelain

/// What came of all attempts.
struct RedTeamReport {
    /// What came of each.
    private(set) var results: [EscapeResult] = []

    /// Whether it was asked what happens without a sandbox.
    private let isNoneMeant: Bool

    /// Why a sandbox works here so little that nothing was attempted in it.
    private let absent: [SandboxKind: String]

    init(isNoneMeant: Bool, absent: [SandboxKind: String]) {
        self.isNoneMeant = isNoneMeant
        self.absent = absent
    }

    /// Takes down a result.
    mutating func add(_ result: EscapeResult) { results.append(result) }

    /// Whether nothing got out that should not have, where something was there to get out of.
    var isGood: Bool {
        let isTried = isNoneMeant || !held.isEmpty
        return breaches.isEmpty && isTried && !untried.contains { absent[$0.kind] == nil }
    }

    /// The sandboxes that stopped something.
    private var held: [SandboxKind] {
        Self.kinds(results.filter { $0.verdict == .held }).filter(\.isApart)
    }

    /// The sandboxes that showed nothing, and why.
    private var untried: [(kind: SandboxKind, reason: String)] {
        SandboxKind.allCases.filter(\.isApart).compactMap { kind in
            if let reason = absent[kind] { return (kind, reason) }
            let some = results.filter { $0.kind == kind }
            guard let first = some.first, some.allSatisfy({ $0.verdict.word == "void" }) else {
                return nil
            }
            return (kind, first.verdict.reason ?? "")
        }
    }

    private var breaches: [EscapeResult] {
        results.filter { result in
            guard case .out = result.verdict else { return false }
            return result.isBreach || isNoneMeant
        }
    }

    /// Prints it.
    func show(on terminal: Terminal, json: Bool) throws {
        guard !json else {
            let text = document.canonicalText
            return try terminal.write(terminal.outputIsTTY ? text.visibleJSON : text)
        }
        try terminal.write(table.rendered(for: terminal))
        let voids = results.filter { $0.verdict.word == "void" }
        try show("void", Self.distinct(voids), .dim, on: terminal)
        try show("out", results.filter(\.isBreach), .red, on: terminal)
        try terminal.writeLine("")
        for line in summary { try terminal.writeLine(escaped(line)) }
    }

    /// What the attempts show, and what they do not.
    private var summary: [String] {
        guard breaches.isEmpty else {
            let kinds = Self.kinds(breaches).filter(\.isApart).map(\.word)
            let place = kinds.isEmpty ? "" : " of \(kinds.joined(separator: " and "))"
            return [counted(breaches.count, "attempt") + " got out" + place]
        }
        if isNoneMeant { return ["nothing got out"] }
        guard !held.isEmpty else {
            let reasons = untried.map(\.reason).joined(separator: "; ")
            return ["no sandbox was tried: \(reasons)"]
        }
        let kinds = held.map(\.word).joined(separator: " and ")
        return ["nothing got out of \(kinds)"]
            + untried.map { "\($0.kind.word) was not tried: \($0.reason)" }
    }

    private var table: Table {
        var table = Table(columns: [
            .init("sandbox"), .init("attempts at"), .init("held", .right), .init("out", .right),
            .init("void", .right),
        ])
        for kind in Self.kinds(results) {
            for category in EscapeCase.Category.allCases {
                let some = results.filter { $0.kind == kind && $0.attempt.category == category }
                guard !some.isEmpty else { continue }
                let counts = ["held", "out", "void"].map { word in
                    some.count { $0.verdict.word == word }
                }
                let isBad = some.contains(where: \.isBreach)
                table.add([
                    Cell(kind.word), Cell(category.rawValue), Cell("\(counts[0])"),
                    Cell("\(counts[1])", isBad ? .red : .plain), Cell("\(counts[2])"),
                ])
            }
        }
        return table
    }

    private func show(
        _ word: String, _ some: [EscapeResult], _ style: Style, on terminal: Terminal
    ) throws {
        guard !some.isEmpty else { return }
        try terminal.writeLine("")
        for result in some {
            let place = word == "void" ? "" : " of \(result.kind.word)"
            let head = terminal.styled("\(word)\(place)", style)
            let reason = result.verdict.reason.map { ": \(escaped($0))" } ?? ""
            try terminal.writeLine("\(head): \(result.attempt.name)\(reason)")
        }
    }

    /// Each attempt once.
    private static func distinct(_ some: [EscapeResult]) -> [EscapeResult] {
        var seen: Set<String> = []
        return some.filter { seen.insert($0.attempt.name).inserted }
    }

    private static func kinds(_ results: [EscapeResult]) -> [SandboxKind] {
        SandboxKind.allCases.filter { kind in results.contains { $0.kind == kind } }
    }

    /// An attempt, for tools.
    static func description(_ attempt: EscapeCase) -> JSONObject {
        [
            "name": .string(attempt.name), "category": .string(attempt.category.rawValue),
            "summary": .string(attempt.summary),
            "incidents": .array(attempt.incidents.map { .string($0) }),
        ]
    }

    private var document: JSON {
        var reasons: JSONObject = [:]
        for (kind, reason) in untried { reasons[kind.word] = .string(reason) }
        return [
            "schema": 1, "not_tried": .object(reasons), "ok": .bool(isGood),
            "results": .array(
                results.map { result in
                    var object = Self.description(result.attempt)
                    object["sandbox"] = .string(result.kind.word)
                    object["verdict"] = .string(result.verdict.word)
                    object["reason"] = JSON(result.verdict.reason)
                    return .object(object)
                }),
        ]
    }
}
