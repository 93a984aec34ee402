extension Repository {
    /// Writes a commit and returns its name; no reference moves.
    ///
    /// - Parameters:
    ///   - tree: The state that it records.
    ///   - parents: What it follows, in order.
    ///   - author: Who made the change.
    ///   - committer: Who makes the commit.
    ///   - message: The text; a final newline is added if there is none.
    ///   - journal: Where to remember it until it is acknowledged.
    /// - Returns: Its name.
    /// - Throws: ``GitError`` with code ``GitError/Code/notFound`` if the tree or a parent
    ///   does not exist.
    public func writeCommit(
        tree: ObjectID, parents: [ObjectID], author: Signature, committer: Signature,
        message: String, journal: WriteJournal? = nil
    ) throws(GitError) -> ObjectID {
        guard !message.utf8.contains(0) else {
            throw GitError(.invalid, "a NUL byte in a commit message is not allowed")
        }
        if tree == .emptyTree { _ = try write(.tree, [], journal: journal) }
        for id in [tree] + parents where !contains(id) {
            throw GitError(
                code: .notFound, action: "write a commit", reason: "object \(id) is missing")
        }
        var text = "tree \(tree)\n"
        for parent in parents { text += "parent \(parent)\n" }
        text += "author \(try CommitFormat.line(author))\n"
        text += "committer \(try CommitFormat.line(committer))\n\n"
        text += message
        if message.utf8.last != 10 { text += "\n" }
        return try write(.commit, Array(text.utf8), journal: journal)
    }

    /// Returns a commit.
    public func readCommit(_ id: ObjectID) throws(GitError) -> Commit {
        let bytes = try read(.commit, id)
        guard let commit = CommitFormat.decode(bytes, id: id) else {
            throw GitError(.corrupt, "commit \(id) is malformed")
        }
        return commit
    }
}

// MARK: - The stored form

/// Reads and writes the stored form of a commit.
enum CommitFormat {
    /// Writes a person as git does: without the bytes that would end the line too early.
    static func line(_ signature: Signature) throws(GitError) -> String {
        let name = clean(signature.name)
        guard !name.isEmpty else {
            throw GitError(.invalid, "empty ident name (for <\(signature.email)>) not allowed")
        }
        let minutes = abs(signature.offset) % (24 * 60)
        let zone = [minutes / 60, minutes % 60].map { ($0 < 10 ? "0" : "") + String($0) }.joined()
        let sign = signature.offset < 0 ? "-" : "+"
        return "\(name) <\(clean(signature.email))> \(max(0, signature.seconds)) \(sign)\(zone)"
    }

    private static func clean(_ text: String) -> String {
        let crud = Set(".,:;<>\"\\'".utf8)
        let isCrud: (UInt8) -> Bool = { $0 <= 32 || crud.contains($0) }
        guard let first = text.utf8.firstIndex(where: { !isCrud($0) }),
            let last = text.utf8.lastIndex(where: { !isCrud($0) })
        else { return "" }
        let kept = text.utf8[first...last].filter { ![0, 10, 60, 62].contains($0) }
        return String(decoding: kept, as: UTF8.self)
    }

    static func decode(_ bytes: [UInt8], id: ObjectID) -> Commit? {
        var tree: ObjectID?
        var parents: [ObjectID] = []
        var author: Signature?
        var committer: Signature?
        var signature: [ArraySlice<UInt8>] = []
        var isInSignature = false
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 10), end > rest.startIndex {
            let line = rest[..<end]
            rest = rest[(end + 1)...]
            if line.first == 32 {
                if isInSignature { signature.append(line.dropFirst()) }
                continue
            }
            guard let space = line.firstIndex(of: 32) else { return nil }
            let value = line[(space + 1)...]
            isInSignature = false
            switch String(decoding: line[..<space], as: UTF8.self) {
            case "tree": tree = ObjectID(digits: value)
            case "parent":
                guard let parent = ObjectID(digits: value) else { return nil }
                parents.append(parent)
            case "author": author = person(value)
            case "committer": committer = person(value)
            case "gpgsig":
                isInSignature = true
                signature.append(value)
            default: break
            }
        }
        guard let tree, let author, let committer else { return nil }
        let message = rest.first == 10 ? rest.dropFirst() : rest
        return Commit(
            id: id, tree: tree, parents: parents, author: author, committer: committer,
            message: String(decoding: message, as: UTF8.self),
            signature: signature.isEmpty
                ? nil : String(decoding: Array(signature.joined(separator: [10])), as: UTF8.self))
    }

    private static func person(_ line: ArraySlice<UInt8>) -> Signature? {
        guard let close = line.lastIndex(of: UInt8(ascii: ">")),
            let open = line[..<close].firstIndex(of: UInt8(ascii: "<"))
        else { return nil }
        let name = String(decoding: line[..<open], as: UTF8.self)
        let email = String(decoding: line[(open + 1)..<close], as: UTF8.self)
        let words = line[(close + 1)...].split(separator: 32)
            .map { String(decoding: $0, as: UTF8.self) }
        let seconds = words.first.flatMap(Int64.init) ?? 0
        let zone = words.count > 1 ? Int(words[1]) ?? 0 : 0
        let minutes = zone.magnitude / 100 * 60 + zone.magnitude % 100
        return Signature(
            name: name.utf8.last == 32 ? String(name.dropLast()) : name, email: email,
            seconds: seconds, offset: (zone < 0 ? -1 : 1) * Int(clamping: minutes))
    }
}
