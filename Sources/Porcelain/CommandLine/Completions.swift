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

/// The words that may stand at the end of an unfinished command line.
///
/// The last word is the one to complete, and may be empty. Values are offered
/// where their number is known: `--priority=`, `--priority <here>`.
public func completions(for words: [String], as root: any Command.Type) -> [String] {
    guard let last = words.last else { return completions(of: [root]) }
    var before = words.dropLast()
    var path = [root]
    while let group = path.last as? any CommandGroup.Type, let word = before.first,
        let next = group.subcommands.first(where: { $0.verb.isSpelled(word) })
    {
        before.removeFirst()
        path.append(next)
    }
    guard let leaf = path.last else { return [] }
    if leaf is any CommandGroup.Type, !before.isEmpty { return [] }
    if !(leaf is any CommandGroup.Type) {
        let declarations = Declaration.all(of: leaf.init())
        if let values = values(of: declarations, before: before.last, last) { return values }
        if !last.begins(with: "-") {
            return declarations.filter(\.isPositional).flatMap(\.parameter.allWords)
                .filter { $0.begins(with: last) }
        }
    }
    return completions(of: path).filter { $0 != "--" && $0.begins(with: last) }
}

/// The values of the option that the end of the line names, if it does.
private func values(of declarations: [Declaration], before: String?, _ last: String) -> [String]? {
    for declaration in declarations where declaration.takesValue {
        for name in declaration.parameter.names {
            if before?.isSpelled(name) == true {
                return declaration.parameter.allWords.filter { $0.begins(with: last) }
            }
            if last.begins(with: "\(name)="), name.begins(with: "--") {
                return declaration.parameter.allWords.map { "\(name)=\($0)" }
                    .filter { $0.begins(with: last) }
            }
        }
    }
    return nil
}
