import Foundation
import GitStore
import Model
import TestSupport
import Testing

@Suite struct ViewsBoardTests {
    @Test func `each state is a column, and narrow terminals fold the empty ones`() throws {
        let sample = try ViewsSample()
        let blocker = try sample.ticket("First", labels: ["ui"], priority: 95)
        try sample.ticket("Second", blockedBy: [blocker])
        let stuck = try sample.ticket("Third")
        try sample.move(stuck, .blocked, reason: "budget")
        let wide = try sample.draft("board", environment: ["COLUMNS": "200"]).stdout
        for state in TicketState.known {
            #expect(wide.contains("\(state.word) ("), "\(state)")
        }
        let narrow = try sample.draft("board").stdout
        #expect(narrow.contains("planned (2)"))
        #expect(narrow.contains("blocked (1)"))
        #expect(!narrow.contains("done"))
        #expect(narrow.contains("P0 ui"))
        #expect(narrow.contains("waits for \(blocker.prefix(6))"))
        #expect(narrow.contains("budget"))
        #expect(narrow.split(separator: "\n").allSatisfy { $0.count <= 80 })

        let columns = try sample.json("board --json")["columns"]?.array ?? []
        #expect(columns.compactMap { $0["state"]?.string } == TicketState.known.map(\.word))
        #expect(columns[1]["tickets"]?.array?.count == 2)
    }

    @Test func `of what is over the last tickets are shown, and all counted`() throws {
        let sample = try ViewsSample()
        for number in 1...12 {
            try sample.move(try sample.ticket("Number \(number)."), .abandoned)
        }
        let text = try sample.draft("board").stdout
        #expect(text.contains("abandoned (12)"))
        #expect(text.contains("… and 2 more"))
        #expect(text.contains("Number 12.") && !text.contains("Number 1."))
    }

    @Test func `a watched board is drawn anew when it changes, until it is interrupted`() throws {
        let sample = try ViewsSample()
        try sample.ticket("First")
        let child = try sample.sandbox.start("exec git-draft board --watch >$HOME/out")
        let wait = { (word: String) in
            try sample.sandbox.run("until grep -qs \(word) $HOME/out; do :; done")
        }
        _ = try wait("First")
        try sample.ticket("Second")
        _ = try wait("Second")
        child.signal(SIGINT)
        #expect(child.wait().status == 130)
    }

    @Test func `goals are listed with their progress`() throws {
        let sample = try ViewsSample()
        let goal = try sample.board.transact(as: ViewsSample.person) {
            try $0.createGoal(title: "Big").id
        }
        let done = try sample.ticket("One", goal: goal)
        try sample.ticket("Two", goal: goal)
        try sample.move(try sample.ticket("Three", goal: goal), .abandoned)
        try sample.move(done, .executing, .needsHuman, .done)
        #expect(try sample.draft("goal list").stdout.contains("1/2  Big"))
        #expect(try sample.json("goal list --json")["goals"]?.array?.count == 2)
        #expect(try sample.draft("goal show \(goal)").stdout.contains("1 of 2 tickets done"))
        let progress = try sample.json("goal progress --json \(goal)")
        #expect(progress["total"]?.integer == 2)
        #expect(progress["done"]?.integer == 1)
        #expect(progress["ready"]?.integer == 1)
        #expect(progress["states"]?["abandoned"]?.integer == 1)
        #expect(try sample.draft("goal progress \(goal)").stdout.contains("1 of 2 done (50 %)"))
        #expect(try sample.draft("goal show inbox").stdout.contains("inbox"))
    }

    @Test func `a graph shows what waits for what, and cycles`() throws {
        let sample = try ViewsSample()
        let goal = try sample.board.transact(as: ViewsSample.person) {
            try $0.createGoal(title: "Big").id
        }
        let base = try sample.ticket("Base", goal: goal)
        let left = try sample.ticket("Left", goal: goal, blockedBy: [base])
        let right = try sample.ticket("Right", goal: goal, blockedBy: [base])
        let top = try sample.ticket("Top", goal: goal, blockedBy: [left, right])
        let outside = try sample.ticket("Outside")
        try sample.ticket("Last", goal: goal, blockedBy: [top, outside])
        var lines = try sample.draft("goal graph \(goal)").stdout.split(separator: "\n")
        #expect(
            lines == [
                "Big", "○ \(base.prefix(6)) Base (planned)",
                "    ○ \(left.prefix(6)) Left (planned)",
                "        ○ \(top.prefix(6)) Top (planned)",
                "            ○ \(lines[4].split(separator: " ")[1]) Last (planned)  "
                    + "waits outside: \(outside.prefix(6))",
                "    ○ \(right.prefix(6)) Right (planned)",
                "        ○ \(top.prefix(6)) Top (planned)  see above",
            ])
        try sample.board.transact(as: ViewsSample.person) { transaction in
            let record = try transaction.require(Ticket.self, base).record
            try transaction.write(record, ["blocked_by/\(top)": true], as: .ticketEdited)
        }
        let outcome = try sample.draft("goal graph \(goal)")
        lines = outcome.stdout.split(separator: "\n")
        #expect(lines.last?.hasPrefix("cycle: ") == true)
        #expect(lines.count == 9)
        #expect(outcome.stderr.hasPrefix("hint: git draft ticket unblock "))
        let document = try sample.json("goal graph --json \(goal)")
        #expect(
            Set(document["cycles"]?.array?[0].array?.compactMap(\.string) ?? [])
                == [base, left, right, top])
        #expect(document["edges"]?.array?.count == 6)
    }
}
