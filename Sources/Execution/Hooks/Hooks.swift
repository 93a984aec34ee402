internal import FoundationEssentials
public import GitStore
internal import Glibc

/// The hooks of a repository: puts ours beside those that are there, and takes them out again.
public struct Hooks: Sendable {
    /// Where git looks for them.
    public let place: HookPlace

    private let repository: Repository

    /// Looks at a repository; `home` is what `~` stands for in its settings.
    public init(_ repository: Repository, home: String?) {
        self.repository = repository
        place = HookPlace(repository, home: home)
    }

    /// What became of one hook.
    public struct Report: Hashable, Sendable {
        /// Which one.
        public let hook: HookName
        /// How it stands.
        public let state: State
        /// The file.
        public let path: String
        /// Who else writes that file, if that is known.
        public let manager: String?
    }

    /// How a hook of ours stands.
    public enum State: Hashable, Sendable {
        /// It is there, alone.
        case installed
        /// It is there, and the hook that was there before runs after it.
        case beside
        /// It is there, called by a manager that was installed later.
        case called
        /// It was never there.
        case missing
        /// It was there, and something else has taken its place.
        case gone
        /// The file of somebody else has the line that calls us.
        case line
        /// It could not be written, and why.
        case failed(String)

        /// The word for tools.
        public var word: String {
            switch self {
            case .installed: "installed"
            case .beside: "beside"
            case .called: "called"
            case .missing: "missing"
            case .gone: "gone"
            case .line: "line"
            case .failed: "failed"
            }
        }

        /// Whether git comes to us.
        public var isActive: Bool {
            switch self {
            case .installed, .beside, .called, .line: true
            case .missing, .gone, .failed: false
            }
        }
    }

    private var files: HookFiles { HookFiles(directory: place.directory) }
    private var recordPath: String { "\(repository.commonDirectory)/draft/hooks" }

    /// How every hook stands; nothing is changed.
    public func status() throws -> [Report] {
        let known = try repository.readSmallFile(recordPath) ?? ""
        return try HookName.allCases.map { hook in
            try report(
                hook, wasInstalled: known.split(separator: "\n").contains("\(hook.rawValue)"))
        }
    }

    private func report(_ hook: HookName, wasInstalled: Bool) throws -> Report {
        guard place.isOwn else {
            let state: State = place.calls(hook) ? .line : .missing
            return Report(hook: hook, state: state, path: place.file(of: hook), manager: nil)
        }
        let path = files.path(hook)
        let manager = files.read(path).flatMap { ForeignHook(bytes: $0).manager }
        let state: State
        if let (_, kind, _) = try files.block(at: path) {
            state = kind == .alone ? .installed : .beside
        } else if place.calls(hook) {
            state = .line
        } else if manager == "pre-commit", try files.block(at: "\(path).legacy") != nil {
            state = .called
        } else {
            state = wasInstalled ? .gone : .missing
        }
        return Report(hook: hook, state: state, path: path, manager: manager)
    }

    /// Installs all hooks; where they are installed, nothing changes.
    ///
    /// Nothing is written unless the directory is the repository's own.
    public func install() throws -> [Report] {
        guard place.isOwn else { return try status() }
        return try locked { try installAll() }
    }

    private func installAll() throws -> [Report] {
        var failures: [HookName: String] = [:]
        // One that calls us already, from within a manager's file, would do so twice.
        for report in try status() where report.state != .called && report.state != .line {
            do {
                _ = try files.install(report.hook)
            } catch let error as ExecutionError {
                failures[report.hook] = "\(error)"
            }
        }
        let names = HookName.allCases.filter { failures[$0] == nil }.map { "\($0.rawValue)\n" }
        try repository.replaceFile(recordPath, with: names.joined())
        return try status().map { report in
            guard let reason = failures[report.hook] else { return report }
            return Report(
                hook: report.hook, state: .failed(reason), path: report.path,
                manager: report.manager)
        }
    }

    /// Removes what was installed, and puts back what was there before.
    ///
    /// - Returns: The hooks that were removed, and what could not be.
    public func uninstall() throws -> (removed: [HookName], failures: [String]) {
        try locked { try uninstallAll() }
    }

    private func uninstallAll() throws -> (removed: [HookName], failures: [String]) {
        var removed: [HookName] = []
        var failures: [String] = []
        // Where git looks elsewhere by now, ours may still be where they were written.
        let own = HookFiles(directory: "\(repository.commonDirectory)/hooks")
        let places = place.isOwn && place.directory != own.directory ? [files, own] : [own]
        for hook in HookName.allCases {
            for files in places {
                do {
                    if try files.uninstall(hook) { removed.append(hook) }
                } catch let error as ExecutionError {
                    failures.append("\(error)")
                }
                if try files.entry(files.moved(hook)) != nil {
                    failures.append(
                        "kept '\(files.moved(hook))': the hook that was there before something "
                            + "else took its place")
                }
            }
        }
        if failures.isEmpty { unsafe unlink(recordPath) }
        return (removed, failures)
    }

    /// Does something while no other process of ours changes hooks.
    private func locked<Value>(_ body: () throws -> Value) throws -> Value {
        let folder = "\(repository.commonDirectory)/draft"
        try repository.makeDirectory(folder)
        let lock = try FileLock("\(folder)/hooks-guard")
        let result = Result { try body() }
        withExtendedLifetime(lock) {}
        return try result.get()
    }
}
