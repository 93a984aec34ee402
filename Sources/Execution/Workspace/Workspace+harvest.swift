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
        do {
            let sources = try sourcesWithObjects()
            guard !sources.isEmpty else { return result }
            try forgetReferences(but: ["base": origin.start, "previous": previous])
            for (index, source) in sources.enumerated() {
                do {
                    try fetch(source, index)
                } catch {
                    result.problems.append(".git: \(error)")
                }
            }
            try sort(into: &result, previous: previous)
        } catch {
            result.problems.append(".git: \(error)")
        }
        state.withLock { $0.isHarvested = true }
        return result
    }

    /// The git directories in which there is an object of the agent.
    private func sourcesWithObjects() throws -> [String] {
        var sources: [String] = []
        let job = try jobFolder()
        if job.kind("agent.git") == .folder, try prepare(job.folder("agent.git".utf8)) {
            sources.append(files.agentGit)
        }
        let work = try folder()
        if work.kind(".git") == .folder, try prepare(work.folder(".git".utf8)) {
            sources.append("\(path)/.git")
        }
        return sources
    }

    /// Puts back how git reads a directory; `false` if there is nothing to read.
    private func prepare(_ directory: borrowing Folder) throws -> Bool {
        guard directory.kind("objects") == .folder, directory.kind("HEAD") != .missing else {
            return false
        }
        if directory.kind("HEAD") != .file {
            try directory.remove("HEAD")
            try directory.replace("HEAD", Array("ref: refs/heads/none\n".utf8))
        }
        let objects = try directory.folder("objects".utf8)
        let names = try Set(objects.names())
        let isPacked =
            objects.kind("pack") == .folder
            ? try !objects.folder("pack".utf8).names().isEmpty : false
        guard isPacked || names.contains(where: { $0.count == 2 }) else { return false }
        try Self.removeLinks(from: objects, depth: 2)
        // Not only what is in them: these could themselves lead to what is the user's.
        for name in ["refs", "logs"] where directory.kind(name) != .folder {
            try directory.remove(name)
        }
        try Self.removeLinks(from: directory.making("refs"), depth: 32)
        if directory.kind("info") == .folder {
            try directory.folder("info".utf8).remove("grafts")
        }
        if directory.kind("packed-refs") != .file { try directory.remove("packed-refs") }
        // What is only there to be fast is not believed.
        try layout.renew(
            in: directory, settings: "[core]\n\tcommitGraph = false\n\tmultiPackIndex = false\n")
        return true
    }

    /// Removes what is neither a file nor a directory.
    ///
    /// A link would lead to what is not the agent's to show, and a pipe to waiting.
    private static func removeLinks(from folder: borrowing Folder, depth: Int) throws {
        for entry in try folder.entries() {
            switch folder.kind(entry.name) {
            case .folder where depth > 0:
                try removeLinks(from: folder.folder(entry.name), depth: depth - 1)
            case .folder, .file, .missing: continue
            default: try folder.remove(entry.name)
            }
        }
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

    /// Runs `git fetch`, whoever owns what is fetched from.
    ///
    /// In a sandbox the agent may have been another user. Git believes only a file of
    /// settings that this is as it should be; it holds for this one run.
    private func fetch(_ specs: [String], from source: String) throws {
        let control = try jobFolder().folder("control.git".utf8)
        try control.replace("vouched", Array("[safe]\n\tdirectory = *\n".utf8))
        _ = try controlObjects(
            Self.fetching + [source] + specs,
            environment: ["GIT_CONFIG_GLOBAL": "\(files.controlGit)/vouched"], limit: Self.limit)
    }

    private func fetch(_ source: String, _ index: Int) throws {
        let all = "+refs/*:refs/agent/\(index)/refs/*"
        do {
            try fetch(["+HEAD:refs/agent/\(index)/HEAD", all], from: source)
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
    private func forgotten(in source: String) throws -> [ObjectID] {
        let job = try jobFolder()
        let directory =
            source == files.agentGit
            ? try job.folder("agent.git".utf8) : try folder().folder(".git".utf8)
        guard directory.kind("logs") == .folder else { return [] }
        var ids: Set<ObjectID> = []
        var budget = 1000
        try Self.collect(try directory.folder("logs".utf8), depth: 0, &budget, &ids)
        let control = try controlRepository()
        return Array(ids.filter { !$0.isZero && !control.contains($0) }.sorted().prefix(256))
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
