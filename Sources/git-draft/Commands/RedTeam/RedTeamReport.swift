import Execution
import Model
import Porcelain

/// What came of all attempts.
struct RedTeamReport {
    /// What came of each.
    private(set) var results: [EscapeResult] = []

    /// Whether it was asked what happens without a sandbox.
    private let isNoneMeant: Bool

    init(isNoneMeant: Bool) { self.isNoneMeant = isNoneMeant }

    /// Takes down a result.
    mutating func add(_ result: EscapeResult) { results.append(result) }

    /// Whether anything got out that should not have.
    var hasBreaches: Bool { !breaches.isEmpty }

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
        let words =
            breaches.isEmpty ? "nothing got out" : counted(breaches.count, "attempt") + " got out"
        let kinds = Self.kinds(results).filter(\.isApart).map(\.word)
        let place = kinds.isEmpty ? "" : " of \(kinds.joined(separator: " and "))"
        try terminal.writeLine("\n\(words)\(place)")
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
        [
            "schema": 1, "ok": .bool(!hasBreaches),
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
