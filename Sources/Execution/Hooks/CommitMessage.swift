internal import FoundationEssentials
public import GitStore

/// The file in which git keeps the message of a commit that is being made.
public struct CommitMessage {
    /// The trailer that says which ticket a commit is of.
    public static let trailer = "Draft-Ticket"

    private let path: String
    private let repository: Repository
    private let environment: [String: String]

    /// Looks at a file, by its absolute path.
    public init(_ path: String, in repository: Repository, environment: [String: String]) {
        self.path = path
        self.repository = repository
        self.environment = environment
    }

    /// Adds the trailer of a ticket, unless it is there or the message is not a person's.
    ///
    /// Left alone are an empty message, by which a person calls the commit off, merges, and
    /// what `git rebase --autosquash` will melt into another commit.
    ///
    /// - Throws: ``ExecutionError`` if git cannot do that.
    public func add(ticket: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ExecutionError(.system, "read '\(path)'", reason: "there is no such file")
        }
        let merging = "\(repository.gitDirectory)/MERGE_HEAD"
        guard !FileManager.default.fileExists(atPath: merging) else { return }
        let words = content(of: Array(data))
        guard let first = words.first, words != templateWords else { return }
        let melting = ["fixup! ", "squash! ", "amend! "]
        guard !melting.contains(where: { first.starts(with: $0.utf8) }) else { return }
        try write(ticket, Array(data))
    }

    /// Adds the trailer above the comments that git will take out, else below all that is kept.
    private func write(_ ticket: String, _ bytes: [UInt8]) throws {
        let git = GitProgram(environment: environment)
        let directory = repository.workDirectory ?? repository.gitDirectory
        let command = [
            "interpret-trailers", "--if-exists", "addIfDifferent", "--if-missing", "add",
            "--where", "end", "--no-divider", "--trailer", "\(Self.trailer): \(ticket)",
        ]
        guard keepsComments(bytes) else {
            _ = try git.run(command + ["--in-place", "--", path], in: directory)
            return
        }
        // To git a comment at the end is no part of the message, unless it is marked otherwise.
        let end = cut(bytes)
        let added = try git.run(
            ["-c", "core.commentChar=\u{1}"] + command, in: directory,
            input: Array(bytes[..<end]))
        let message = added.bytes + bytes[end...]
        guard message != bytes else { return }
        do {
            try Data(message).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw ExecutionError(.system, "write '\(path)'", reason: "\(error)")
        }
    }

    /// Whether lines that begin like comments are part of the message.
    ///
    /// Unless told otherwise git takes them out of what came from an editor only. It tells
    /// hooks by `GIT_EDITOR=:` that there was none; a person may have set that, too, and has
    /// git's own comments at the end then. What `--cleanup` says no hook is told.
    private func keepsComments(_ bytes: [UInt8]) -> Bool {
        switch repository.configuration.string("commit.cleanup") {
        case "verbatim", "whitespace", "scissors": true
        case "strip": false
        default: environment["GIT_EDITOR"] == ":" && !endsWithGitsComments(bytes)
        }
    }

    /// Whether the last lines are comments as git writes them: several, an empty one among them.
    private func endsWithGitsComments(_ bytes: [UInt8]) -> Bool {
        let lines = bytes.split(separator: 10).reversed().drop { !$0.contains { $0 > 32 } }
        let comments = lines.prefix { $0.first == comment }
        return comments.count > 1 && comments.contains { $0.count == 1 }
    }

    /// Where the line begins below which git cuts everything off; the end if there is none.
    private func cut(_ bytes: [UInt8]) -> Int {
        let line = [comment, 32] + Array(Self.scissors.utf8) + [10]
        if bytes.starts(with: line) { return 0 }
        return bytes.firstRange(of: [10] + line).map { $0.lowerBound + 1 } ?? bytes.count
    }

    private static let scissors = "------------------------ >8 ------------------------"

    private var comment: UInt8 {
        let setting = repository.configuration.string("core.commentChar") ?? "#"
        return setting == "auto" ? UInt8(ascii: "#") : setting.utf8.first ?? 35
    }

    /// What a person wrote: the lines that are neither blank nor a comment nor cut off.
    private func content(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        let comment = comment
        var lines: [ArraySlice<UInt8>] = []
        for line in bytes.split(separator: 10) {
            if line.first == comment {
                if line.dropFirst(2).starts(with: Self.scissors.utf8) { break }
            } else if line.contains(where: { $0 > 32 }) {
                lines.append(line)
            }
        }
        return lines
    }

    /// The words of `commit.template`: to leave them as they are calls the commit off, too.
    private var templateWords: [ArraySlice<UInt8>]? {
        guard let setting = repository.configuration.string("commit.template") else { return nil }
        var path = setting
        if path.hasPrefix("~/") { path = (environment["HOME"] ?? "") + path.dropFirst() }
        if path.utf8.first != UInt8(ascii: "/") {
            path = "\(repository.workDirectory ?? "")/\(path)"
        }
        return FileManager.default.contents(atPath: path).map { content(of: Array($0)) }
    }
}
