import Configuration
import Execution
import GitStore
import Model
import Porcelain

extension DoctorReport {
    /// Looks at a repository, its board and what is set up for it.
    mutating func lookAtRepository(_ session: Session) {
        let repository = session.repository
        add(
            .good, in: .repository, "repository",
            repository.workDirectory ?? repository.commonDirectory)
        if repository.isPartialClone {
            add(
                .problem, in: .repository, "clone", "this is a partial clone; jobs need it whole",
                hint: repository.completingCommand)
        } else if repository.isShallow {
            add(.note, in: .repository, "clone", "it is shallow; history ends early")
        }
        if let identity = repository.identity() {
            add(.good, in: .repository, "identity", "\(identity.name) <\(identity.email)>")
        } else {
            add(
                .problem, in: .repository, "identity", "git does not know who you are",
                hint: "git config --global user.name NAME; "
                    + "git config --global user.email ADDRESS")
        }
        do {
            try BranchPrefix(session).check()
        } catch {
            add(error, in: .repository, "branches")
        }
        lookAtBoard(session)
        lookAtPolicy(session)
        if (try? session.board.snapshotIfAny()) != nil { lookAtHooks(session) }
        lookAtDisk(session)
    }

    private mutating func lookAtBoard(_ session: Session) {
        do {
            guard let snapshot = try session.board.snapshotIfAny() else {
                return add(
                    .warning, in: .repository, "board", "there is none yet",
                    hint: "git draft init")
            }
            let board = try snapshot.board()
            let (goals, badGoals) = try snapshot.all(Model.Goal.self)
            let (tickets, badTickets) = try snapshot.all(Ticket.self)
            let (jobs, badJobs) = try snapshot.all(Model.Job.self)
            let bad =
                try badGoals + badTickets + badJobs + snapshot.all(Revision.self).unreadable
                + snapshot.all(Review.self).unreadable + snapshot.all(Question.self).unreadable
                + snapshot.all(ReviewComment.self).unreadable
            for record in bad.prefix(10) {
                add(.problem, in: .repository, "board", "'\(record.path)': \(record.reason)")
            }
            let known = Set(goals.map(\.id))
            let lost = tickets.filter { !known.contains($0.goalID) }
            if !lost.isEmpty {
                add(
                    .warning, in: .repository, "board",
                    "the goal of \(counted(lost.count, "ticket")) is gone",
                    hint: "git draft ticket show \(sentenceName(lost[0].id))")
            }
            guard bad.isEmpty else { return }
            add(
                .good, in: .repository, "board",
                "\(board.name), \(counted(goals.count, "goal")), "
                    + "\(counted(tickets.count, "ticket")), \(counted(jobs.count, "job"))")
        } catch {
            add(error, in: .repository, "board")
        }
    }

    private mutating func lookAtPolicy(_ session: Session) {
        let loader = PolicyLoader(session)
        let base: BaseBranch
        let loaded: LoadedPolicy
        do {
            base = try loader.base()
            add(
                .good, in: .repository, "base branch",
                "\(base.place) at \("\(base.tip)".prefix(8))")
            loaded = try loader.load(at: base.tip)
        } catch {
            let name = error is ConfigurationError ? "draft.yaml" : "base branch"
            return add(error, in: .repository, name)
        }
        for warning in loaded.warnings {
            add(.warning, in: .repository, "draft.yaml", "\(warning)")
        }
        if let command = loader.uncommitted(loaded, on: base) {
            add(
                .warning, in: .repository, "draft.yaml",
                "it is not committed on '\(base.place)', hence does nothing yet", hint: command)
        } else if loader.differs(loaded) {
            add(
                .warning, in: .repository, "draft.yaml",
                "the one here differs from the one on '\(base.place)', which counts",
                hint: "git diff \(base.place) -- draft.yaml")
        } else if loaded.warnings.isEmpty {
            add(
                .good, in: .repository, "draft.yaml",
                loaded.file == nil ? "there is none" : "committed on '\(base.place)'")
        }
        lookAtValidation(loaded.policy)
        lookAtSandbox(loaded.policy, session)
        lookAtEnvironmentFile(session)
        lookAtSkills(loaded, session)
        lookAtTrust(loaded, base, session)
    }

    private mutating func lookAtSkills(_ loaded: LoadedPolicy, _ session: Session) {
        do {
            let shelf = try SkillLibrary(session.repository)
                .shelf(loaded.policy.skills, at: loaded.commit)
            for choice in shelf.all {
                // As a line of skills.lock holds it.
                let words = [choice.id, choice.skill?.version, choice.skill?.hash]
                let line = words.compactMap(\.self).joined(separator: " ")
                add(
                    choice.isLoaded ? .good : .warning, in: .repository, "skill",
                    line + (choice.isLoaded ? "" : " is not loaded: \(choice.why)"))
            }
        } catch {
            add(error, in: .repository, "skills")
        }
    }

    private mutating func lookAtValidation(_ policy: Policy) {
        let commands = (policy.validation.fast + policy.validation.full).filter(\.required)
        if commands.isEmpty {
            add(
                .warning, in: .repository, "validation",
                "no required command is configured, so nothing can be green by itself",
                hint: "git draft run --validate CMD TICKET")
        } else {
            add(.good, in: .repository, "validation", counted(commands.count, "required command"))
        }
    }

    /// Says what keeps jobs apart here.
    private mutating func lookAtSandbox(_ policy: Policy, _ session: Session) {
        do {
            let jobs = try session.jobContext()
            let sandbox = try jobs.checkedSandbox(policy)
            try jobs.checkService(policy, Self.kind(of: policy.agents, session))
            guard !sandbox.kind.isApart else {
                return add(.good, in: .repository, "sandbox", "jobs run in \(sandbox.kind.word)")
            }
            add(
                sandbox.remark == nil ? .note : .warning, in: .repository, "sandbox",
                "none: agents and validation run with your rights")
        } catch {
            add(error, in: .repository, "sandbox")
        }
    }

    /// The kind of the agent that works where nobody is named.
    private static func kind(of agents: AgentCatalog, _ session: Session) -> AgentKind? {
        guard let name = agents.defaultName ?? agents.named.keys.min() else {
            return AgentDiscovery.firstInstalled(environment: session.context.environment)
        }
        return agents.settings(for: name)?.kind
    }

    /// Says whether the variables for jobs can be read, without saying any.
    private mutating func lookAtEnvironmentFile(_ session: Session) {
        do {
            guard let file = try session.environmentFile.get() else { return }
            add(
                .good, in: .repository, "environment",
                "\(counted(file.variables.count, "variable")) in '\(file.path)'")
        } catch {
            add(error, in: .repository, "environment")
        }
    }

    private mutating func lookAtTrust(
        _ loaded: LoadedPolicy, _ base: BaseBranch, _ session: Session
    ) {
        do {
            switch try Trust.isAccepted(loaded, in: session) {
            case nil: add(.good, in: .repository, "trust", "'\(base.place)' brings no commands")
            case true?:
                add(.good, in: .repository, "trust", "the commands of '\(base.place)' are accepted")
            case false?:
                add(
                    .warning, in: .repository, "trust",
                    "the commands of '\(base.place)' were not accepted yet",
                    hint: "git draft trust")
            }
        } catch {
            add(error, in: .repository, "trust")
        }
    }

    private mutating func lookAtHooks(_ session: Session) {
        do {
            let hooks = Hooks(session)
            let report = HooksReport(try hooks.status(), session)
            guard !report.isComplete else {
                return add(.good, in: .repository, "hooks", "installed")
            }
            add(
                .warning, in: .repository, "hooks", "git does not call git-draft where it should",
                hint: hooks.place.isOwn ? "git draft hooks install" : "git draft hooks status")
        } catch {
            add(error, in: .repository, "hooks")
        }
    }
}
