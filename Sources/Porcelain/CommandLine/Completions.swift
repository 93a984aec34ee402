/// The words that may follow a command: its commands, or its options.
///
/// Options that take a value end in `=`, as git's completion wants them; the
/// switches come a second time as `--no-…`, after a `--`.
public func completions(of path: [any Command.Type]) -> [String] {
    guard let leaf = path.last else { return [] }
    if let group = leaf as? any CommandGroup.Type {
        return group.subcommands.filter { !$0.help.isHidden }.map { $0.verb }
    }
    let options = Declaration.all(of: leaf.init()).filter { !$0.isPositional }
    let names = options.flatMap { option in
        option.parameter.names.filter { $0.begins(with: "--") }
            .map { option.takesValue ? $0 + "=" : $0 }
    }
    let opposites = options.filter { !$0.takesValue }.flatMap(\.parameter.names)
        .filter { $0.begins(with: "--") }.map(Declaration.opposite(of:))
    return opposites.isEmpty ? names : names + ["--"] + opposites
}

/// What may stand at the end of an unfinished command line.
public struct Candidates: Sendable, Equatable {
    /// The words that are known.
    public var words: [String] = []

    /// What stands for the value in help, such as `ticket`, if a value is wanted whose words
    /// are not known here.
    public var value: String?

    /// What comes before the value in the same word, such as `--goal=`.
    public var prefix = ""

    /// The verbs of the command, such as `ticket show`, without the root's.
    public var verbs: [String] = []
}

/// Finds out what may stand at the end of an unfinished command line.
///
/// The last word is the one to complete, and may be empty. Values are offered
/// where their number is known: `--priority=`, `--priority <here>`.
public func completions(for words: [String], as root: any Command.Type) -> Candidates {
    guard let last = words.last else { return Candidates(words: completions(of: [root])) }
    var before = words.dropLast()
    var path = [root]
    while let group = path.last as? any CommandGroup.Type, let word = before.first,
        let next = group.subcommands.first(where: { $0.verb.isSpelled(word) })
    {
        before.removeFirst()
        path.append(next)
    }
    var candidates = Candidates(verbs: path.dropFirst().map { $0.verb })
    guard let leaf = path.last else { return candidates }
    guard !(leaf is any CommandGroup.Type) else {
        guard before.isEmpty else { return candidates }
        candidates.words = completions(of: path).filter { $0.begins(with: last) }
        return candidates
    }
    let declarations = Declaration.all(of: leaf.init())
    let isLiteral = before.contains("--")
    if !isLiteral, let hit = option(of: declarations, before: before.last, last) {
        candidates.take(hit.declaration, prefix: hit.prefix, last)
    } else if isLiteral || !last.begins(with: "-") {
        let given = arguments(in: before, of: declarations)
        let positionals = declarations.filter(\.isPositional)
        let next = given < positionals.count ? positionals[given] : positionals.last
        if let next, given < positionals.count || next.parameter.arity == .rest {
            candidates.take(next, prefix: "", last)
        }
    } else {
        candidates.words = completions(of: path).filter { $0 != "--" && $0.begins(with: last) }
    }
    return candidates
}

extension Candidates {
    /// Takes the values of a parameter.
    fileprivate mutating func take(_ declaration: Declaration, prefix: String, _ last: String) {
        let known = declaration.parameter.allWords
        self.prefix = prefix
        words = known.map { prefix + $0 }.filter { $0.begins(with: last) }
        if known.isEmpty { value = String(declaration.placeholder.dropFirst().dropLast()) }
    }
}

/// The option whose value the end of the line is, if it is one's.
private func option(
    of declarations: [Declaration], before: String?, _ last: String
) -> (declaration: Declaration, prefix: String)? {
    for declaration in declarations where declaration.takesValue {
        for name in declaration.parameter.names {
            if before?.isSpelled(name) == true { return (declaration, "") }
            if last.begins(with: "\(name)="), name.begins(with: "--") {
                return (declaration, "\(name)=")
            }
        }
    }
    return nil
}

/// How many arguments stand among the words.
private func arguments(in words: ArraySlice<String>, of declarations: [Declaration]) -> Int {
    let options = declarations.filter { $0.takesValue && !$0.isPositional }
        .flatMap(\.parameter.names)
    var (count, isValue, isLiteral) = (0, false, false)
    for word in words {
        if isValue {
            isValue = false
        } else if isLiteral || !word.begins(with: "-") || word.isSpelled("-") {
            count += 1
        } else {
            isLiteral = word.isSpelled("--")
            isValue = options.contains { $0.isSpelled(word) }
        }
    }
    return count
}
