/// Titled lanes of cards side by side, as on a kanban.
public struct Columns: Sendable {
    /// One card: a line that may take two, and smaller ones below it.
    public struct Card: Sendable {
        let lines: [Cell]

        /// Creates a card.
        public init(_ lines: [Cell]) { self.lines = lines }
    }

    /// A title and its cards, from top to bottom.
    public struct Lane: Sendable {
        let title: String
        let style: Style
        let count: Int
        let cards: [Card]

        /// Creates a lane; the count is that of the cards unless some are left out.
        public init(
            _ title: String, _ style: Style = .bold, count: Int? = nil, cards: [Card]
        ) {
            self.title = escaped(title)
            self.style = style
            self.count = count ?? cards.count
            self.cards = cards
        }

        fileprivate var head: Cell { Cell("\(title) (\(count))", style) }
    }

    /// A lane narrower than this cannot be read.
    private static let narrowest = 18
    private static let gap = 2

    private let lanes: [Lane]

    /// Creates a board.
    public init(_ lanes: [Lane]) { self.lanes = lanes }

    /// The board for standard output.
    public func rendered(for terminal: Terminal) -> String {
        rendered(width: terminal.width, color: terminal.outputHasColor)
    }

    /// The board in a width: in bands of lanes, or as a list if two do not fit.
    public func rendered(width: Int, color: Bool) -> String {
        guard !lanes.isEmpty else { return "" }
        let fitting = (width + Columns.gap) / (Columns.narrowest + Columns.gap)
        guard fitting >= 2, lanes.count > 1 else { return list(width: width, color: color) }
        // As many bands as needed, and then as even as they can be.
        let bands = (lanes.count + fitting - 1) / fitting
        let perBand = (lanes.count + bands - 1) / bands
        let laneWidth = (width - Columns.gap * (perBand - 1)) / perBand
        return stride(from: 0, to: lanes.count, by: perBand).map { start in
            band(lanes[start..<min(start + perBand, lanes.count)], laneWidth, color)
        }.joined(separator: "\n")
    }

    private func band(_ lanes: ArraySlice<Lane>, _ width: Int, _ color: Bool) -> String {
        let stacks = lanes.map { lane -> [Cell] in
            let rule = Cell(String(repeating: "─", count: width), .dim)
            let cards = lane.cards.map { wrapped($0, to: width) }
            return [lane.head, rule] + Array(cards.joined(separator: [Cell("")]))
        }
        let height = stacks.map(\.count).max() ?? 0
        return (0..<height).map { row in
            let cells = stacks.map { row < $0.count ? $0[row] : "" }
            let last = cells.lastIndex { !$0.text.isEmpty } ?? -1
            let line = cells.prefix(last + 1).enumerated().map { index, cell in
                let fits = index == last && displayWidth(cell.text) <= width
                return cell.rendered(to: fits ? nil : width, color: color)
            }
            return line.joined(separator: String(repeating: " ", count: Columns.gap)) + "\n"
        }.joined()
    }

    private func list(width: Int, color: Bool) -> String {
        lanes.map { lane in
            let head = lane.head.rendered(to: nil, color: color) + "\n"
            return head
                + lane.cards.map { card in
                    wrapped(card, to: max(1, width - 2)).map {
                        "  " + $0.rendered(to: nil, color: color) + "\n"
                    }.joined()
                }.joined()
        }.joined(separator: "\n")
    }

    private func wrapped(_ card: Card, to width: Int) -> [Cell] {
        card.lines.enumerated().flatMap { index, cell in
            cell.text.wrapped(to: width, limit: index == 0 ? 2 : 1).map { Cell($0, cell.style) }
        }
    }
}
