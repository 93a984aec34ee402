public import GitStore
public import Model

/// Looks for secrets in what a push adds: lines, names of files, messages of commits and tags.
public struct PushScan: Sendable {
    /// What was found, and what was not looked at.
    public struct Result: Hashable, Sendable {
        /// The secrets, in the order of the commits, newest first.
        public var findings: [Finding] = []
        /// What was left out, in words.
        public var omissions: [String] = []
    }

    /// A secret: what kind, and where; never the secret itself.
    public struct Finding: Hashable, Sendable {
        /// What it was recognised by.
        public let kind: Redactor.Kind
        /// The commit or tag.
        public let object: ObjectID
        /// The file; `nil` if it is in the message.
        public let path: String?
    }

    /// The most commits that are looked at.
    public var commitLimit = 10_000
    /// The most bytes of patches that are looked at.
    public var byteLimit = 256 << 20
    /// The most bytes that a commit may add to one file.
    public var fileLimit = 4 << 20
    /// How long it may take.
    public var timeLimit = Duration.seconds(20)

    private let history: PushHistory
    private let redactor: Redactor

    /// Prepares to look.
    ///
    /// - Parameters:
    ///   - commonDirectory: Where the repository's objects and references are.
    ///   - environment: What git is run with.
    ///   - redactor: Knows secrets when it sees them.
    public init(
        _ commonDirectory: String, environment: [String: String], redactor: Redactor
    ) {
        history = PushHistory(commonDirectory, environment: environment)
        self.redactor = redactor
    }

    /// Looks at the commits that the remote was not seen to have, and at the tags.
    ///
    /// What goes wrong is among what was left out, and takes nothing away from what was found.
    public func look(at push: Push) -> Result {
        var result = Result()
        do {
            for reference in push.work
            where reference.remote.utf8.starts(with: "refs/tags/".utf8) {
                try look(atTag: reference.new, &result)
            }
            if !push.work.isEmpty { try look(atCommitsOf: push, &result) }
        } catch {
            result.omissions.append("cannot look for secrets in all that is pushed: \(error)")
        }
        return result
    }

    private func look(atTag id: ObjectID, _ result: inout Result) throws {
        let tag = try history.git.run(
            ["cat-file", "tag", "\(id)"], in: history.directory, allowed: [0, 128])
        guard tag.status == 0 else { return }
        result.findings += redactor.finds(in: tag.bytes).prefix(1).map {
            Finding(kind: $0.kind, object: id, path: nil)
        }
    }

    private func look(atCommitsOf push: Push, _ result: inout Result) throws {
        var reader = PatchReader(fileLimit: fileLimit)
        let deadline = ContinuousClock.now + timeLimit
        var bytes = 0
        func take(_ patch: PatchReader.Patch) {
            if patch.isCut {
                result.omissions.append(
                    "'\(patch.path ?? "")' in commit \(patch.commit.short) is too large to be "
                        + "searched for secrets")
            }
            guard let finding = redactor.finds(in: patch.added).first else { return }
            result.findings.append(
                Finding(kind: finding.kind, object: patch.commit, path: patch.path))
        }
        do {
            try history.git.stream(
                options(push.remote), in: history.directory,
                input: PushHistory.range(push.work.map(\.new), without: push.work.map(\.old))
            ) { piece in
                bytes += piece.count
                reader.feed(piece, take)
                guard bytes <= byteLimit, reader.commits <= commitLimit,
                    ContinuousClock.now < deadline
                else { throw Enough() }
            }
            reader.finish(take)
        } catch is Enough {
            reader.finish(take)
            result.omissions.append(
                "what is pushed is too much to be searched for secrets; what is older than commit "
                    + "\(reader.commit.short) was not")
        }
    }

    /// One git that walks and compares; every setting that would change its words is overruled.
    private func options(_ remote: String) -> [String] {
        let settings = ["core.quotePath=false", "log.showRoot=true", "log.showSignature=false"]
        var options =
            settings.flatMap { ["-c", $0] } + [
                "log", "--stdin", "--ignore-missing", "--no-decorate", "--no-notes",
                "--no-mailmap", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames",
                "--no-relative", "--submodule=short", "--src-prefix=a/", "--dst-prefix=b/",
                "--root", "--patch", "--cc", "--unified=0", "--text",
                "--format=commit %H%n%w(0,1,1)%B",
            ]
        // A name with signs of a pattern would leave out what other remotes have.
        let isName = !remote.isEmpty && !remote.contains { "*?[\\:".contains($0) }
        if isName { options += ["--not", "--remotes=\(remote)"] }
        return options
    }

    private struct Enough: Error {}
}

extension ObjectID {
    /// The first digits, as messages name a commit.
    public var short: String { String(description.prefix(8)) }
}

/// Cuts a stream of commits and patches without context into what each adds to each file.
struct PatchReader {
    /// What a commit adds to a file, or its message.
    struct Patch {
        let commit: ObjectID
        /// `nil` for the message.
        let path: String?
        var added: [UInt8]
        /// Whether there was more than is looked at.
        var isCut: Bool
    }

    private let fileLimit: Int
    private var line: [UInt8] = []
    private var added: [UInt8] = []
    private var isCut = false
    private var path: String?
    private var place = Place.message
    /// The commit that is being read.
    private(set) var commit = ObjectID.zero
    /// How many there were.
    private(set) var commits = 0

    private enum Place: Equatable {
        case message
        case header
        /// Lines, each behind that many columns of signs.
        case lines(columns: Int)
    }

    init(fileLimit: Int) { self.fileLimit = fileLimit }

    /// Reads on; gives every part that is complete.
    mutating func feed(_ bytes: ArraySlice<UInt8>, _ take: (Patch) -> Void) {
        var start = bytes.startIndex
        while let end = bytes[start...].firstIndex(of: 10) {
            append(bytes[start..<end])
            read(take)
            line.removeAll(keepingCapacity: true)
            start = end + 1
        }
        append(bytes[start...])
    }

    /// Gives what is left.
    mutating func finish(_ take: (Patch) -> Void) {
        if !line.isEmpty { read(take) }
        line = []
        close(take)
    }

    /// Keeps the beginning of a line, however long it is.
    private mutating func append(_ bytes: ArraySlice<UInt8>) {
        line += bytes.prefix(max(0, fileLimit + 1 - line.count))
    }

    private mutating func close(_ take: (Patch) -> Void) {
        if !added.isEmpty || isCut {
            take(Patch(commit: commit, path: path, added: added, isCut: isCut))
        }
        added.removeAll(keepingCapacity: true)
        isCut = false
    }

    private mutating func read(_ take: (Patch) -> Void) {
        if line.starts(with: "commit ".utf8) {
            close(take)
            commit = ObjectID(hex: String(decoding: line.dropFirst(7), as: UTF8.self)) ?? commit
            commits += 1
            (path, place) = (nil, .message)
        } else if line.starts(with: "diff --".utf8) {
            close(take)
            path = Self.name(in: line)
            place = .header
            keep(line[...])
        } else if line.starts(with: "@@".utf8) {
            place = .lines(columns: line.prefix { $0 == UInt8(ascii: "@") }.count - 1)
        } else {
            readContent()
        }
    }

    private mutating func readContent() {
        switch place {
        case .message: keep(line.dropFirst())
        case .header:
            guard line.starts(with: "+++ b/".utf8) else { return }
            path = String(decoding: line.dropFirst(6).prefix { $0 != 9 }, as: UTF8.self)
        case .lines(let columns):
            let signs = line.prefix(columns)
            guard signs.contains(UInt8(ascii: "+")), !signs.contains(UInt8(ascii: "-")) else {
                return
            }
            keep(line.dropFirst(columns))
        }
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>) {
        guard added.count + bytes.count < fileLimit else {
            isCut = true
            return
        }
        added += bytes
        added.append(10)
    }

    /// The name in the first line of a patch, until a better one comes.
    private static func name(in line: [UInt8]) -> String {
        let text = String(decoding: line, as: UTF8.self)
        for prefix in ["diff --cc ", "diff --combined "] where text.hasPrefix(prefix) {
            return String(text.dropFirst(prefix.count))
        }
        return text.split(separator: " b/", maxSplits: 1).last.map(String.init) ?? text
    }
}
