internal import FoundationEssentials
public import GitStore
public import Model
internal import Synchronization

/// Finds the skills of a repository: in its main work tree, never in a commit.
public final class SkillLibrary: Sendable {
    private let repository: Repository
    private let directory: String?
    private let known: Mutex<[Key: SkillShelf]>?

    private struct Key: Hashable {
        var settings: SkillSettings
        var commit: ObjectID
    }

    /// Creates a library.
    ///
    /// - Parameters:
    ///   - repository: The user's repository.
    ///   - directory: Where the skills are instead of where the policy says.
    ///   - readsOnce: Whether what was read stays as it was, so that what is used is what
    ///     somebody accepted.
    public init(_ repository: Repository, directory: String? = nil, readsOnce: Bool = false) {
        self.repository = repository
        self.directory = directory
        known = readsOnce ? Mutex([:]) : nil
    }

    /// The skills that a policy names.
    ///
    /// - Parameters:
    ///   - settings: What the policy says.
    ///   - commit: The commit whose `skills.lock` counts.
    /// - Returns: The skills, also those that cannot be used.
    /// - Throws: ``ExecutionError`` if the lock cannot be read.
    public func shelf(_ settings: SkillSettings, at commit: ObjectID) throws -> SkillShelf {
        let key = Key(settings: settings, commit: commit)
        if let shelf = known?.withLock({ $0[key] }) { return shelf }
        let shelf = try read(settings, commit)
        known?.withLock { $0[key] = shelf }
        return shelf
    }

    private func read(_ settings: SkillSettings, _ commit: ObjectID) throws -> SkillShelf {
        guard !settings.ids.isEmpty else {
            return SkillShelf(settings, names: nil, found: [:], lock: nil)
        }
        let lock = try lock(at: commit)
        guard let root = try? folder(settings) else {
            return SkillShelf(settings, names: nil, found: [:], lock: lock)
        }
        let names = try root.entries().filter(\.isFolder)
            .map { String(decoding: $0.name, as: UTF8.self) }.filter(SkillSettings.isID)
        var found: [String: Result<Skill, SkillFlaw>] = [:]
        for id in settings.ids {
            do {
                found[id] = try SkillReading.skill(id, in: root).map { .success($0) }
            } catch let flaw as SkillFlaw {
                found[id] = .failure(flaw)
            }
        }
        return SkillShelf(settings, names: names, found: found, lock: lock)
    }

    private func folder(_ settings: SkillSettings) throws -> Folder {
        if let directory { return try Folder(trusted: directory) }
        let root = repository.mainWorkDirectory ?? repository.commonDirectory
        return try Folder(trusted: root)
            .opening(settings.dir.split(separator: "/").map(String.init))
    }

    private func lock(at commit: ObjectID) throws -> SkillLock? {
        let tree = try repository.readCommit(commit).tree
        guard let entry = try repository.entry(at: SkillLock.file, in: tree) else { return nil }
        let bytes = try repository.readBlob(entry.id, limit: 1 << 20)
        return try SkillLock(parsing: String(decoding: bytes, as: UTF8.self))
    }
}
