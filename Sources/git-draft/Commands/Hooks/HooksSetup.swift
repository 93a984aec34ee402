import Execution
import GitStore
import Model
import Porcelain

/// The part of `git draft init` that is about hooks.
struct HooksSetup {
    private let session: Session

    /// Looks at a repository.
    init(_ session: Session) { self.session = session }

    /// Installs the hooks, and says what keeps them from being installed.
    ///
    /// Where somebody else has the say, the lines to add are printed; nothing here is an error.
    func run(sharesBoard: Bool) {
        do {
            let report = HooksReport(try Hooks(session).install(), session)
            try report.show(json: false, asList: false)
            if sharesBoard { try ask() }
        } catch {
            session.warn("cannot install hooks: \(error)")
        }
    }

    /// Asks, once, what is to become of a ticket's branch that nobody validated.
    private func ask() throws {
        guard session.repository.configuration.string("draft.prePush") == nil,
            let isLenient = session.terminal.ask(
                "push branches of tickets that were not validated, with a warning only?")
        else { return }
        let word = isLenient ? "warn" : "refuse"
        _ = try session.git(["config", "--local", "draft.prePush", word])
    }
}
