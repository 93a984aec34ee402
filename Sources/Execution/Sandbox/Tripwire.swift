internal import FoundationEssentials
internal import GitStore
internal import Glibc
internal import Model

/// What belongs to the user and changes by no job, looked at before and after what others wrote
/// has run.
///
/// Small files are compared by their digests, everything else by what the system says of it.
struct Tripwire {
    let repository: Repository
    let git: GitProgram
    private let hooks: HookPlace
    private let prefix: String
    private let paths: [String]

    /// The references that results land on: the base branch, and what it follows.
    let places: [String]

    /// The most files of a checkout that are looked at.
    private static let limit = 20_000

    /// Finds out what to look at; what a job does to the settings later does not change that.
    ///
    /// - Parameters:
    ///   - repository: The repository, opened where the user is.
    ///   - environment: What tells where the user's files and programs are.
    ///   - base: The branch that results land on, by its short name.
    init(_ repository: Repository, environment: [String: String], base: String?) {
        self.repository = repository
        git = GitProgram(environment: environment)
        hooks = HookPlace(repository, home: environment["HOME"])
        let name = repository.configuration.string("draft.branchPrefix") ?? "goal"
        prefix = "refs/heads/\(name)/"
        let upstream = base.flatMap { repository.configuration.upstream(of: $0) }
        places = [base.map { "refs/heads/\($0)" }, upstream.flatMap(Self.tracked)]
            .compactMap(\.self)
        paths =
            repository.workDirectory == nil
            ? [] : repository.trackedPaths(limit: Self.limit) ?? []
    }

    /// Where a branch of a remote is kept here, as git does it unless it is told otherwise.
    private static func tracked(_ upstream: (remote: String, ref: String)) -> String? {
        let heads = "refs/heads/"
        guard upstream.remote != ".", upstream.ref.hasPrefix(heads) else { return upstream.ref }
        return "refs/remotes/\(upstream.remote)/\(upstream.ref.dropFirst(heads.count))"
    }

    /// How everything stands at one moment.
    struct State {
        /// The settings, hooks and links, by the names that people know.
        fileprivate(set) var files: [String: String] = [:]
        /// What the settings say, as git reads it; kept only to tell which of them changed.
        fileprivate(set) var settings: [String: [UInt8]] = [:]
        /// The hooks that we may put lines into.
        fileprivate(set) var hooks: [String: HookText] = [:]
        /// The references that are not ours.
        fileprivate(set) var references: [String: ObjectID] = [:]
        /// The checkout, by its parts.
        fileprivate(set) var checkout: [String: String] = [:]
        /// The files of the checkout, in the order of ``Tripwire/paths``.
        fileprivate var tracked: [UInt64] = []
    }

    /// Looks at everything.
    func look() -> State {
        var state = State()
        let common = repository.commonDirectory
        let own = repository.gitDirectory
        addSettings("config", "\(common)/config", to: &state)
        addSettings("config.worktree", "\(own)/config.worktree", to: &state)
        add("info/attributes", "\(common)/info/attributes", to: &state)
        add("objects/info/alternates", "\(common)/objects/info/alternates", to: &state)
        addHooks(to: &state)
        addWorktrees(to: &state)
        addReferences(to: &state)
        guard let top = repository.workDirectory else { return state }
        state.checkout["HEAD"] = Self.digest("\(own)/HEAD")
        state.checkout["index"] = Self.mark("\(own)/index").map { "\($0)" } ?? ""
        state.tracked = paths.map { Self.mark("\(top)/\($0)") ?? 0 }
        return state
    }

    private func add(_ name: String, _ path: String, to state: inout State) {
        if let digest = Self.digest(path) { state.files[name] = digest }
    }

    private func addSettings(_ name: String, _ path: String, to state: inout State) {
        guard let data = FileManager.default.contents(atPath: path) else { return }
        state.settings[name] = Array(data)
        state.files[name] = SHA256.hex(Array(data))
    }

    private func addHooks(to state: inout State) {
        if case .shared = hooks { return }
        let ours = HookFiles(directory: hooks.directory)
        for hook in HookName.allCases where hooks.isOwn {
            state.hooks["hooks/\(hook.rawValue)"] = HookText(ours.path(hook), hook)
            add("\(HookBlock.movedFolder)/\(hook.rawValue)", ours.moved(hook), to: &state)
        }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: hooks.directory)) ?? []
        for name in names.prefix(1000) {
            guard let mark = Self.mark("\(hooks.directory)/\(name)") else { continue }
            state.files["hooks/\(name)"] = "\(mark)"
        }
    }

    /// The linked work trees: where they are, and what their `.git` files say.
    private func addWorktrees(to state: inout State) {
        let folder = "\(repository.commonDirectory)/worktrees"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names.prefix(1000) {
            let place = try? repository.readSmallFile("\(folder)/\(name)/gitdir")
            guard let line = place.flatMap({ $0 })?.split(separator: "\n").first else { continue }
            let settings = Self.digest("\(folder)/\(name)/config.worktree") ?? ""
            let link = Self.digest(String(line)) ?? ""
            state.files["worktrees/\(name)"] = "\(line) \(link) \(settings)"
        }
    }

    private func addReferences(to state: inout State) {
        let ours = ["refs/draft/", "refs/draft-local/", "refs/draft-remotes/", prefix]
        // What cannot be read stands out by being none.
        for reference in (try? repository.references(under: "refs/")) ?? []
        where !ours.contains(where: { reference.name.utf8.starts(with: $0.utf8) }) {
            state.references[reference.name] = reference.id
        }
    }

    private static func digest(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { SHA256.hex(Array($0)) }
    }

    /// What the system says of a file, as one number; `nil` if there is none.
    private static func mark(_ path: String) -> UInt64? {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return nil }
        var sum: UInt64 = 0xcbf2_9ce4_8422_2325
        for part in [
            UInt64(truncatingIfNeeded: status.st_mtim.tv_sec),
            UInt64(truncatingIfNeeded: status.st_mtim.tv_nsec),
            UInt64(truncatingIfNeeded: status.st_size), UInt64(truncatingIfNeeded: status.st_ino),
            UInt64(truncatingIfNeeded: status.st_mode),
        ] {
            sum = (sum ^ part) &* 0x100_0000_01b3
        }
        return sum
    }
}

// MARK: - What changed

extension Tripwire {
    /// One thing that is not as it was.
    struct Change: Hashable {
        /// `config`, `hooks`, `worktree`, `reference` or `checkout`.
        var kind: String
        /// What it is, such as `hooks/pre-commit`.
        var name: String
        /// `made`, `changed` or `removed`.
        var what: String
        /// Whether it speaks against the result of the job.
        var isGrave: Bool

        /// The form in which records and events hold it.
        var json: JSON {
            [
                "kind": .string(kind), "name": .string(name), "what": .string(what),
                "quarantined": .bool(isGrave),
            ]
        }
    }

    /// Compares two moments.
    ///
    /// - Parameters:
    ///   - old: How it was before.
    ///   - new: How it is now.
    ///   - landed: The commits that landings moved a branch to.
    ///   - addresses: Those of the user, as git writes them down.
    /// - Returns: What changed, settings and hooks first.
    func changes(
        from old: State, to new: State, landed: () -> Set<String>, addresses: Set<String>
    ) -> [Change] {
        var changes: [Change] = []
        let isElsewhere = old.checkout["HEAD"] != new.checkout["HEAD"]
        let moved = old.references.filter { new.references[$0.key] != $0.value }
        for (name, what) in Self.difference(old.files, new.files) {
            let kind = Self.kind(of: name)
            if let settings = settings(name, old.settings[name], new.settings[name]) {
                changes += settings
                continue
            }
            var isGrave = kind != "worktree" || what == "changed"
            if kind == "hooks", isInstalled(name, old, new) { isGrave = false }
            // Hooks that are files of the work tree come and go with what is checked out.
            if case .tracked = hooks, kind == "hooks", isElsewhere || !moved.isEmpty {
                isGrave = false
            }
            changes.append(Change(kind: kind, name: name, what: what, isGrave: isGrave))
        }
        let commits = Self.difference(old.references, new.references)
        let known = commits.isEmpty ? [] : landed()
        for (name, what) in commits {
            let isGrave = !isInOrder(
                name, old.references[name], new.references[name], landed: known, addresses)
            changes.append(Change(kind: "reference", name: name, what: what, isGrave: isGrave))
        }
        return changes + checkout(old, new)
    }

    private static func kind(of name: String) -> String {
        if name.hasPrefix("worktrees/") { return "worktree" }
        let isHook = name.hasPrefix("hooks/") || name.hasPrefix("\(HookBlock.movedFolder)/")
        return isHook ? "hooks" : "config"
    }

    /// What differs between two sets of things, by name.
    static func difference<Value: Equatable>(
        _ old: [String: Value], _ new: [String: Value]
    ) -> [(name: String, what: String)] {
        Set(old.keys).union(new.keys).sorted().compactMap { name in
            switch (old[name], new[name]) {
            case (nil, _?): (name, "made")
            case (_?, nil): (name, "removed")
            case (let before?, let after?): before == after ? nil : (name, "changed")
            case (nil, nil): nil
            }
        }
    }

    /// Whether a change is one that git makes by itself when it fetches, a stash, or a search.
    func isHarmless(_ name: String, _ what: String) -> Bool {
        if name.utf8.starts(with: "refs/remotes/".utf8) {
            return what == "removed" || name.hasSuffix("/HEAD")
        }
        if name.utf8.starts(with: "refs/bisect/".utf8) { return true }
        return name == "refs/stash" || (what == "made" && name.utf8.starts(with: "refs/tags/".utf8))
    }

    /// What changed in the checkout, which a person does all the time.
    private func checkout(_ old: State, _ new: State) -> [Change] {
        var changes = Self.difference(old.checkout, new.checkout).map {
            Change(kind: "checkout", name: $0.name, what: $0.what, isGrave: false)
        }
        for (place, path) in paths.enumerated() where place < old.tracked.count {
            let (before, after) = (old.tracked[place], new.tracked[place])
            guard before != after else { continue }
            let what = after == 0 ? "removed" : before == 0 ? "made" : "changed"
            changes.append(Change(kind: "checkout", name: path, what: what, isGrave: false))
        }
        return changes
    }
}
