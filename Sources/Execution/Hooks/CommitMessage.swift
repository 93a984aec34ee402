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
        _ = try GitProgram(environment: environment).run(
            [
                "interpret-trailers", "--in-place", "--if-exists", "addIfDifferent",
                "--if-missing", "add", "--where", "end", "--no-divider", "--trailer",
                "\(Self.trailer): \(ticket)", "--", path,
            ], in: repository.workDirectory ?? repository.gitDirectory)
    }

    /// What a person wrote: the lines that are neither blank nor a comment nor cut off.
    private func content(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        let setting = repository.configuration.string("core.commentChar") ?? "#"
        let comment = setting == "auto" ? UInt8(ascii: "#") : setting.utf8.first ?? 35
        let scissors = "------------------------ >8 ------------------------"
        var lines: [ArraySlice<UInt8>] = []
        for line in bytes.split(separator: 10) {
            if line.first == comment {
                if line.dropFirst(2).starts(with: scissors.utf8) { break }
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
