import Model
import Porcelain

/// Everything about one thing: a heading, fields, and sections below them.
struct Details {
    private var text = ""
    private var fields: [(label: String, cell: Cell)] = []
    private let terminal: Terminal

    /// Begins with what is shown.
    init(_ kind: RecordKind, id: String, title: String = "", for terminal: Terminal) {
        self.terminal = terminal
        line(Cell("\(kind.rawValue) \(id)", .yellow))
        if !title.isEmpty { line(Cell(title, .bold)) }
        text += "\n"
    }

    /// Adds a field, unless there is nothing to say.
    mutating func field(_ label: String, _ value: String?, _ style: Style = .plain) {
        guard let value, !value.isEmpty else { return }
        fields.append((label, Cell(value, style)))
    }

    /// Adds a section of rows under a title, unless there are none.
    mutating func section(_ title: String, _ rows: [[Cell]]) {
        guard let count = rows.map(\.count).max() else { return }
        begin(title)
        var columns = [Table.Column](repeating: .init(""), count: count - 1)
        columns.append(.init("", isFlexible: true))
        var table = Table(columns: columns)
        rows.forEach { table.add($0) }
        let width = terminal.outputIsTTY ? terminal.width - 4 : nil
        indent(table.rendered(width: width, color: terminal.outputHasColor))
    }

    /// Adds a section of text under a title, unless it is empty.
    mutating func section(_ title: String, text: String?) {
        guard let text, !text.isEmpty else { return }
        begin(title)
        indent(escaped(text, multiline: true))
    }

    /// Adds a section of lines that are safe to show already, unless there are none.
    mutating func section(_ title: String, lines: [String]) {
        guard !lines.isEmpty else { return }
        begin(title)
        indent(lines.joined(separator: "\n"))
    }

    /// Everything, ready to be written.
    mutating func finished() -> String {
        flush()
        return text
    }

    private mutating func begin(_ title: String) {
        flush()
        text += "\n"
        line(Cell(title, .bold))
    }

    private mutating func indent(_ block: String) {
        var lines = block.split(separator: "\n", omittingEmptySubsequences: false)
        while lines.last?.isEmpty == true { lines.removeLast() }
        for line in lines { text += line.isEmpty ? "\n" : "    \(line)\n" }
    }

    private mutating func line(_ cell: Cell) {
        text += terminal.styled(cell.text, cell.style) + "\n"
    }

    private mutating func flush() {
        let width = fields.map { displayWidth($0.label) }.max() ?? 0
        for field in fields {
            let label = terminal.styled(field.label.padded(to: width), .dim)
            text += "\(label)  \(terminal.styled(field.cell.text, field.cell.style))\n"
        }
        fields = []
    }
}
