/// What all pages of a manual share.
public struct ManualBook: Sendable {
    /// What the root is called, such as `git draft`.
    public let program: String

    /// The version, for the foot of the page.
    public let version: String

    /// The day of the release, such as `2026-02-01`.
    public let date: String

    /// The exit codes and what they mean, in order.
    public let exitStatus: [(code: Int, meaning: String)]

    /// Other pages, such as `git-worktree(1)`.
    public let seeAlso: [String]

    /// Further sections of the root's page, laid out as ``Help/description`` is.
    public let chapters: [(title: String, text: String)]

    /// Describes a manual.
    public init(
        program: String, version: String, date: String,
        exitStatus: [(code: Int, meaning: String)] = [], seeAlso: [String] = [],
        chapters: [(title: String, text: String)] = []
    ) {
        self.program = program
        self.version = version
        self.date = date
        self.exitStatus = exitStatus
        self.seeAlso = seeAlso
        self.chapters = chapters
    }

    /// Every page: those of the root, of all groups and of all commands that are not hidden.
    ///
    /// - Parameter root: The root of the commands.
    /// - Returns: The commands that lead to each page; ``name(of:)`` says what it is called.
    public func pages(of root: any Command.Type) -> [[any Command.Type]] {
        func pages(_ path: [any Command.Type]) -> [[any Command.Type]] {
            let group = path.last as? any CommandGroup.Type
            let below = (group?.subcommands ?? []).filter { !$0.help.isHidden }
            return [path] + below.flatMap { pages(path + [$0]) }
        }
        return pages([root])
    }

    /// The name of a page, such as `git-draft-ticket`.
    public func name(of path: [any Command.Type]) -> String {
        ([program] + path.dropFirst().map { $0.verb }).joined(separator: " ")
            .replacing(" ", with: "-")
    }
}

/// The manual page of a command, in the man(7) language.
///
/// The page of the root lists the commands, that of a group holds every command
/// below it with its options; hidden ones are in neither.
public func manual(of path: [any Command.Type], in book: ManualBook) -> String {
    guard let leaf = path.last else { return "" }
    var page = ManualPage(book: book)
    page.head(path)
    if let group = leaf as? any CommandGroup.Type {
        page.description(leaf.help.description)
        for section in sections(of: group) {
            page.section(section.title.isEmpty ? "commands" : section.title)
            for command in section.commands {
                path.count == 1
                    ? page.reference(path + [command]) : page.entries(path + [command])
            }
        }
        if path.count == 1 { page.chapters() }
    } else {
        page.description(leaf.help.description)
        page.options(Declaration.all(of: leaf.init()), under: "options")
    }
    page.foot(path)
    return page.text
}

private struct ManualPage {
    let book: ManualBook
    var text = ""

    mutating func line(_ line: String) { text += line + "\n" }

    mutating func section(_ title: String) { line(".SH \(argument(title.uppercased()))") }

    mutating func head(_ path: [any Command.Type]) {
        let name = book.name(of: path)
        line(
            ".TH \(argument(name.uppercased())) 1 \(argument(book.date)) "
                + "\(argument(book.version)) \(argument("\(book.program) manual"))")
        section("name")
        line("\(roff(name)) \\- \(roff(path.last?.help.summary ?? ""))")
        section("synopsis")
        line(".nf")
        line(synopsisLine(path))
        line(".fi")
    }

    mutating func description(_ description: String) {
        guard !description.isEmpty else { return }
        section("description")
        paragraphs(description)
    }

    /// A command and the page that has more about it.
    mutating func reference(_ path: [any Command.Type]) {
        guard let leaf = path.last else { return }
        line(".TP")
        line("\\fB\(roff(book.name(of: path)))\\fR(1)")
        let verbs =
            (leaf as? any CommandGroup.Type)?.subcommands
            .filter { !$0.help.isHidden }.map { $0.verb } ?? []
        let list = verbs.isEmpty ? "" : ": " + verbs.joined(separator: ", ")
        line(roff(leaf.help.summary + list) + ".")
    }

    /// The further sections of the root's page.
    mutating func chapters() {
        for chapter in book.chapters {
            section(chapter.title)
            paragraphs(chapter.text)
        }
    }

    /// A command of a group, or all commands of a group in it.
    mutating func entries(_ path: [any Command.Type]) {
        guard let leaf = path.last else { return }
        if let group = leaf as? any CommandGroup.Type {
            let commands = sections(of: group).flatMap(\.commands)
            return commands.forEach { entries(path + [$0]) }
        }
        line(".SS " + argument(words(path)))
        line(synopsisLine(path))
        line(".PP")
        line(roff(leaf.help.summary) + ".")
        if !leaf.help.description.isEmpty {
            line(".PP")
            paragraphs(leaf.help.description)
        }
        options(Declaration.all(of: leaf.init()), under: nil)
    }

    mutating func options(_ declarations: [Declaration], under title: String?) {
        guard !declarations.isEmpty else { return }
        if let title { section(title) }
        for declaration in declarations {
            line(".TP")
            let names = declaration.isPositional ? declaration.placeholder : declaration.spelling
            line("\\fB\(roff(names))\\fR")
            line(roff(declaration.parameter.help))
        }
    }

    mutating func foot(_ path: [any Command.Type]) {
        if !book.exitStatus.isEmpty {
            section("exit status")
            for status in book.exitStatus {
                line(".TP")
                line("\\fB\(status.code)\\fR")
                line(roff(status.meaning))
            }
        }
        let others = (1..<path.count).reversed().map { path.prefix($0) }
            .map { "\(book.name(of: Array($0)))(1)" }
        let pages = path.count > 1 ? others : book.seeAlso
        if !pages.isEmpty {
            section("see also")
            line(pages.map(roff).joined(separator: ", "))
        }
    }

    private func words(_ path: [any Command.Type]) -> String {
        ([book.program] + path.dropFirst().map { $0.verb }).joined(separator: " ")
    }

    private func synopsisLine(_ path: [any Command.Type]) -> String {
        guard let leaf = path.last, !(leaf is any CommandGroup.Type) else {
            return "\\fB\(roff(words(path)))\\fR <command> [<options>]"
        }
        let declarations = Declaration.all(of: leaf.init())
        return "\\fB\(roff(words(path)))\\fR\(roff(synopsis(of: declarations)))"
    }

    /// Text as ``Help/description`` lays it out.
    private mutating func paragraphs(_ description: String) {
        var isExample = false
        for source in description.split(separator: "\n", omittingEmptySubsequences: false) {
            let indented = source.hasPrefix("    ")
            if indented != isExample, indented || !source.isEmpty {
                line(indented ? ".PP\n.RS 4\n.nf" : ".fi\n.RE")
                isExample = indented
            }
            if source.isEmpty {
                line(isExample ? "" : ".PP")
            } else {
                line(isExample ? roff(String(source.dropFirst(4))) : inline(String(source)))
            }
        }
        if isExample { line(".fi\n.RE") }
    }

    /// A line of text in which backquotes mark what is shown as typed.
    private func inline(_ source: String) -> String {
        let parts = source.split(separator: "`", omittingEmptySubsequences: false).map(String.init)
        guard parts.count % 2 == 1 else { return roff(source) }
        return parts.enumerated().map { index, part in
            index % 2 == 0 ? roff(part, startsLine: index == 0) : "\\fB\(roff(part))\\fR"
        }.joined()
    }
}

/// A text as an argument of a macro.
private func argument(_ text: String) -> String {
    "\"\(roff(text, startsLine: false).replacing("\"", with: "\\(dq"))\""
}

/// A text in which nothing means anything to roff.
private func roff(_ text: String) -> String { roff(text, startsLine: true) }

private func roff(_ text: String, startsLine: Bool) -> String {
    var result = startsLine && (text.first == "." || text.first == "'") ? "\\&" : ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\\": result += "\\e"
        case "-": result += "\\-"
        case "`": result += "\\(ga"
        case "'": result += "\\(aq"
        case "\n": result += " "
        case "\0"..."\u{7E}": result.unicodeScalars.append(scalar)
        default:
            // groff alone knows no other encoding than Latin 1.
            let digits = String(scalar.value, radix: 16, uppercase: true)
            result += "\\[u\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)]"
        }
    }
    return result
}
