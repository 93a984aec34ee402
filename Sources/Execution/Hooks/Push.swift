public import GitStore

/// One reference that is pushed, as git tells a hook.
public struct PushedReference: Hashable, Sendable {
    /// What it is called here: a reference, `HEAD`, or whatever was typed to name a commit.
    public let local: String
    /// What is pushed.
    public let new: ObjectID
    /// What it is called there.
    public let remote: String
    /// What is there now, as far as this clone was told; zero if nothing is.
    public let old: ObjectID

    /// Reads a line of standard input, without its end; `nil` if it is none of git's.
    ///
    /// Its last three words never hold a blank; what was typed may, such as `HEAD^{/a word}`.
    public init?(line: some Collection<UInt8>) {
        let words = line.split(separator: 0x20, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard words.count >= 4 else { return nil }
        let last = Array(words.suffix(3))
        guard let new = ObjectID(hex: last[0]), let old = ObjectID(hex: last[2]) else {
            return nil
        }
        (local, remote) = (words.dropLast(3).joined(separator: " "), last[1])
        (self.new, self.old) = (new, old)
    }

    /// Whether it is removed there.
    public var isDeletion: Bool { new.isZero }

    /// Whether it is one of the board's, in which no secret is ever stored.
    public var isBoards: Bool { remote.utf8.starts(with: "refs/draft/".utf8) }
}

/// What is pushed, and where to.
public struct Push: Sendable {
    /// The remote's name, or its address if it has none.
    public let remote: String
    /// What is pushed, without what is removed.
    public let references: [PushedReference]

    /// Creates a push of what git told the hook.
    public init(remote: String, references: [PushedReference]) {
        self.remote = remote
        self.references = references.filter { !$0.isDeletion }
    }

    /// Those that hold work, not the board.
    public var work: [PushedReference] { references.filter { !$0.isBoards } }

    /// Whether some of it goes to branches, of which some may be protected.
    public var goesToBranches: Bool {
        work.contains { $0.remote.utf8.starts(with: "refs/heads/".utf8) }
    }

    /// The board as it is pushed, if it is.
    public var board: ObjectID? {
        references.first { $0.remote.utf8.elementsEqual(Board.reference.utf8) }?.new
    }
}

/// Asks git about commits, with nobody's settings and without running anything else.
struct PushHistory {
    let directory: String
    let git: GitProgram

    init(_ commonDirectory: String, environment: [String: String]) {
        directory = commonDirectory
        let control = GitProgram.Control(
            gitDirectory: commonDirectory, workTree: nil, home: "\(commonDirectory)/draft/none")
        git = GitProgram(environment: environment, profile: .control(control))
    }

    /// Lists commits, newest first.
    ///
    /// - Parameters:
    ///   - new: The commits whose history is listed.
    ///   - known: Those whose history is not; they need not be here.
    ///   - options: Further options for `git rev-list`.
    /// - Returns: Their names.
    /// - Throws: ``ExecutionError`` if git cannot tell.
    func commits(
        _ new: [ObjectID], without known: [ObjectID], _ options: [String] = []
    ) throws -> [ObjectID] {
        let output = try git.run(
            ["rev-list", "--ignore-missing", "--stdin"] + options, in: directory,
            input: Self.range(new, without: known))
        return output.text.split(separator: "\n").compactMap { ObjectID(hex: $0) }
    }

    /// What `--stdin` takes.
    static func range(_ new: [ObjectID], without known: [ObjectID]) -> [UInt8] {
        let lines = new.map { "\($0)\n" } + known.filter { !$0.isZero }.map { "^\($0)\n" }
        return Array(lines.joined().utf8)
    }

    /// The options that find what says to be of a ticket.
    static let marks = ["--grep=^Draft-Ticket: ", "--grep=^snapshot [0-9]* of job "]
}

extension Push {
    /// Whether something in it could be work of a ticket, by what it says of itself.
    ///
    /// Needs no more than one look by git, so that an ordinary push is not held up. What it
    /// cannot say so quickly could be.
    ///
    /// - Parameters:
    ///   - folder: Where the repository is.
    ///   - environment: What git is run with.
    /// - Returns: `false` if nothing of it is.
    /// - Throws: ``ExecutionError`` if git cannot tell.
    public func mayHoldTickets(
        in folder: GitFolder, environment: [String: String]
    ) throws -> Bool {
        guard board == nil, work.count == 1 else { return true }
        let reference = work[0]
        let head = reference.local == "HEAD" ? folder.headReference ?? "" : reference.local
        let names = [head, reference.remote]
        let isTickets = names.contains { name in
            name.utf8.starts(with: "refs/heads/\(TicketBranch.takenPrefix)".utf8)
                || name.contains("/ticket/")
        }
        guard !reference.old.isZero, !isTickets else { return true }
        let history = PushHistory(folder.commonDirectory, environment: environment)
        let marked = try history.commits(
            [reference.new], without: [reference.old], PushHistory.marks + ["--max-count=1"])
        return !marked.isEmpty
    }
}
