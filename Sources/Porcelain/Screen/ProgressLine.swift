/// A block of lines on standard error that tells what is going on.
///
/// On a terminal the block is rewritten in place; elsewhere a line is written
/// when its text has changed. The caller decides when to show what.
public struct ProgressLine: Sendable {
    /// One line of the block.
    public struct Row: Sendable, Equatable {
        let cell: Cell
        let detail: String

        /// Creates a line; the detail, such as a clock, is for terminals only.
        public init(_ cell: Cell, detail: String = "") {
            self.cell = cell
            self.detail = escaped(detail)
        }
    }

    private let terminal: Terminal
    private let rewrites: Bool
    private var shown: [Row] = []
    private var height = 0

    /// Creates an empty block.
    public init(terminal: Terminal) {
        self.terminal = terminal
        rewrites = terminal.errorIsTTY && !terminal.isDumb
    }

    /// Shows the lines instead of those before.
    public mutating func show(_ rows: [Row]) { terminal.noteRaw(update(rows)) }

    /// Writes a line that stays, above the block.
    public mutating func note(_ cell: Cell) {
        let line = cell.rendered(to: nil, color: terminal.errorHasColor) + "\n"
        guard rewrites else { return terminal.noteRaw(line) }
        let rows = shown
        let start = erase()
        shown = []
        terminal.noteRaw(start + line + update(rows))
    }

    /// Takes the block away; a log of a non-terminal keeps its lines.
    public mutating func clear() {
        terminal.noteRaw(erase())
        shown = []
    }

    /// Leaves the block where it is; what comes next starts below.
    public mutating func finish() {
        height = 0
        shown = []
    }

    /// What to write in order to show the lines.
    mutating func update(_ rows: [Row]) -> String {
        guard rows != shown else { return "" }
        defer { shown = rows }
        guard rewrites else {
            let changed = rows.enumerated().filter { index, row in
                index >= shown.count || shown[index].cell != row.cell
            }
            return changed.map { $1.cell.rendered(to: nil, color: terminal.errorHasColor) + "\n" }
                .joined()
        }
        let start = height > 0 ? "\u{1b}[\(height)A" : ""
        let lines = visible(rows).map { "\r" + $0 + "\u{1b}[K\n" }
        height = lines.count
        return start + lines.joined() + "\u{1b}[J"
    }

    /// The lines that fit on the screen, each cut where wrapping would begin.
    private func visible(_ rows: [Row]) -> [String] {
        let room = max(1, terminal.height - 1)
        let width = max(1, terminal.width - 1)
        var lines = rows.prefix(rows.count > room ? room - 1 : room).map { row in
            let left = max(0, width - displayWidth(row.detail) - 1)
            guard !row.detail.isEmpty, left > 0 else {
                return row.cell.rendered(
                    to: min(width, displayWidth(row.cell.text)), color: terminal.errorHasColor)
            }
            let text = row.cell.rendered(
                to: min(left, displayWidth(row.cell.text)), color: terminal.errorHasColor)
            return "\(text) \(Style.dim.applied(to: row.detail, color: terminal.errorHasColor))"
        }
        if rows.count > lines.count {
            lines.append("… and \(rows.count - lines.count) more".truncated(to: width))
        }
        return lines
    }

    private mutating func erase() -> String {
        defer { height = 0 }
        return height > 0 ? "\u{1b}[\(height)A\r\u{1b}[J" : ""
    }
}
