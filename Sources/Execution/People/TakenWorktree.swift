internal import FoundationEssentials
internal import GitStore
internal import Glibc
internal import Model

/// The work tree of a person who took a ticket: an ordinary linked one.
///
/// The user's hooks and settings hold in it. How it is made and how it is read is ours, as it
/// is with an agent's directory: no filter and no hook runs, and no link is followed. The two
/// never have the same name, so that none is ever taken for the other.
struct TakenWorktree {
    let context: JobContext
    let ticket: Ticket
    let workspace: Workspace

    /// Where it was made, if the person has moved it since.
    private let origin: String?

    /// Whether it is being made, or its maker died: nobody has worked in it.
    let isHalfMade: Bool

    /// The directory.
    var path: String { workspace.path }

    /// The job that it was made for, or that took it over.
    var job: String { workspace.key }

    /// The full name of the branch on which a person works on a ticket.
    static func branch(of ticket: String) -> String { "refs/heads/take/\(ticket)" }

    /// The full name of its branch.
    var branch: String { Self.branch(of: ticket.id) }

    /// What the names of such directories begin with.
    static let prefix = "take-"

    /// Names a work tree; nothing is made.
    init(
        _ context: JobContext, _ ticket: Ticket, name: String, job: String, root: String,
        base: ObjectID = .zero, start: ObjectID = .zero, isHalfMade: Bool = false,
        madeAt place: String? = nil
    ) throws {
        self.origin = place
        var origin = try context.origin(
            base: base, start: start, branch: context.branch(of: ticket))
        origin.root = root
        self.context = context
        self.ticket = ticket
        self.isHalfMade = isHalfMade
        workspace = try Workspace(name: name, key: job, origin: origin)
    }

    /// The same one, for another job.
    func adopted(by job: String) throws -> TakenWorktree {
        try TakenWorktree(
            context, ticket, name: workspace.name, job: job, root: workspace.origin.root,
            madeAt: origin)
    }

    /// Where it was made.
    var madeAt: String { origin ?? path }

    /// Whether the person has moved it since it was made.
    var isMoved: Bool { origin != nil }

    /// The name of what says that it was made.
    var recordName: String { String(madeAt.split(separator: "/").last ?? "") }
}

// MARK: - Finding

extension TakenWorktree {
    /// The work trees that were made for a ticket, whether they are still there or not.
    static func all(of ticket: Ticket, _ context: JobContext) throws -> [TakenWorktree] {
        let common = context.repository.commonDirectory
        guard let places = try? Folder(trusted: common).opening(["draft", "places"]) else {
            return []
        }
        let plain = prefix + ticket.id
        let names = try places.names().map { String(decoding: $0, as: UTF8.self) }
            .filter { $0 == plain || $0.hasPrefix("\(plain)-") }.sorted()
        var found: [TakenWorktree] = try names.compactMap { name in
            let lines = (try places.read(name, limit: 1 << 16) ?? [])
                .split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
            guard lines.count >= 2, Workspace.isPlain(lines[0]), lines[1].hasSuffix("/\(name)")
            else { return nil }
            let worktree = try TakenWorktree(
                context, ticket, name: name, job: lines[0],
                root: String(lines[1].dropLast(name.count + 1)), isHalfMade: lines.count > 2)
            return worktree.isAnothers ? nil : worktree
        }
        for index in found.indices where !found[index].isPresent && !found[index].isHalfMade {
            let known = found.map(\.path)
            if let moved = try found[index].moved(but: known) { found[index] = moved }
        }
        return found
    }

    /// The same one where git has it now, if the person moved it.
    ///
    /// - Parameter known: The directories of others, and its own.
    /// - Returns: `nil` if git does not have it, either.
    /// - Throws: What the repository throws.
    private func moved(but known: [String]) throws -> TakenWorktree? {
        let folder = "\(context.repository.commonDirectory)/worktrees"
        let all = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        // Its own entry keeps its name; another may have the branch now.
        for entry in all.filter({ $0 == workspace.name }) + all.sorted() {
            let directory = "\(folder)/\(entry)"
            let head = JobFiles.contents("\(directory)/HEAD", limit: 1 << 16).map(Self.line)
            guard entry == workspace.name || head == "ref: \(branch)",
                let back = JobFiles.contents("\(directory)/gitdir", limit: 1 << 16)
            else { continue }
            let place = Self.resolved(Self.line(back), in: directory)
            guard place.hasSuffix("/.git"), let slash = place.dropLast(5).lastIndex(of: "/"),
                !known.contains(String(place.dropLast(5)))
            else { continue }
            let worktree = try TakenWorktree(
                context, ticket, name: String(place.dropLast(5)[slash...].dropFirst()), job: job,
                root: String(place[..<slash]), madeAt: path)
            if worktree.isPresent { return worktree }
        }
        return nil
    }

    /// The work tree of a job, if it was made here and is ready.
    static func of(_ job: Job, _ ticket: Ticket, _ context: JobContext) throws -> TakenWorktree? {
        try all(of: ticket, context).first { $0.job == job.id && !$0.isHalfMade }
    }

    /// Writes down for which job it is.
    func record(isHalfMade: Bool = false) throws {
        let places = try Workspace.draftFolder(context.repository).making("places", mode: 0o700)
        let mark = isHalfMade ? "half made\n" : ""
        try places.replace(
            recordName, Array("\(job)\n\(madeAt)\n\(mark)".utf8), mode: 0o600)
    }

    /// Where its `.git` file leads; `nil` if there is none.
    private var link: String? {
        guard let folder = try? workspace.folder(),
            let line = (try? folder.read(".git", limit: 1 << 16)) ?? nil
        else { return nil }
        let text = Self.line(line)
        guard text.hasPrefix("gitdir: ") else { return nil }
        return Self.resolved(String(text.dropFirst("gitdir: ".count)), in: path)
    }

    /// Whether it belongs to another repository, of which this one is a copy.
    private var isAnothers: Bool {
        guard let link, FileManager.default.fileExists(atPath: link) else { return false }
        return gitDirectory == nil
    }

    /// Its own git directory, within the repository's; `nil` if it is not there any more.
    var gitDirectory: String? {
        guard let link, let name = link.split(separator: "/").last, name != "..", name != "."
        else { return nil }
        let directory = "\(context.repository.commonDirectory)/worktrees/\(name)"
        guard Self.isSame(link, directory),
            let back = JobFiles.contents("\(directory)/gitdir", limit: 1 << 16),
            Self.isSame(Self.resolved(Self.line(back), in: directory), "\(path)/.git")
        else { return nil }
        return directory
    }

    /// Whether it is there, and still a work tree of the repository.
    var isPresent: Bool { gitDirectory != nil }

    /// A path that newer versions of git write as seen from where they write it.
    private static func resolved(_ place: String, in directory: String) -> String {
        place.hasPrefix("/") ? place : "\(directory)/\(place)"
    }

    /// The text of a file of one line.
    static func line(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix { $0 != 10 }, as: UTF8.self)
    }

    /// Whether two paths lead to the same file or directory.
    static func isSame(_ one: String, _ other: String) -> Bool {
        var first = stat()
        var second = stat()
        guard unsafe lstat(one, &first) == 0, unsafe lstat(other, &second) == 0 else {
            return false
        }
        return first.st_dev == second.st_dev && first.st_ino == second.st_ino
    }
}
