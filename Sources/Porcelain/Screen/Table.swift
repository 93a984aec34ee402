/// Rows under aligned columns.
///
///     var table = Table(columns: [.init("id"), .init("title", isFlexible: true)])
///     table.add([Cell(id, .yellow), Cell(title)])
///     try terminal.write(table.rendered(for: terminal))
public struct Table: Sendable {
    /// What stands above a column, and how the column is laid out.
    public struct Column: Sendable {
        let title: Cell
        let alignment: Alignment
        let isFlexible: Bool

        /// Describes a column; a flexible one is cut where the terminal ends.
        public init(_ title: String, _ alignment: Alignment = .left, isFlexible: Bool = false) {
            self.title = Cell(title.uppercased(), .bold)
            self.alignment = alignment
            self.isFlexible = isFlexible
        }
    }

    private let columns: [Column]
    private var rows: [[Cell]] = []

    /// Whether there is nothing below the titles.
    public var isEmpty: Bool { rows.isEmpty }

    /// Creates a table without rows; without any titles there is no head.
    public init(columns: [Column]) { self.columns = columns }

    /// Adds a row; cells that are missing are blank, and those too many are dropped.
    public mutating func add(_ row: [Cell]) {
        let blanks = [Cell](repeating: "", count: max(0, columns.count - row.count))
        rows.append(Array(row.prefix(columns.count)) + blanks)
    }

    /// The table for standard output: whole where nobody looks.
    public func rendered(for terminal: Terminal) -> String {
        rendered(
            width: terminal.outputIsTTY ? terminal.width : nil, color: terminal.outputHasColor)
    }

    /// The table in at most a width, or at full length.
    public func rendered(width: Int?, color: Bool) -> String {
        let hasHead = columns.contains { !$0.title.text.isEmpty }
        let all = (hasHead ? [columns.map(\.title)] : []) + rows
        let widths = widths(of: all, within: width)
        return all.map { row in
            let last = row.lastIndex { !$0.text.isEmpty } ?? -1
            let cells = row.indices.prefix(last + 1).map { index in
                let needsBlanks = index < last || columns[index].alignment == .right
                let fits = displayWidth(row[index].text) <= widths[index]
                return row[index].rendered(
                    to: needsBlanks || !fits ? widths[index] : nil, columns[index].alignment,
                    color: color)
            }
            return cells.joined(separator: "  ") + "\n"
        }.joined()
    }

    private func widths(of rows: [[Cell]], within limit: Int?) -> [Int] {
        var widths = columns.indices.map { column in
            rows.map { displayWidth($0[column].text) }.max() ?? 0
        }
        guard let limit else { return widths }
        var excess = widths.reduce(0, +) + 2 * max(0, widths.count - 1) - limit
        for index in columns.indices where columns[index].isFlexible && excess > 0 {
            let cut = min(excess, max(0, widths[index] - 8))
            widths[index] -= cut
            excess -= cut
        }
        return widths
    }
}
