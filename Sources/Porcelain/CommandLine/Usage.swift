/// The short usage of a command, as `git <command> -h` prints it.
///
/// The program is what the root is called, such as `git draft`.
public func usage(of path: [any Command.Type], program: String) -> String {
    guard let leaf = path.last else { return "" }
    let words = ([program] + path.dropFirst().map { $0.verb }).joined(separator: " ")
    if let group = leaf as? any CommandGroup.Type {
        return "usage: \(words) <command> [<options>]\n" + listing(of: group)
    }
    let declarations = Declaration.all(of: leaf.init())
    let rows = declarations.map { declaration in
        (
            declaration.isPositional ? declaration.placeholder : declaration.spelling,
            declaration.parameter.help
        )
    }
    let head = "usage: \(words)\(synopsis(of: declarations))\n"
    return rows.isEmpty ? head : "\(head)\n\(columns(rows))"
}

/// The usage and the description, for `--help` where no manual is installed.
public func longHelp(of path: [any Command.Type], program: String) -> String {
    guard let help = path.last?.help else { return "" }
    let lines = help.description.split(separator: "\n", omittingEmptySubsequences: false)
        .flatMap { $0.hasPrefix("    ") ? [String($0)] : String($0).wrapped(to: 79) }
    let description = lines.isEmpty ? "" : "\n\(lines.joined(separator: "\n"))\n"
    return "\(help.summary)\n\n\(usage(of: path, program: program))\(description)"
}

/// What follows the name of a command in its synopsis.
func synopsis(of declarations: [Declaration]) -> String {
    let options = declarations.filter { !$0.isPositional }
    let needed = options.filter(\.parameter.isRequired).map { option in
        " \(option.parameter.names.last ?? "") \(option.placeholder)"
    }
    let others = needed.count < options.count ? " [<options>]" : ""
    let positionals = declarations.filter(\.isPositional).map { " \($0.synopsis)" }
    return needed.joined() + others + positionals.joined()
}

/// The commands of a group that are not hidden, under their headings.
///
/// Headings come in the order in which they are first used.
func sections(of group: any CommandGroup.Type) -> [(title: String, commands: [any Command.Type])] {
    var sections: [(title: String, commands: [any Command.Type])] = []
    for command in group.subcommands where !command.help.isHidden {
        let title = command.help.group
        if let index = sections.firstIndex(where: { $0.title == title }) {
            sections[index].commands.append(command)
        } else {
            sections.append((title, [command]))
        }
    }
    return sections
}

private func listing(of group: any CommandGroup.Type) -> String {
    let sections = sections(of: group)
    let width = sections.flatMap(\.commands).map { $0.verb.count }.max() ?? 0
    return sections.map { section in
        let title = section.title.isEmpty ? "" : "\(section.title)\n"
        let rows = section.commands.map { ($0.verb, $0.help.summary) }
        return "\n\(title)\(columns(rows, width: width))"
    }.joined()
}

/// Two columns, the right one wrapped; a left part that is too long stands alone.
private func columns(_ rows: [(String, String)], width wanted: Int? = nil) -> String {
    let width = min(wanted ?? rows.map { displayWidth($0.0) }.max() ?? 0, 24)
    let indent = String(repeating: " ", count: width + 8)
    return rows.map { left, right in
        let lines = right.wrapped(to: max(20, 79 - indent.count))
        let fits = displayWidth(left) <= width
        let head = "    " + (fits ? left.padded(to: width) + "    " : "\(left)\n\(indent)")
        return head + lines.joined(separator: "\n\(indent)") + "\n"
    }.joined()
}
