import GitStore
import Model
import Porcelain

extension StatusReport {
    /// One screen for people.
    func rendered(for terminal: Terminal, now: Timestamp) -> String {
        var screen = StatusScreen(report: self, terminal: terminal, now: now)
        return screen.text()
    }

    /// The one command that is most useful now.
    var advice: String {
        let questions = waiting.flatMap(\.questions) + asking.flatMap(\.questions)
        if let first = questions.first {
            return "git draft answer \(sentenceName(first.id)) ANSWER"
        }
        if let first = waiting.first {
            let name = sentenceName(first.ticket.id)
            switch first.revision?.status {
            case .open:
                let isFindings = first.revision?.findings != nil
                return "git draft \(isFindings ? "review" : "diff") \(name)"
            case .approved:
                if let command = unpushed.landing(name) { return command }
                return "git draft review \(name)"
            default: return "git draft ticket show \(name)"
            }
        }
        if let command = running.lazy.compactMap(\.command).first { return command }
        if let first = failed.first {
            // What does not go with today's base begins there.
            let fresh = first.job?.jobKind == .land ? "--fresh " : ""
            return "git draft retry \(fresh)\(sentenceName(first.ticket.id))"
        }
        if let first = unplanned.first { return "git draft plan \(sentenceName(first.goal.id))" }
        if let first = ready.first { return "git draft run \(sentenceName(first.id))" }
        if let first = tickets.inOrder().first(where: { $0.state == .proposed }) {
            return "git draft accept \(sentenceName(first.id))"
        }
        if let first = running.first, first.job.isPersons, let ticket = first.ticket {
            return "git draft submit \(sentenceName(ticket.id))"
        }
        if let first = running.first { return "git draft logs -f \(sentenceName(first.job.id))" }
        if let remote = unpushed.remote, unpushed.board != 0, unpushed.unmerged == 0 {
            return "git push \(remote) refs/draft/board"
        }
        if !unpushed.base.isEmpty { return "git push" }
        return "git draft ticket new TITLE"
    }
}

private struct StatusScreen {
    let report: StatusReport
    let terminal: Terminal
    let now: Timestamp
    private var lines: [String] = []

    init(report: StatusReport, terminal: Terminal, now: Timestamp) {
        (self.report, self.terminal, self.now) = (report, terminal, now)
    }

    mutating func text() -> String {
        head()
        section("running", report.running.count)
        report.running.forEach { row($0) }
        section(
            "waiting for a person",
            report.waiting.count + report.asking.count + report.doubted.count)
        report.waiting.forEach { row($0) }
        for asking in report.asking {
            line("  ", Cell("the plan of \(asking.goal.sentence)"))
            asking.questions.forEach { row($0) }
        }
        for doubted in report.doubted {
            line("  ", Cell("the plan of \(doubted.goal.sentence)"))
            line("      ", Cell("quarantined: \(doubted.job.grave)", .red))
            line("      ", Cell("git draft accept \(sentenceName(doubted.goal.id))"))
        }
        section("failed", report.failed.count + report.unplanned.count)
        report.failed.forEach { row($0) }
        report.unplanned.forEach { row($0) }
        section("not everywhere yet", pushes.count)
        pushes.forEach { line("  ", Cell($0)) }
        return lines.joined(separator: "\n") + "\n"
    }

    private mutating func head() {
        let progress = Progress(report.tickets)
        let counts = progress.states.filter { $0.count > 0 && $0.state != .abandoned }
            .map { "\($0.count) \($0.state.word)" }
        line("", Cell("\(report.board.name) → \(report.board.baseBranch)", .bold))
        line("", Cell(counts.isEmpty ? "no tickets" : counts.joined(separator: ", "), .dim))
    }

    /// Begins a section, unless nothing is in it.
    private mutating func section(_ title: String, _ count: Int) {
        guard count > 0 else { return }
        lines.append("")
        line("", Cell("\(title) (\(count))", .bold))
    }

    private mutating func row(_ running: StatusReport.Running) {
        let job = running.job
        let stage = job.status == .queued ? "queued" : job.stage ?? job.status.word
        if job.isPersons {
            title(running.ticket, otherwise: "")
            let time = job.elapsed(now: now).map { ", \($0)" } ?? ""
            line("      ", Cell("\(stage) by \(job.person ?? "a person")\(time)", job.status.style))
            guard let name = running.ticket.map({ sentenceName($0.id) }) else { return }
            return line("      ", Cell("git draft path \(name); git draft submit \(name)"))
        }
        if let command = running.command {
            title(running.ticket, otherwise: "the plan of a goal")
            line("      ", Cell("queued, since it was answered", job.status.style))
            return line("      ", Cell(command))
        }
        let isLanding = job.jobKind == .land && stage != "landing"
        let details = [
            isLanding ? "landing, \(stage)" : stage, job.turn, job.elapsed(now: now),
            job.sandbox.map { "sandbox \($0)" },
        ]
        title(running.ticket, otherwise: "\(job.jobKind.word) job \(sentenceName(job.id))")
        line("      ", Cell(details.compactMap(\.self).joined(separator: ", "), job.status.style))
    }

    private mutating func row(_ waiting: StatusReport.Waiting) {
        let name = sentenceName(waiting.ticket.id)
        title(waiting.ticket, otherwise: "")
        waiting.questions.forEach { row($0) }
        switch waiting.revision?.status {
        case .open:
            line("      ", Cell("review \(summary(waiting))", .yellow))
            let changes = waiting.revision?.changes ?? []
            for change in changes { line("      ", Cell("quarantined: \(change)", .red)) }
            let flag = changes.isEmpty ? "" : " --despite-changes"
            let look = waiting.revision?.findings == nil ? "diff" : "review"
            line(
                "      ",
                Cell("git draft \(look) \(name); git draft review \(name) --approve\(flag)"))
        case .approved:
            line("      ", Cell("approved, not landed: \(summary(waiting))", .yellow))
            if let command = report.unpushed.landing(name) { line("      ", Cell(command)) }
        default:
            if waiting.questions.isEmpty {
                line("      ", Cell(waiting.ticket.reason ?? "needs a person", .yellow))
            }
        }
    }

    private mutating func row(_ question: Question) {
        let choices = question.choices.joined(separator: " | ")
        line("      ", Cell("asks: \(question.text)", .yellow))
        if !choices.isEmpty { line("      ", Cell("choices: \(choices)")) }
        line("      ", Cell("git draft answer \(sentenceName(question.id)) ANSWER"))
    }

    private mutating func row(_ failed: StatusReport.Failed) {
        title(failed.ticket, otherwise: "")
        let words = [failed.ticket.reason ?? "blocked", Self.sandbox(failed.job)]
        line("      ", Cell(words.compactMap(\.self).joined(separator: ", "), .red))
        findings(failed.job)
    }

    private mutating func row(_ unplanned: StatusReport.Unplanned) {
        let job = unplanned.job
        line("  ", Cell("the plan of \(unplanned.goal.sentence)"))
        let until = job.record.value("findings")["resets_at"]?.string.map { " until \($0)" } ?? ""
        line("      ", Cell("\(job.reason ?? job.status.word)\(until)", .red))
        if let error = job.record.value("errors").array?.last?["message"]?.string {
            line("      ", Cell("last failure: \(Text.firstLine(error))"))
        }
        line("      ", Cell("git draft plan \(sentenceName(unplanned.goal.id))"))
    }

    private mutating func findings(_ job: Job?) {
        guard let findings = job?.record.value("findings") else { return }
        for (label, key) in Findings.keys {
            guard let text = findings[key].flatMap(Findings.text) else { continue }
            line("      ", Cell("\(label): \(Text.firstLine(text))"))
        }
    }

    private func summary(_ waiting: StatusReport.Waiting) -> String {
        guard let revision = waiting.revision else { return "" }
        let what = revision.findings == nil ? revision.size : "findings"
        return ["revision \(revision.number): \(what)", Self.sandbox(waiting.job)]
            .compactMap(\.self).joined(separator: ", ")
    }

    /// What kept a job apart from the machine, if it was an agent's.
    private static func sandbox(_ job: Job?) -> String? {
        job.flatMap(\.sandbox).map { "sandbox \($0)" }
    }

    private var pushes: [String] {
        let unpushed = report.unpushed
        guard let remote = unpushed.remote else { return [] }
        var lines: [String] = []
        switch unpushed.board {
        case nil: lines.append("the board was never synced with \(remote)")
        case 0: break
        case let count?: lines.append("\(counted(count, "change")) of the board, not on \(remote)")
        }
        if unpushed.unmerged > 0 {
            let changes = counted(unpushed.unmerged, "change")
            lines.append("\(changes) of the board, fetched from \(remote) and not merged")
        }
        if !unpushed.base.isEmpty {
            let names = unpushed.landed.map { sentenceName($0.id) }.joined(separator: ", ")
            let commits = counted(unpushed.base.count, "commit")
            let tickets = names.isEmpty ? "" : " (\(names))"
            lines.append("\(commits) of \(report.board.baseBranch), not pushed\(tickets)")
        }
        return lines
    }

    private mutating func title(_ ticket: Ticket?, otherwise: String) {
        guard let ticket else { return line("  ", Cell(otherwise)) }
        let name = terminal.styled(sentenceName(ticket.id), .yellow)
        let room = terminal.outputIsTTY ? max(8, terminal.width - 10) : Int.max
        lines.append("  \(name)  \(escaped(ticket.title).truncated(to: room))")
    }

    private mutating func line(_ indent: String, _ cell: Cell) {
        let room = terminal.outputIsTTY ? max(8, terminal.width - indent.count) : Int.max
        lines.append(indent + terminal.styled(cell.text.truncated(to: room), cell.style))
    }
}
