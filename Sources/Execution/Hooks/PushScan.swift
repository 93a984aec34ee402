public import GitStore
public import Model

/// Looks for secrets in what a push adds: lines, names, messages of commits and tags, people.
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
        /// The commit, or what else is pushed.
        public let object: ObjectID
        /// Where in it.
        public let place: Place

        /// The file, if it is in one that has a name.
        public var path: String? {
            switch place {
            case .file(let path), .loose(_, path: let path?): path
            default: nil
            }
        }
    }

    /// Where a secret is.
    public enum Place: Hashable, Sendable {
        /// A file of a commit.
        case file(String)
        /// The message of a commit.
        case message
        /// Who wrote or made a commit.
        case person
        /// The tag that is pushed to that reference: its message, or who made it.
        case tag(String)
        /// The reference's own name.
        case name(String)
        /// What is pushed to that reference without a commit: a file, or a folder with that file.
        case loose(String, path: String?)
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
            for reference in push.work {
                guard let kind = secret(in: Array(reference.remote.utf8)) else { continue }
                result.findings.append(
                    Finding(kind: kind, object: reference.new, place: .name(reference.remote)))
            }
            // Branches hold commits only.
            let others = push.work.filter { !$0.remote.utf8.starts(with: "refs/heads/".utf8) }
            try look(atObjectsOf: others.map { Pushed(reference: $0.remote, id: $0.new) }, &result)
            if !push.work.isEmpty { try look(atCommitsOf: push, &result) }
        } catch {
            result.omissions.append("cannot look for secrets in all that is pushed: \(error)")
        }
        return result
    }

    /// What a text holds, be its characters of one byte or of two.
    private func secret(in bytes: [UInt8]) -> Redactor.Kind? {
        if let finding = redactor.finds(in: bytes).first { return finding.kind }
        let wide = WideText(bytes).narrow
        return wide.isEmpty ? nil : redactor.finds(in: wide).first?.kind
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
            guard let kind = secret(in: patch.added) else { return }
            let place = patch.path.map(Place.file) ?? (patch.isPerson ? .person : .message)
            let finding = Finding(kind: kind, object: patch.commit, place: place)
            // Author and committer are one person more often than not.
            if result.findings.last != finding { result.findings.append(finding) }
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

    /// Every setting that would change the words of a patch is overruled.
    private static let patch = [
        "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--no-relative",
        "--submodule=short", "--src-prefix=a/", "--dst-prefix=b/", "--patch", "--unified=0",
        "--text",
    ]

    /// One git that walks and compares.
    private func options(_ remote: String) -> [String] {
        let settings = ["core.quotePath=false", "log.showRoot=true", "log.showSignature=false"]
        let person = PatchReader.person
        var options =
            settings.flatMap { ["-c", $0] } + [
                "log", "--stdin", "--ignore-missing", "--no-decorate", "--no-notes",
                "--no-mailmap", "--root", "--cc",
                "--format=commit %H%n\(person)%an <%ae>%n\(person)%cn <%ce>%n%w(0,1,1)%B",
            ] + Self.patch
        // A name with signs of a pattern would leave out what other remotes have.
        let isName = !remote.isEmpty && !remote.contains { "*?[\\:".contains($0) }
        if isName { options += ["--not", "--remotes=\(remote)"] }
        return options
    }

    private struct Enough: Error {}
}

// MARK: - What is no commit

extension PushScan {
    /// The most tags of tags that are followed.
    private static let depth = 10

    /// The most bytes of tags and files that git is asked for at once.
    private static let batch = 32 << 20

    /// An object that goes to a reference.
    private struct Pushed {
        let reference: String
        let id: ObjectID
    }

    /// Looks at the tags that are pushed, and at what is pushed without a commit.
    private func look(atObjectsOf pushed: [Pushed], _ result: inout Result) throws {
        var pushed = pushed
        for _ in 0..<Self.depth where !pushed.isEmpty {
            let found = try ask("--batch-check", pushed).split(separator: 10)
            var (wanted, bytes): ([Pushed], Int) = ([], 0)
            for (object, line) in zip(pushed, found) {
                let words = line.split(separator: 32).map { String(decoding: $0, as: UTF8.self) }
                guard words.count == 3, let size = Int(words[2]), words[1] != "commit" else {
                    continue
                }
                if words[1] == "tree" {
                    try look(atTree: object, &result)
                } else if size <= fileLimit, bytes + size <= Self.batch {
                    wanted.append(object)
                    bytes += size
                } else {
                    omit(object.id, &result)
                }
            }
            pushed = wanted.isEmpty ? [] : try look(at: wanted, &result)
        }
    }

    private func omit(_ id: ObjectID, _ result: inout Result) {
        result.omissions.append("\(id.short) is too large to be searched for secrets")
    }

    private func ask(_ how: String, _ objects: [Pushed]) throws -> [UInt8] {
        let ids = objects.map { "\($0.id)\n" }.joined()
        return try history.git.run(
            ["cat-file", how], in: history.directory, input: Array(ids.utf8)
        ).bytes
    }

    /// Looks at tags and files; returns what the tags point to, unless it is a commit.
    private func look(at objects: [Pushed], _ result: inout Result) throws -> [Pushed] {
        var rest = try ask("--batch", objects)[...]
        var next: [Pushed] = []
        for object in objects {
            guard let end = rest.firstIndex(of: 10) else { break }
            let words = rest[..<end].split(separator: 32).map {
                String(decoding: $0, as: UTF8.self)
            }
            guard words.count == 3, let size = Int(words[2]) else { break }
            let content = rest.dropFirst(end + 1 - rest.startIndex).prefix(size)
            rest = rest.dropFirst(end + 1 - rest.startIndex + size + 1)
            let isTag = words[1] == "tag"
            if let kind = secret(in: Array(content)) {
                let name = object.reference
                let place: Place = isTag ? .tag(name) : .loose(name, path: nil)
                result.findings.append(Finding(kind: kind, object: object.id, place: place))
            }
            let lines = content.split(separator: 10, maxSplits: 2)
            guard isTag, lines.count > 1, !lines[1].elementsEqual("type commit".utf8),
                let tagged = ObjectID(hex: String(decoding: lines[0].dropFirst(7), as: UTF8.self))
            else { continue }
            next.append(Pushed(reference: object.reference, id: tagged))
        }
        return next
    }

    /// Looks at the files of a folder as a patch that adds them all.
    private func look(atTree tree: Pushed, _ result: inout Result) throws {
        let id = tree.id
        var reader = PatchReader(fileLimit: fileLimit)
        var bytes = 0
        func take(_ patch: PatchReader.Patch) {
            if patch.isCut {
                result.omissions.append(
                    "'\(patch.path ?? "")' in \(id.short) is too large to be searched for secrets")
            }
            guard let kind = secret(in: patch.added) else { return }
            let place = Place.loose(tree.reference, path: patch.path)
            result.findings.append(Finding(kind: kind, object: id, place: place))
        }
        do {
            try history.git.stream(
                ["-c", "core.quotePath=false", "diff-tree", "-r"] + Self.patch + [
                    "\(ObjectID.emptyTree)", "\(id)",
                ], in: history.directory, input: []
            ) { piece in
                bytes += piece.count
                reader.feed(piece, take)
                guard bytes <= byteLimit else { throw Enough() }
            }
        } catch is Enough {
            omit(id, &result)
        }
        reader.finish(take)
    }
}

extension ObjectID {
    /// The first digits, as messages name a commit.
    public var short: String { String(description.prefix(8)) }
}
