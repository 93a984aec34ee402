internal import Model

/// The skills that a policy names, as they are on this machine.
public struct SkillShelf: Sendable {
    /// The directory that they are looked for in, as the policy spells it.
    public let directory: String

    /// Whether that directory is there.
    public let isThere: Bool

    /// The names in the directory that can be skills.
    let names: [String]

    private let found: [String: Result<Skill, SkillFlaw>]
    private let lock: SkillLock?
    private let settings: SkillSettings

    init(
        _ settings: SkillSettings, names: [String]?, found: [String: Result<Skill, SkillFlaw>],
        lock: SkillLock?
    ) {
        self.settings = settings
        self.found = found
        self.lock = lock
        self.names = names ?? []
        isThere = names != nil
        directory = settings.dir
    }

    /// Every skill that the policy names, sorted by id.
    public var all: [SkillChoice] { settings.ids.map { choice($0, "") } }

    /// The skills of a ticket: what all get, then what its labels bring.
    public func chosen(for labels: [String]) -> [SkillChoice] {
        settings.chosen(for: labels).map { choice($0.id, $0.why) }
    }

    /// The skills that are there, in whichever state.
    var present: [Skill] { found.values.compactMap { try? $0.get() } }

    private func choice(_ id: String, _ why: String) -> SkillChoice {
        switch found[id] {
        case nil: return SkillChoice(id: id, refusal: "missing")
        case .failure(let flaw): return SkillChoice(id: id, refusal: flaw.reason)
        case .success(let skill):
            let hash = lock.map { $0.hashes[id] ?? "" }
            let refusal: String? =
                switch hash {
                case nil, skill.hash: nil
                case "": "not in \(SkillLock.file)"
                default: "hash differs from \(SkillLock.file)"
                }
            return SkillChoice(id: id, skill: skill, why: why, refusal: refusal)
        }
    }

    /// Refuses skills that are not there.
    ///
    /// - Throws: ``AdmissionError`` that names the nearest one.
    func check() throws {
        guard !settings.ids.isEmpty else { return }
        guard isThere else {
            throw AdmissionError(
                "draft.yaml names skills, and there is no folder '\(directory)' beside it",
                hint: "git clone URL \(directory)")
        }
        for id in settings.ids where found[id] == nil {
            let near = Spelling.nearest(to: id, among: names)
            throw AdmissionError(
                "there is no skill '\(id)' in '\(directory)'"
                    + (near.map { "; did you mean '\($0)'?" } ?? ""), hint: "git draft doctor")
        }
    }
}

/// A skill that was considered, and what became of it.
public struct SkillChoice: Hashable, Sendable {
    /// The id that the policy names.
    public let id: String

    /// The skill, if it is there.
    public let skill: Skill?

    /// Why it was considered, or why it is not loaded.
    public let why: String

    /// Whether agents get it.
    public let isLoaded: Bool

    init(id: String, skill: Skill? = nil, why: String = "", refusal: String?) {
        self.id = id
        self.skill = skill
        self.why = refusal ?? why
        isLoaded = refusal == nil && skill != nil
    }

    /// The form in which a job lists it: its digest, never its text.
    var listed: JSON {
        [
            "layer": "skill", "id": .string(id), "version": JSON(skill?.version),
            "hash": JSON(skill?.hash), "loaded": .bool(isLoaded), "why": .string(why),
        ]
    }
}
