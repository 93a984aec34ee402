public import GitStore
internal import Glibc
internal import Synchronization

/// The image that containers are made of.
public struct ContainerImage: Hashable, Sendable {
    /// Its name.
    public let name: String

    /// How it is made if it is not there; `nil` if it is fetched by its name.
    public let containerfile: String?

    /// The variables that point into the home of the job, by the folder for each.
    let caches: [String: String]

    /// An image that has a name, such as `docker.io/library/python:3.12`.
    ///
    /// - Throws: ``ExecutionError`` if that can be no name.
    public init(named name: String) throws {
        let allowed = name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
            default: "._-/:@".utf8.contains(byte)
            }
        }
        let isName = name.utf8.first.map { $0 != 0x2d } ?? false
        guard allowed, isName, name.utf8.count <= 512 else {
            throw ExecutionError(
                .invalidArgument, "use image '\(name)'", reason: "that is not the name of an image")
        }
        self.name = name
        containerfile = nil
        caches = [:]
    }

    /// The image of what a repository needs, as its version files at a commit say.
    ///
    /// - Parameters:
    ///   - commit: The commit; what is in a work tree says nothing.
    ///   - repository: The repository.
    ///   - registry: Where the images are that it is made of.
    /// - Throws: ``GitError`` if the repository cannot be read.
    public init(for commit: ObjectID, in repository: Repository, registry: String) throws {
        let tree = try repository.readCommit(commit).tree
        var contents: [String: String] = [:]
        for file in ContainerVersions.files {
            guard let entry = try repository.entry(at: file, in: tree),
                try repository.kind(of: entry.id) == .blob,
                let bytes = try? repository.readBlob(entry.id, limit: 1 << 20)
            else { continue }
            contents[file] = String(decoding: bytes, as: UTF8.self)
        }
        self.init(ContainerRecipe(ContainerVersions(contents), registry: registry))
    }

    init(_ recipe: ContainerRecipe) {
        name = recipe.tag
        containerfile = recipe.text
        caches = Dictionary(
            recipe.tools.flatMap(\.caches).map { ($0.name, $0.folder) }
        ) { first, _ in first }
    }
}

// MARK: - Having it

extension ContainerImage {
    /// Whether an engine has it.
    public func isThere(_ engine: ContainerEngine) throws -> Bool {
        if Self.seen.withLock({ $0.contains([name] + engine.words) }) { return true }
        let answer = try engine.run(["image", "inspect", "--format", "{{.Id}}", name])
        if answer.status == 0 { Self.seen.withLock { _ = $0.insert([name] + engine.words) } }
        return answer.status == 0
    }

    /// The command that leads to another one, if this one cannot be had.
    var remedy: String {
        containerfile == nil
            ? "git draft config --show-origin sandbox.image"
            : "git config draft.containerRegistry REGISTRY"
    }

    /// Which images this process has seen already.
    private static let seen = Mutex<Set<[String]>>([])

    /// Makes it, or fetches it, unless it is there.
    ///
    /// - Parameters:
    ///   - engine: Who makes it.
    ///   - lock: A file that one of several who would make it holds locked.
    ///   - stop: Gives up.
    ///   - onOutput: Gets what is printed meanwhile.
    /// - Throws: ``ExecutionError`` if it cannot be had.
    func provide(
        _ engine: ContainerEngine, lock: String, stop: StopSignal?, onOutput: ([UInt8]) -> Void
    ) throws {
        if try isThere(engine) { return }
        let lock = try FileLock(lock, .exclusive, waiting: Self.limit)
        defer { withExtendedLifetime(lock) {} }
        if try isThere(engine) { return }
        let answer: ContainerEngine.Answer
        let action: String
        if let containerfile {
            action = "make the image of the container"
            let limits = engine.kind == .podman ? Self.systemLimits : []
            answer = try engine.run(
                ["build", "--network", "none", "--tag", name] + limits + ["-"],
                input: Array(containerfile.utf8), limit: Self.limit, stop: stop,
                onOutput: onOutput)
        } else {
            action = "fetch image '\(name)'"
            answer = try engine.run(
                ["pull", name], limit: Self.limit, stop: stop, onOutput: onOutput)
        }
        guard answer.status == 0 else {
            throw ExecutionError(.failed, action, reason: answer.reason, status: answer.status)
        }
    }

    /// How long it may take to make or to fetch one.
    private static let limit = Duration.seconds(1800)

    /// As much as this process may have: without the right to, Podman cannot set more.
    static var systemLimits: [String] {
        let limits = [("nofile", RLIMIT_NOFILE, 1 << 20), ("nproc", __RLIMIT_NPROC, 1 << 15)]
        return limits.flatMap { name, resource, most -> [String] in
            var limit = rlimit()
            let isKnown = unsafe getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0
            let value = isKnown ? min(limit.rlim_max, rlim_t(most)) : rlim_t(most)
            return ["--ulimit", "\(name)=\(value):\(value)"]
        }
    }
}
