import Synchronization

/// The secrets that all copies of a redactor know, those that came later included.
final class LearnedValues: Sendable {
    private struct State {
        var values: Set<[UInt8]>
        var rules: RedactionRules
    }

    private let patterns: Bool
    private let state: Mutex<State>

    /// Begins with some values.
    init(_ values: Set<[UInt8]>, patterns: Bool) {
        self.patterns = patterns
        state = Mutex(State(values: values, rules: Self.rules(values, patterns)))
    }

    /// What is looked for.
    var rules: RedactionRules { state.withLock { $0.rules } }

    /// Takes in further values.
    func add(_ values: Set<[UInt8]>) {
        state.withLock { state in
            guard !values.isSubset(of: state.values) else { return }
            state.values.formUnion(values)
            state.rules = Self.rules(state.values, patterns)
        }
    }

    private static func rules(_ values: Set<[UInt8]>, _ patterns: Bool) -> RedactionRules {
        RedactionRules(
            values: values.sorted { $0.lexicographicallyPrecedes($1) }, patterns: patterns)
    }
}
