/// `execute_config`: how many jobs run, and how often.
public struct ExecutionSettings: Hashable, Sendable {
    /// The most jobs of a machine at the same time.
    public var maxParallelJobs: Int

    /// How often a job is started that fails for a reason of the system.
    public var maxAttempts: Int

    /// Creates the settings.
    public init(maxParallelJobs: Int, maxAttempts: Int = 3) {
        self.maxParallelJobs = maxParallelJobs
        self.maxAttempts = maxAttempts
    }
}

/// `planner_config`: what the planner does by itself.
public struct PlannerSettings: Hashable, Sendable {
    /// Whether it runs planned tickets.
    public var autoExecute: Bool

    /// Whether it proposes follow-ups of blocked tickets.
    public var proposeFollowups: Bool

    /// Whether it reflects on done tickets.
    public var generateReflections: Bool

    /// Whether it judges proposed tickets.
    public var validateTickets: Bool

    /// A model of an API, or `cli/AGENT`.
    public var model: String?

    /// The seconds between two ticks.
    public var tickSeconds: Int

    /// The most follow-ups of one ticket.
    public var maxFollowupsPerTicket: Int

    /// The most follow-ups of one tick.
    public var maxFollowupsPerTick: Int

    /// Reasons that deserve no follow-up.
    public var skipFollowupReasons: [String]

    /// Creates the settings.
    public init(
        autoExecute: Bool = false, proposeFollowups: Bool = false,
        generateReflections: Bool = false, validateTickets: Bool = false, model: String? = nil,
        tickSeconds: Int = 2, maxFollowupsPerTicket: Int = 2, maxFollowupsPerTick: Int = 3,
        skipFollowupReasons: [String] = ["no changes produced", "no changes", "empty diff"]
    ) {
        self.autoExecute = autoExecute
        self.proposeFollowups = proposeFollowups
        self.generateReflections = generateReflections
        self.validateTickets = validateTickets
        self.model = model
        self.tickSeconds = tickSeconds
        self.maxFollowupsPerTicket = maxFollowupsPerTicket
        self.maxFollowupsPerTick = maxFollowupsPerTick
        self.skipFollowupReasons = skipFollowupReasons
    }
}

/// `cleanup_config`: how long things are kept.
public struct CleanupSettings: Hashable, Sendable {
    /// The hours that an unused worktree stays.
    public var worktreeTTLHours: Int

    /// The days that evidence stays.
    public var evidenceTTLDays: Int

    /// The most worktrees at the same time.
    public var maxWorktrees: Int

    /// Creates the settings.
    public init(worktreeTTLHours: Int = 72, evidenceTTLDays: Int = 30, maxWorktrees: Int = 50) {
        self.worktreeTTLHours = worktreeTTLHours
        self.evidenceTTLDays = evidenceTTLDays
        self.maxWorktrees = maxWorktrees
    }
}

/// `skills`: instructions that come from elsewhere.
public struct SkillSettings: Hashable, Sendable {
    /// The directory of the skills, relative to the repository's root.
    public var dir: String

    /// Skills that every ticket gets.
    public var defaults: [String]

    /// Skills that tickets of a label get.
    public var byLabel: [String: [String]]

    /// Creates the settings.
    public init(
        dir: String = ".draftsman-skills", defaults: [String] = [],
        byLabel: [String: [String]] = [:]
    ) {
        self.dir = dir
        self.defaults = defaults
        self.byLabel = byLabel
    }

    /// Whether a text can be the id of a skill: letters, digits, `.`, `_` and `-`.
    public static func isID(_ text: String) -> Bool {
        let others = Array("._-".utf8)
        guard let first = text.utf8.first, isAlphanumeric(first), text.utf8.count <= 64 else {
            return false
        }
        return text.utf8.allSatisfy { isAlphanumeric($0) || others.contains($0) }
    }

    /// Every skill that it names, each once, sorted by bytes.
    public var ids: [String] {
        Set(defaults + byLabel.values.joined())
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The skills of a ticket, each once: what all get, then what its labels bring.
    ///
    /// - Parameter labels: The labels of the ticket.
    /// - Returns: The ids, with the reason why.
    public func chosen(for labels: [String]) -> [(id: String, why: String)] {
        var chosen: [(id: String, why: String)] = []
        func add(_ ids: [String], _ why: String) {
            for id in ids where !chosen.contains(where: { $0.id.utf8.elementsEqual(id.utf8) }) {
                chosen.append((id, why))
            }
        }
        add(defaults, "default")
        for label in labels.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            let ids = byLabel.first { $0.key.utf8.elementsEqual(label.utf8) }?.value
            add(ids ?? [], "label \(label)")
        }
        return chosen
    }
}
