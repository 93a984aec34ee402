internal import Glibc
internal import Synchronization

/// The folders outside of `/usr` that the programs of a `PATH` need.
///
/// A folder of programs brings the folder around it, such as `/opt/tools/usr` of
/// `/opt/tools/usr/bin`, as long as that is nothing but the toolchain's. Of a place that people
/// share with their secrets, such as `~/.local`, only the folder of programs is taken, and what
/// the links in it lead to.
public struct ToolchainRoots: Sendable {
    /// A folder or file to show, and where.
    struct Root: Hashable, Sendable {
        /// What is shown.
        var source: String
        /// Where it is shown; the same, unless `PATH` gets there by a link.
        var path: String
    }

    /// What is to be shown, in the order of `PATH`.
    private(set) var found: [Root] = []

    /// Variables that say where a toolchain is, now that the home is another one.
    private(set) var variables: [String: String] = [:]

    private let home: String?
    private let closed: [String]

    /// The paths that are shown, in the order of `PATH`.
    public var paths: [String] { found.map(\.path) }

    /// Finds them.
    ///
    /// - Parameters:
    ///   - environment: The environment of the user.
    ///   - programs: Paths of further programs of the user.
    ///   - closed: What no folder that is shown may hold.
    public init(environment: [String: String], programs: [String] = [], closed: [String] = []) {
        home = environment["HOME"].flatMap(PlacePath.physical)
        let known = closed + closed.compactMap(PlacePath.physical)
        self.closed = known + [home].compactMap(\.self)
        var trail = LinkTrail()
        var searched: Set<[UInt8]> = []
        for entry in (environment["PATH"] ?? "").utf8.split(separator: UInt8(ascii: ":"))
        where entry.first == UInt8(ascii: "/") {
            guard let place = add(folder: String(Substring(entry))),
                searched.insert(Array(place.utf8)).inserted
            else { continue }
            for link in Self.links(in: place) {
                guard let file = trail.end(of: link) else { continue }
                add(file: file)
            }
        }
        for name in ["JAVA_HOME", "GOROOT"] {
            guard let place = environment[name].flatMap(PlacePath.physical), isOwn(place) else {
                continue
            }
            show(place)
            variables[name] = environment[name]
        }
        for program in programs { add(program: program) }
        addManagers(environment)
    }

    /// The roots of an environment, looked for once in a process.
    static func known(
        environment: [String: String], programs: [String], closed: [String]
    ) -> ToolchainRoots {
        let values = places.map { environment[$0] ?? "" }
        let key = [values, programs, closed].map { $0.map { Array($0.utf8) } }
        return searched.withLock { searched in
            if let roots = searched[key] { return roots }
            let roots = ToolchainRoots(
                environment: environment, programs: programs, closed: closed)
            searched[key] = roots
            return roots
        }
    }

    private static let searched = Mutex<[[[[UInt8]]]: ToolchainRoots]>([:])

    /// The variables that decide what is found.
    private static let places = [
        "PATH", "HOME", "JAVA_HOME", "GOROOT", "RUSTUP_HOME", "PYENV_ROOT", "ASDF_DATA_DIR",
        "MISE_DATA_DIR",
    ]

    /// Below these everything is shown anyway.
    static let system = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"]

    // MARK: - Folders of programs

    /// Shows what belongs to a folder of programs; returns where it is, if it is one.
    private mutating func add(folder entry: String) -> String? {
        guard let place = PlacePath.physical(entry), PlacePath.isFolder(place) else { return nil }
        if !PlacePath.isWithin(place, any: Self.system) {
            let around = PlacePath.parent(place)
            if Self.holders.contains(PlacePath.name(place)), isPrefix(around) {
                show(around)
                show(
                    around, at: PlacePath.parent(entry),
                    unless: entry.utf8.elementsEqual(place.utf8))
            } else if isHarmless(place) {
                show(place)
                show(place, at: entry, unless: entry.utf8.elementsEqual(place.utf8))
            }
        }
        return place
    }

    private static let holders: Set = ["bin", "sbin", "shims", "libexec"]

    /// The links in a folder that lead out of it and out of the system.
    private static func links(in folder: String) -> [String] {
        guard let open = try? Folder(trusted: folder), let entries = try? open.entries() else {
            return []
        }
        return entries.prefix(20000).filter(\.isLink).map(\.name).compactMap { name in
            guard let target = open.target(name), target.utf8.contains(UInt8(ascii: "/")),
                !PlacePath.isWithin(target, any: system)
            else { return nil }
            return "\(folder)/\(String(decoding: name, as: UTF8.self))"
        }
    }

    /// Shows the root of one program, and that of what interprets it.
    private mutating func add(program: String, depth: Int = 0) {
        guard let file = PlacePath.physical(program) else { return }
        add(file: file, depth: depth)
    }

    private mutating func add(file: String, depth: Int = 0) {
        guard !PlacePath.isWithin(file, any: Self.system), !PlacePath.isFolder(file) else {
            return
        }
        if !isShown(file) { show(root(of: file)) }
        guard depth < 2, let interpreter = Self.interpreter(of: file) else { return }
        add(program: interpreter, depth: depth + 1)
    }

    /// The folder that a program needs around it, or just the program.
    private func root(of file: String) -> String {
        let steps = file.utf8.split(separator: UInt8(ascii: "/"))
        if let index = steps.firstIndex(where: { $0.elementsEqual("node_modules".utf8) }) {
            let modules = steps[...index].map { "/\(Substring($0))" }.joined()
            if isHarmless(modules) { return modules }
        }
        let folder = PlacePath.parent(file)
        let around = PlacePath.parent(folder)
        if Self.holders.contains(PlacePath.name(folder)), isPrefix(around) { return around }
        return file
    }

    /// What the first line of a script names, if that is an absolute path.
    static func interpreter(of file: String) -> String? {
        guard let bytes = JobFiles.contents(file, limit: 256), bytes.starts(with: "#!".utf8),
            let line = bytes.dropFirst(2).split(separator: 10).first,
            let word = line.split(separator: 32).first, word.first == UInt8(ascii: "/")
        else { return nil }
        let path = String(decoding: word, as: UTF8.self)
        return PlacePath.isWithin(path, any: system) ? nil : path
    }

    // MARK: - Those who manage toolchains

    private mutating func addManagers(_ environment: [String: String]) {
        guard let home else { return }
        func place(_ variable: String, _ name: String) -> String? {
            PlacePath.physical(environment[variable] ?? "\(home)/\(name)")
        }
        if environment["RUSTUP_HOME"] != nil || isShown("\(home)/.cargo/bin"),
            let rustup = place("RUSTUP_HOME", ".rustup")
        {
            // It makes the last one if that is not there, and may not.
            for name in ["toolchains", "settings.toml", "update-hashes"] {
                show("\(rustup)/\(name)")
            }
            variables["RUSTUP_HOME"] = rustup
        }
        for (variable, name) in [("PYENV_ROOT", ".pyenv"), ("ASDF_DATA_DIR", ".asdf")] {
            guard let root = place(variable, name), isShown("\(root)/shims"), isOwn(root)
            else { continue }
            show(root)
            variables[variable] = root
        }
        if let mise = place("MISE_DATA_DIR", ".local/share/mise"), isShown("\(mise)/shims") {
            show("\(mise)/installs")
            variables["MISE_DATA_DIR"] = mise
        }
    }

    // MARK: - What may be shown

    private func isShown(_ path: String) -> Bool {
        found.contains { PlacePath.isWithin(path, $0.path) }
    }

    private mutating func show(
        _ source: String, at path: String? = nil, unless isSame: Bool = false
    ) {
        let root = Root(source: source, path: path ?? source)
        guard !isSame, PlacePath.isThere(source), !found.contains(root),
            !PlacePath.isWithin(root.path, any: Self.system),
            path == nil || PlacePath.depth(root.path) > 1, path == nil || holdsNothing(root.path)
        else { return }
        found.append(root)
    }

    /// Whether a folder belongs to a toolchain as a whole.
    private func isOwn(_ folder: String) -> Bool {
        guard isHarmless(folder), PlacePath.depth(folder) > 1 else { return false }
        return !isHome(PlacePath.parent(folder)) || !Self.shared.contains(PlacePath.name(folder))
    }

    /// Whether the folder around one of programs was put there together with it.
    ///
    /// A project has programs, too, and beside them what is nobody's business.
    private func isPrefix(_ folder: String) -> Bool {
        guard isOwn(folder) else { return false }
        if Self.managed.contains(PlacePath.name(folder)) { return true }
        guard PlacePath.kind("\(folder)/.git") == .missing else { return false }
        return Self.parts.contains { PlacePath.kind("\(folder)/\($0)") != .missing }
    }

    /// What is beside the programs of a toolchain.
    private static let parts = ["lib", "lib64", "libexec", "share", "shims", "pyvenv.cfg"]

    /// The folders of those who manage toolchains.
    private static let managed: Set = [
        ".pyenv", ".asdf", ".rbenv", ".nodenv", ".goenv", ".jenv", ".volta", ".bun", ".deno",
        ".ghcup", ".juliaup", ".swiftly", ".opam", ".sdkman", "flutter", "emsdk",
    ]

    /// Whether a folder is no home, and holds nothing that is nobody's business.
    private func isHarmless(_ folder: String) -> Bool {
        guard PlacePath.depth(folder) > 1 || PlacePath.name(folder).utf8.elementsEqual("opt".utf8),
            holdsNothing(folder), !isHome(folder)
        else { return false }
        // Some of those who manage toolchains are themselves a checkout.
        return PrivatePlace.entry(of: folder, besides: ".git") == nil
    }

    /// Whether a folder is the user's home, or looks like anybody's.
    private func isHome(_ folder: String) -> Bool {
        (closed + ["/root"]).contains { $0.utf8.elementsEqual(folder.utf8) }
            || PlacePath.parent(folder).utf8.elementsEqual("/home".utf8)
    }

    /// Whether none of what is closed is in a folder.
    private func holdsNothing(_ folder: String) -> Bool {
        !closed.contains { PlacePath.isWithin($0, folder) }
    }

    /// What people keep other things in, too.
    private static let shared: Set = [
        ".local", ".cargo", ".config", ".cache", ".rustup", "go", ".npm", ".dotnet", ".gem",
        ".m2", ".gradle", ".docker", ".ssh", ".gnupg", ".claude", ".codex", "snap", "bin",
    ]
}

extension Folder {
    /// What a link in the folder says; `nil` if it is none.
    fileprivate func target(_ name: [UInt8]) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlinkat(
            descriptor.number, Self.terminated(name), &buffer, buffer.count)
        guard count > 0, count < buffer.count else { return nil }
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
