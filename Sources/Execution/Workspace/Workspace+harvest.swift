internal import GitStore
internal import Synchronization

/// What the agent did with git.
struct Harvest {
    /// The agent's `HEAD`, if it follows what it was told to follow.
    var parent: ObjectID?

    /// Other commits that nothing keeps yet; each keeps those before it.
    var strays: [ObjectID] = []

    /// What could not be fetched, and why.
    var problems: [String] = []
}

extension Workspace {
    /// How long the agent's git directory may keep us busy.
    private static let limit = Duration.seconds(120)

    /// The bytes of a file that is one reference.
    private static let mostOfReference: Int64 = 4096

    /// The bytes of the file that is many references.
    private static let mostPacked: Int64 = 16 << 20

    /// What a problem with an agent's git directory begins with, where others are paths.
    static let gitProblem = ".git: "

    /// How many references of the agent are looked at.
    private static let mostReferences = 10_000

    /// Fetches the agent's commits, those that it left behind too.
    ///
    /// What decides how git reads a directory is put back first. Objects are
    /// checked on the way in. Failures are reported, not thrown: what an agent
    /// did to its git directory must not keep us from its files.
    ///
    /// - Parameter previous: The commit that the agent started from.
    /// - Returns: What was found.
    func harvest(previous: ObjectID) -> Harvest {
        var result = Harvest()
        let end = ContinuousClock.now + bounded(Self.limit)
        state.withLock { $0.harvestEnd = end }
        defer { state.withLock { $0.harvestEnd = nil } }
        do {
            let sources = try sourcesWithObjects()
            guard !sources.isEmpty else { return result }
            try forgetReferences(but: ["base": origin.start, "previous": previous])
            for (index, source) in sources.enumerated() {
                do {
                    if source.isCrowded {
                        result.problems.append(
                            Self.gitProblem
                                + "of more than \(Self.mostReferences) references only HEAD is kept"
                        )
                    }
                    try measure(source)
                    try fetch(source, index)
                } catch {
                    result.problems.append("\(Self.gitProblem)\(error)")
                }
            }
            try sort(into: &result, previous: previous)
        } catch {
            result.problems.append("\(Self.gitProblem)\(error)")
        }
        state.withLock { $0.isHarvested = true }
        return result
    }

    /// The git directories in which there is an object of the agent.
    private func sourcesWithObjects() throws -> [HarvestSource] {
        let job = try jobFolder()
        let work = try folder()
        return try [
            job.kind("agent.git") == .folder
                ? prepare(job.folder("agent.git".utf8), files.agentGit) : nil,
            work.kind(".git") == .folder
                ? prepare(work.folder(".git".utf8), "\(path)/.git") : nil,
        ].compactMap(\.self)
    }

    /// Puts back how git reads a directory; `nil` if there is nothing to read.
    private func prepare(_ directory: borrowing Folder, _ path: String) throws -> HarvestSource? {
        guard directory.kind("objects") == .folder, directory.kind("HEAD") != .missing else {
            return nil
        }
        if directory.kind("HEAD") != .file || directory.size("HEAD".utf8) > Self.mostOfReference {
            try directory.remove("HEAD")
            try directory.replace("HEAD", Array("ref: refs/heads/none\n".utf8))
        }
        let objects = try directory.folder("objects".utf8)
        let names = try Set(objects.names())
        let isPacked =
            objects.kind("pack") == .folder
            ? try !objects.folder("pack".utf8).names().isEmpty : false
        guard isPacked || names.contains(where: { $0.count == 2 }) else { return nil }
        try Self.removeLinks(from: objects, depth: 2)
        // Not only what is in them: these could themselves lead to what is the user's.
        for name in ["refs", "logs"] where directory.kind(name) != .folder {
            try directory.remove(name)
        }
        let loose = try Self.removeLinks(
            from: directory.making("refs"), depth: 32, largest: Self.mostOfReference)
        if directory.kind("info") == .folder {
            let info = try directory.folder("info".utf8)
            for name in ["attributes", "grafts"] { try info.remove(name) }
        }
        let packed = try packedReferences(directory)
        // What is only there to be fast is not believed.
        try believe(directory)
        return HarvestSource(path: path, isCrowded: loose + packed > Self.mostReferences)
    }

    /// Writes the settings with which a directory of the agent's is read.
    func believe(_ directory: borrowing Folder) throws {
        try layout.renew(
            in: directory,
            settings: "[core]\n\tcommitGraph = false\n\tmultiPackIndex = false\n"
                + PrivateGit.sparing)
    }

    /// How many references there are in one file, which is removed where it is none or too large;
    /// those that we put there ourselves do not count.
    private func packedReferences(_ directory: borrowing Folder) throws -> Int {
        let size = directory.size("packed-refs".utf8)
        let isFile = directory.kind("packed-refs") == .file
        guard isFile, try size <= Self.mostPacked || size <= 2 * tags().utf8.count else {
            try directory.remove("packed-refs")
            return isFile ? Self.mostReferences + 1 : 0
        }
        let count = try (directory.read("packed-refs") ?? []).count { $0 == 10 }
        guard count > 1000 else { return count }
        return try max(count - tags().utf8.count { $0 == 10 }, 0)
    }

    /// Removes what is neither a file nor a directory.
    ///
    /// A link would lead to what is not the agent's to show, and a pipe to waiting. What is
    /// further down than `depth` is removed as a whole, for nobody looks there.
    ///
    /// A file of more than `largest` bytes is removed as well. Returns how many files are left.
    @discardableResult
    private static func removeLinks(
        from folder: borrowing Folder, depth: Int, largest: Int64 = .max
    ) throws -> Int {
        var count = 0
        for entry in try folder.entries() {
            switch folder.kind(entry.name) {
            case .folder where depth > 0:
                count += try removeLinks(
                    from: folder.folder(entry.name), depth: depth - 1, largest: largest)
            case .file where folder.size(entry.name) <= largest: count += 1
            case .missing: continue
            default: try folder.remove(entry.name)
            }
        }
        return count
    }

    /// Makes the controller's git directory know no references but these.
    func forgetReferences(but known: [String: ObjectID]) throws {
        let control = try jobFolder().folder("control.git".utf8)
        try control.remove("packed-refs")
        let refs = try control.making("refs")
        try refs.empty()
        _ = try refs.making("heads")
        for (name, id) in known { try refs.replace(name, Array("\(id)\n".utf8)) }
    }
}

// MARK: - Fetching

extension Workspace {
    private static let fetching = [
        "-c", "core.alternateRefsPrefixes=refs/draft-none/", "fetch", "--quiet", "--no-tags",
        "--no-write-fetch-head", "--no-auto-maintenance", "--no-recurse-submodules",
    ]

    private static let sparing = ["-c", "core.bigFileThreshold=\(PrivateGit.largest)"]

    /// Runs `git fetch`, whoever owns what is fetched from.
    ///
    /// In a sandbox the agent may have been another user. Git believes only a file of
    /// settings that this is as it should be; it holds for this one run.
    private func fetch(_ specs: [String], from source: String) throws {
        let control = try jobFolder().folder("control.git".utf8)
        try control.replace("vouched", Array("[safe]\n\tdirectory = *\n".utf8))
        _ = try controlObjects(
            Self.sparing + Self.fetching + [source] + specs,
            environment: ["GIT_CONFIG_GLOBAL": "\(files.controlGit)/vouched"], limit: Self.limit)
    }

    private func fetch(_ origin: HarvestSource, _ index: Int) throws {
        let source = origin.path
        let head = "+HEAD:refs/agent/\(index)/HEAD"
        guard !origin.isCrowded else { return try fetch([head], from: source) }
        let all = "+refs/*:refs/agent/\(index)/refs/*"
        do {
            try fetch([head, all], from: source)
        } catch ExecutionError.Code.failed {
            // Most likely there is no HEAD; the rest is to come in all the same.
            try fetch([all], from: source)
        }
        let lost = try forgotten(in: source)
        guard !lost.isEmpty else { return }
        let specs = lost.map { "+\($0):refs/agent/\(index)/log/\($0)" }
        do {
            try fetch(specs, from: source)
        } catch ExecutionError.Code.failed {
            // One that is really gone spoils them all.
            for spec in specs.suffix(32) {
                _ = try? fetch([spec], from: source)
            }
        }
    }

    /// Commits that only the agent's reflogs name, such as those that it amended.
    func forgotten(in source: String) throws -> [ObjectID] {
        let directory = try directory(of: source)
        guard directory.kind("logs") == .folder else { return [] }
        var ids: Set<ObjectID> = []
        var budget = 1000
        try Self.collect(try directory.folder("logs".utf8), depth: 0, &budget, &ids)
        let control = try controlRepository()
        return Array(ids.filter { !$0.isZero && !control.contains($0) }.sorted().prefix(256))
    }

    /// Opens a git directory of the agent's.
    func directory(of source: String) throws -> Folder {
        source == files.agentGit
            ? try jobFolder().folder("agent.git".utf8) : try folder().folder(".git".utf8)
    }

    private static func collect(
        _ logs: borrowing Folder, depth: Int, _ budget: inout Int, _ ids: inout Set<ObjectID>
    ) throws {
        for name in try logs.names().sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            guard budget > 0 else { return }
            budget -= 1
            switch logs.kind(name) {
            case .folder where depth < 16:
                try collect(logs.folder(name), depth: depth + 1, &budget, &ids)
            case .file:
                let bytes = try logs.read(name, limit: 1 << 20) ?? []
                for line in bytes.split(separator: 10) {
                    let words = line.prefix(81).split(separator: 32)
                    for word in words.prefix(2) where word.count == 40 {
                        if let id = ObjectID(hex: String(decoding: word, as: UTF8.self)) {
                            ids.insert(id)
                        }
                    }
                }
            default: continue
            }
        }
    }

    /// The controller's git directory, for reading and writing objects.
    func controlRepository() throws -> Repository {
        try Repository(containing: files.controlGit, environment: ["GIT_DIR": files.controlGit])
    }
}

// MARK: - Sorting

extension Workspace {
    /// Tells the agent's `HEAD` from what else it made.
    private func sort(into result: inout Harvest, previous: ObjectID) throws {
        let found = try controlRepository().references(under: "refs/agent/")
        guard !found.isEmpty else { return }
        let repository = origin.repository
        let known = try [
            previous, origin.start, origin.baseCommit, repository.target(of: reference),
            repository.target(of: keptReference),
        ].compactMap(\.self)
        // A job that is over has its commits there; the others are the user's own already.
        let others = try ["draft/attempts", "heads", "remotes", "stash", "tags"].flatMap {
            try repository.references(under: "refs/\($0)").map(\.id)
        }
        let kept = known + others
        let lines = Set(found.map(\.id)).sorted().map(\.description) + Set(kept).map { "^\($0)" }
        try checkSizes(of: lines)
        let listing = try controlObjects(
            ["rev-list", "--parents", "--ignore-missing", "--stdin"],
            input: Array((lines.joined(separator: "\n") + "\n").utf8), limit: Self.limit)
        var parents: [ObjectID: [ObjectID]] = [:]
        for line in listing.bytes.split(separator: 10) {
            let ids = line.split(separator: 32).compactMap {
                ObjectID(hex: String(decoding: $0, as: UTF8.self))
            }
            if let first = ids.first { parents[first] = Array(ids.dropFirst()) }
        }
        let heads = found.filter { $0.name.hasSuffix("/HEAD") && !$0.name.contains("/refs/") }
        var reached: Set<ObjectID> = []
        for head in heads where result.parent == nil && parents[head.id] != nil {
            let before = Self.reachable(from: head.id, parents)
            guard before.contains(previous) else { continue }
            result.parent = head.id
            reached = before
        }
        let inner = Set(parents.values.joined())
        result.strays = parents.keys.filter { !inner.contains($0) && !reached.contains($0) }
            .sorted()
    }

    private static func reachable(
        from head: ObjectID, _ parents: [ObjectID: [ObjectID]]
    ) -> Set<ObjectID> {
        var seen: Set<ObjectID> = [head]
        var pending = [head]
        while let next = pending.popLast() {
            for parent in parents[next] ?? [] where seen.insert(parent).inserted {
                pending.append(parent)
            }
        }
        return seen
    }
}
