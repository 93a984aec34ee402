import Execution
import GitStore
import Model
import Porcelain

/// How the hooks stand, for people and tools.
struct HooksReport {
    private let reports: [Hooks.Report]
    private let place: HookPlace
    private let session: Session

    /// Takes what was found.
    init(_ reports: [Hooks.Report], _ session: Session) {
        self.reports = reports
        self.session = session
        place = Hooks(session).place
    }

    /// Whether git calls us where we have something to do.
    var isComplete: Bool { wanted.allSatisfy(\.state.isActive) }

    /// Whether something could not be written.
    var hasFailures: Bool {
        reports.contains { if case .failed = $0.state { true } else { false } }
    }

    /// The hooks that should call us: all of our own, and of others' what does something.
    private var wanted: [Hooks.Report] {
        place.isOwn ? reports : reports.filter(\.hook.isEffective)
    }

    /// Prints the list, if it is asked for, and what there is to be done.
    func show(json: Bool, asList: Bool) throws {
        if json { return try session.printJSON(self.json) }
        if asList {
            for report in wanted {
                let name = report.hook.rawValue
                let pad = String(repeating: " ", count: max(0, 13 - name.utf8.count))
                try session.terminal.writeLine("\(name)\(pad)  \(words(of: report))")
            }
        }
        for report in reports {
            if case .failed(let reason) = report.state { session.warn(reason) }
        }
        guard !isComplete else { return }
        if place.isOwn {
            if !hasFailures { session.advise("git draft hooks install") }
        } else {
            try linesToAdd()
        }
    }

    private func words(of report: Hooks.Report) -> String {
        let manager = report.manager
        return switch report.state {
        case .installed: "installed"
        case .beside: "installed, before \(manager.map { "that of \($0)" } ?? "your own")"
        case .called: "installed, called by \(manager ?? "another hook")"
        case .missing: place.isOwn ? "not installed" : "not called by '\(shown(report.path))'"
        case .gone where manager != nil: "gone: \(manager ?? "") has written the file anew"
        case .gone: "gone"
        case .line: "called by '\(shown(report.path))'"
        case .failed: "not installed"
        }
    }

    /// What a person has to write where we do not.
    private func linesToAdd() throws {
        let reason =
            switch place {
            case .tracked: "are yours to commit"
            default: "other repositories may share"
            }
        session.terminal.note(
            "'core.hooksPath' leads to files that \(reason); git-draft does not write there")
        for report in wanted where !report.state.isActive {
            session.terminal.note("add to '\(shown(report.path))':")
            session.terminal.note("    \(report.hook.line)")
        }
    }

    /// Says where lines are left that only a person takes out.
    func linesToRemove() throws {
        for report in reports where report.state == .line {
            session.terminal.note("'\(shown(report.path))' still has a line that calls git-draft")
        }
    }

    /// A path as it is seen from the work tree, safe to show.
    private func shown(_ path: String) -> String {
        let root = (session.repository.workDirectory ?? "") + "/"
        return escaped(path.hasPrefix(root) ? String(path.dropFirst(root.count)) : path)
    }

    private var json: JSON {
        let list = reports.map { report -> JSON in
            [
                "name": .string(report.hook.rawValue), "state": .string(report.state.word),
                "path": .string(report.path), "manager": JSON(report.manager),
                "line": place.isOwn ? .null : .string(report.hook.line),
            ]
        }
        let kind =
            switch place {
            case .own: "own"
            case .tracked: "tracked"
            case .shared: "shared"
            }
        return [
            "schema": 1, "directory": .string(place.directory), "place": .string(kind),
            "hooks": .array(list),
        ]
    }
}
