internal import FoundationEssentials
internal import Glibc

/// The private home of an agent: what it needs of the user's, and its own sessions.
///
/// A log-in is a copy that lasts as long as the turn does. What the agent renews in it is lost.
struct AgentHome {
    private let path: String
    private let files: [String: [UInt8]]
    private let skills: AgentLaunch.HomeSkills?
    private let logIns: [AgentLaunch.LogIn]

    /// The home that a launch names; `nil` if it names none.
    init?(_ launch: AgentLaunch) {
        guard let home = launch.home else { return nil }
        path = home
        files = launch.homeFiles
        skills = launch.skills
        logIns = launch.logIns
    }

    /// Makes the home, and the files that belong in it.
    ///
    /// - Throws: ``WorkspaceError`` if that is not possible.
    func prepare() throws {
        try Self.make(path)
        for (name, bytes) in files { try write(name, bytes) }
        if let skills {
            let names = skills.folder.split(separator: "/").map(String.init)
            try SkillCopy.write(skills.skills, names, in: path)
        }
        for logIn in logIns {
            // The user's own choice of a place may be a link.
            guard let bytes = Self.contents(logIn.source) else { continue }
            try write(logIn.target, bytes)
        }
    }

    /// Removes the copies of log-ins.
    func forgetLogIns() {
        for logIn in logIns {
            var names = logIn.target.split(separator: "/").map(String.init)
            guard let last = names.popLast(), let home = try? Folder(trusted: path),
                let folder = try? home.opening(names)
            else { continue }
            try? folder.remove(last)
        }
    }

    private func write(_ name: String, _ bytes: [UInt8]) throws {
        var names = name.split(separator: "/").map(String.init)
        guard let last = names.popLast() else { return }
        let folder = try Folder(trusted: path).making(names, mode: 0o700)
        try folder.replace(last, bytes, mode: 0o600)
    }

    private static func make(_ path: String) throws {
        guard unsafe mkdir(path, 0o700) != 0, errno != EEXIST else { return }
        throw ExecutionError.system("make '\(path)'", errno)
    }

    private static func contents(_ path: String) -> [UInt8]? {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return JobFiles.contents(of: file, limit: 1 << 20)
    }
}
