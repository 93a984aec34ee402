internal import FoundationEssentials
internal import Glibc
internal import Model

/// The private home of an agent: what it needs of the user's, and its own sessions.
///
/// A log-in is a copy that lasts as long as the turn does. What the agent renews in it is lost.
/// The home is reached through the folder of the job, which is kept open, and through no link:
/// the agent may have put anything in its place, even the user's own home.
final class AgentHome {
    private let name: String
    private let files: [String: [UInt8]]
    private let skills: AgentLaunch.HomeSkills?
    private let logIns: [AgentLaunch.LogIn]
    private let redactor: Redactor
    private let hidesLogIns: Bool
    private let job: Folder

    /// What stands for the secrets of log-ins, if the copies are to hold none.
    private(set) var replacements: [EgressDoor.Replacement] = []

    private var loans: [Loan] = []
    private var before: Set<[UInt8]>?

    /// A copy of a log-in, and the folder that it was put into.
    private final class Loan {
        let name: String
        let folder: Folder
        let file: Descriptor

        init(_ name: String, _ folder: consuming Folder, _ file: consuming Descriptor) {
            self.name = name
            self.folder = folder
            self.file = file
        }
    }

    /// The most that is read of a log-in, in bytes.
    private static let limit = 1 << 20

    /// The home that a launch names; `nil` if it names none.
    ///
    /// - Parameters:
    ///   - launch: How the agent is started.
    ///   - redactor: Learns what the copies of log-ins hold.
    /// - Throws: ``WorkspaceError`` if the folder of the job is not there.
    init?(_ launch: AgentLaunch, _ redactor: Redactor) throws {
        guard let home = launch.home, let slash = home.utf8.lastIndex(of: UInt8(ascii: "/")) else {
            return nil
        }
        name = String(home[home.utf8.index(after: slash)...])
        job = try Folder(trusted: slash == home.startIndex ? "/" : String(home[..<slash]))
        files = launch.homeFiles
        skills = launch.skills
        logIns = launch.logIns
        // Where doors lead to models, keys belong to the doors.
        hidesLogIns = !launch.models.isEmpty
        self.redactor = redactor
    }

    /// Makes the home, and the files that belong in it.
    ///
    /// - Throws: ``WorkspaceError`` if that is not possible.
    func prepare() throws {
        if job.kind(name) != .folder { try job.remove(name) }
        let home = try job.making(name, mode: 0o700)
        before = Set(try job.names())
        for (path, bytes) in files { _ = try Self.write(path, bytes, in: home) }
        if let skills {
            let names = skills.folder.split(separator: "/").map(String.init)
            _ = try Self.folder(Array(names.dropLast()), in: home)
            try SkillCopy.write(skills.skills, names, in: home.path)
        }
        for logIn in logIns {
            // The user's own choice of a place may be a link.
            guard var bytes = Self.contents(logIn.source) else { continue }
            redactor.learn(values: Redactor.secretValues(inLogIn: bytes))
            if hidesLogIns {
                guard let hidden = Placeholder.hide(logIn: bytes) else { continue }
                bytes = hidden.bytes
                replacements += hidden.replacements
            }
            let folder = try Self.write(logIn.target, bytes, in: home)
            let name = logIn.target.split(separator: "/").last.map(String.init) ?? ""
            let file = unsafe openat(
                folder.descriptor.number, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC)
            loans.append(Loan(name, folder, Descriptor(number: file)))
        }
    }

    /// Removes the copies of log-ins, wherever the agent moved them.
    func forgetLogIns() {
        for loan in loans {
            learn(try? loan.folder.read(loan.name, limit: Self.limit))
            // Whatever name it has now, it is empty.
            _ = ftruncate(loan.file.number, 0)
            try? loan.folder.remove(loan.name)
        }
        loans = []
        sweep()
        guard let home = try? job.folder(name.utf8) else {
            try? job.remove(name)
            return
        }
        for logIn in logIns {
            var names = logIn.target.split(separator: "/").map(String.init)
            guard let last = names.popLast(), let folder = try? home.opening(names) else {
                continue
            }
            learn(try? folder.read(last, limit: Self.limit))
            try? folder.remove(last)
        }
    }

    /// Removes what the agent put beside its home, such as the home itself by another name.
    private func sweep() {
        guard let before, let names = try? job.names() else { return }
        for name in names where !before.contains(name) {
            let isOurs = JobFiles.names.contains { $0.utf8.elementsEqual(name) }
            if !isOurs { try? job.remove(name) }
        }
    }

    /// Has what the agent renewed taken out of all that follows.
    private func learn(_ bytes: [UInt8]??) {
        guard let bytes = bytes ?? nil else { return }
        redactor.learn(values: Redactor.secretValues(inLogIn: bytes))
    }

    /// Writes a file in the place of whatever is there; no link is followed.
    private static func write(
        _ path: String, _ bytes: [UInt8], in home: borrowing Folder
    ) throws -> Folder {
        let names = path.split(separator: "/").map(String.init)
        let last = names.last ?? ""
        let folder = try folder(Array(names.dropLast()), in: home)
        if folder.kind(last) == .folder { try folder.remove(last) }
        try folder.replace(last, bytes, mode: 0o600)
        return folder
    }

    /// Opens a chain of folders, made anew where something else has their name.
    private static func folder(
        _ names: [String], in parent: borrowing Folder
    ) throws -> Folder {
        guard let first = names.first else { return try parent.opening([]) }
        if parent.kind(first) != .folder { try parent.remove(first) }
        let next = try parent.making(first, mode: 0o700)
        return try folder(Array(names.dropFirst()), in: next)
    }

    /// What a file holds that the user chose; `nil` if it is not there.
    static func contents(_ path: String) -> [UInt8]? {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return JobFiles.contents(of: file, limit: limit)
    }
}
