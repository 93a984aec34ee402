/// Reads a command line.
///
/// The words are those after the program's name. Options and arguments may be
/// mixed; `--` and `--end-of-options` end the options.
///
/// - Throws: ``UsageError``, ``UsageRequest``, ``ManualRequest`` or
///   ``VersionRequest``.
public func parse(_ words: [String], as root: any Command.Type) throws -> any Command {
    var parser = Parser(words: words[...], path: [root])
    return try parser.command()
}

private struct Parser {
    var words: ArraySlice<String>
    var path: [any Command.Type]

    mutating func command() throws -> any Command {
        var leaf = path[0]
        while let group = leaf as? any CommandGroup.Type {
            leaf = try subcommand(of: group)
            path.append(leaf)
        }
        let command = leaf.init()
        try fill(Declaration.all(of: command))
        do {
            for group in Declaration.groups(within: command) { try group.validate() }
            try command.validate()
        } catch var error as UsageError {
            if error.path.isEmpty { error.path = path }
            throw error
        }
        return command
    }

    private mutating func subcommand(of group: any CommandGroup.Type) throws -> any Command.Type {
        guard let word = words.popFirst() else { throw error("need a command") }
        try answer(word)
        if word == "--version", path.count == 1 { throw VersionRequest() }
        if let match = group.subcommands.first(where: { $0.verb.isSpelled(word) }) { return match }
        guard !word.begins(with: "-") else {
            let near =
                path.count > 1 ? "" : suggestion(for: word, among: ["--help", "--version"])
            throw error("option \(quoted(word)) must follow the command\(near)")
        }
        let verbs = group.subcommands.filter { !$0.help.isHidden }.map { $0.verb }
        var error = error(
            "unknown command \(quoted(word))\(suggestion(for: word, among: verbs))")
        // The list of all commands would push that out of sight.
        error.showsUsage = path.count > 1
        throw error
    }

    /// Throws the request that a word makes of any command.
    private func answer(_ word: String) throws {
        if word == "-h" { throw UsageRequest(path: path) }
        if word == "--help" { throw ManualRequest(path: path) }
    }

    private mutating func fill(_ declarations: [Declaration]) throws {
        var positionals = declarations.filter(\.isPositional)[...]
        var optionsEnded = false
        while let word = words.popFirst() {
            if !optionsEnded, word.begins(with: "-"), !word.isSpelled("-") {
                try answer(word)
                optionsEnded = word == "--" || word == "--end-of-options"
                if !optionsEnded { try option(word, declarations) }
            } else if let positional = positionals.first {
                try give(word, to: positional, called: positional.placeholder)
                if positional.parameter.arity != .rest { positionals.removeFirst() }
            } else {
                throw error("unexpected argument \(quoted(word))")
            }
        }
        if let missing = declarations.first(where: { $0.parameter.isMissing() }) {
            let name = missing.parameter.names.last.map { "option '\($0)'" }
            throw error("missing \(name ?? missing.placeholder)")
        }
    }

    private mutating func option(_ word: String, _ declarations: [Declaration]) throws {
        let (name, attached) = split(word)
        var found: (Declaration, String)?
        for declaration in declarations {
            guard let meaning = declaration.meaning(of: name) else { continue }
            if found == nil || meaning == "yes" { found = (declaration, meaning) }
        }
        guard let (match, meaning) = found, !match.isPositional else {
            let names = declarations.flatMap(\.parameter.names)
            throw error("unknown option \(quoted(name))\(suggestion(for: name, among: names))")
        }
        guard match.takesValue else {
            guard attached == nil else { throw error("option '\(name)' takes no value") }
            return try give(meaning, to: match, called: "'\(name)'")
        }
        guard let value = attached ?? words.popFirst() else {
            throw error("option '\(name)' needs a value")
        }
        try give(value, to: match, called: "'\(name)'")
    }

    /// Parts `--name=value`; anything else is a name.
    private func split(_ word: String) -> (name: String, value: String?) {
        let bytes = word.utf8
        guard word.begins(with: "--"), let sign = bytes.firstIndex(of: UInt8(ascii: "=")) else {
            return (word, nil)
        }
        let value = String(decoding: bytes[bytes.index(after: sign)...], as: UTF8.self)
        return (String(decoding: bytes[..<sign], as: UTF8.self), value)
    }

    private func give(_ word: String, to match: Declaration, called name: String) throws {
        guard !match.parameter.accept(word) else { return }
        let expected = match.parameter.expected
        let ending = expected.isEmpty ? "" : "; expected \(expected)"
        let near = suggestion(for: word, among: match.parameter.allWords)
        throw error("bad value \(quoted(word)) for \(name)\(ending)\(near)")
    }

    private func error(_ message: String) -> UsageError { UsageError(message, path: path) }
}

/// A word of the user between quotes, safe to show.
private func quoted(_ word: String) -> String { "'\(escaped(word))'" }
