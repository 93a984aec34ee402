/// What is wrong with a tree of commands, one line each; a test wants none.
///
/// Wrong are two commands or options of one name, an argument that no word can
/// reach, a summary that is missing or ends in a period, and options without
/// help.
public func flaws(in root: any Command.Type, program: String) -> [String] {
    var flaws: [String] = []
    if root.help.summary.isEmpty || root.help.summary.hasSuffix(".") {
        flaws.append("\(program): bad summary '\(root.help.summary)'")
    }
    guard let group = root as? any CommandGroup.Type else {
        return flaws + Declaration.all(of: root.init()).flaws.map { "\(program): \($0)" }
    }
    let verbs = group.subcommands.map { $0.verb }
    flaws += repeated(verbs).map { "\(program): two commands are called '\($0)'" }
    return flaws
        + group.subcommands.flatMap { Porcelain.flaws(in: $0, program: "\(program) \($0.verb)") }
}

private func repeated(_ words: [String]) -> [String] {
    var seen: Set<String> = []
    return words.filter { !seen.insert($0).inserted }
}

extension [Declaration] {
    fileprivate var flaws: [String] {
        let names = flatMap(\.parameter.names)
        var flaws = repeated(names).map { "two options are called '\($0)'" }
        flaws += names.filter { ["-h", "--help", "--", "-"].contains($0) || !$0.hasPrefix("-") }
            .map { "no option can be called '\($0)'" }
        flaws += filter(\.parameter.help.isEmpty).map { "no help for '\($0.label)'" }
        let positionals = filter(\.isPositional)
        for (former, latter) in zip(positionals, positionals.dropFirst()) {
            if former.parameter.arity == .rest {
                flaws.append("nothing is left for '\(latter.label)'")
            } else if !former.parameter.isRequired, latter.parameter.isRequired {
                flaws.append("'\(latter.label)' is required after what may be missing")
            }
        }
        return flaws
    }
}
