import GitStore
import Model
import Porcelain

/// The names by which a listing calls records: their shortest unique prefixes, six at least.
struct ShortNames {
    private let prefixes: [String: String]

    /// Finds the names of all records of some kinds.
    init(_ snapshot: Snapshot, _ kinds: [RecordKind] = [.ticket]) throws {
        self.init(try kinds.flatMap { try snapshot.ids(of: $0) })
    }

    /// Finds the names that tell some ids apart.
    init(_ ids: [String]) { prefixes = Crockford.shortestUniquePrefixes(ids) }

    /// The name of a record, or the whole id if it is none of those.
    subscript(id: String) -> String { prefixes[id] ?? id }
}

/// What a sentence about a record that was just written calls it.
///
/// Six characters, without a look at all other records: to make a ticket takes the same time
/// on a board of any size, and a prefix that is not unique is refused wherever it is given.
///
/// What others wrote may name something that is no id, so it is escaped.
func sentenceName(_ id: String) -> String { escaped(String(id.prefix(6))) }

extension JSON {
    /// A list of records as commands print it, under its plural noun.
    init(schemaList noun: String, _ elements: [JSON]) {
        self = .object(JSONObject([("schema", 1), (noun, .array(elements))]))
    }
}

extension Session {
    /// Prints JSON on standard output.
    func printJSON(_ value: JSON) throws {
        let text = value.canonicalText
        try terminal.write(terminal.outputIsTTY ? text.visibleJSON : text)
    }

    /// Says on standard error what would be good to know, and goes on.
    func warn(_ text: String) {
        terminal.note("warning: \(escaped(text, multiline: true))")
    }

    /// Names a command that may be next, unless such advice is switched off.
    func advise(_ command: String) {
        guard Advice.next.isWanted(in: context, repository) else { return }
        terminal.note("hint: \(escaped(command))")
    }

    /// Prints a record that was made or changed.
    ///
    /// - Parameters:
    ///   - view: The record.
    ///   - output: How to print it.
    ///   - sentence: What to say to people; text of others in it is escaped already.
    /// - Throws: `BrokenPipe` or `WriteError`.
    func report(_ view: some RecordView, _ output: OutputOptions, _ sentence: String) throws {
        if output.json { return try printJSON(view.shown) }
        try terminal.writeLine(output.quiet ? view.id : sentence)
    }

    /// Prints several records that were made or changed, a sentence for each.
    func report<View: RecordView>(
        _ views: [View], as noun: String, _ output: OutputOptions, _ sentence: (View) -> String
    ) throws {
        if output.json { return try printJSON(JSON(schemaList: noun, views.map(\.shown))) }
        for view in views { try terminal.writeLine(output.quiet ? view.id : sentence(view)) }
    }
}

extension Ticket {
    /// The ticket in a sentence: `ticket 7k2f9q: Title`, safe to show.
    var sentence: String { "ticket \(sentenceName(id)): \(escaped(title))" }
}

extension Model.Goal {
    /// The goal in a sentence: `goal 7k2f9q: Title`, safe to show.
    var sentence: String { "goal \(sentenceName(id)): \(escaped(title))" }
}
