internal import GitStore
internal import Model

/// Looks for secrets in what commits add: lines, names of files, and messages.
struct SecretScan {
    let repository: Repository
    let environment: [String: String]
    let redactor: Redactor

    init(_ context: JobContext) {
        repository = context.repository
        environment = context.environment
        redactor = context.redactor
    }

    /// What was found: the kind of secret, and the file that it is in.
    ///
    /// - Parameters:
    ///   - commit: The commit whose history is looked at, commit by commit: what one adds and
    ///     the next removes again is in the history all the same.
    ///   - known: A commit whose history is not looked at.
    /// - Returns: One line for each, sorted; empty if there is none.
    /// - Throws: ``ExecutionError`` if git cannot tell.
    func findings(in commit: ObjectID, since known: ObjectID?) throws -> [String] {
        guard commit != known else { return [] }
        let commits: [UInt8]
        if let line = line(to: commit, since: known) {
            commits = Array(line.map { "\($0)\n" }.joined().utf8)
        } else {
            let range = ["\(commit)"] + (known.map { ["^\($0)"] } ?? [])
            commits = try git(["rev-list"] + range).bytes
        }
        do {
            let patches = try git(
                [
                    "diff-tree", "--stdin", "--root", "-r", "--cc", "-U0", "--text",
                    "--no-ext-diff", "--no-textconv", "--no-renames", "--format=%w(0,1,1)%B",
                ], input: commits)
            return findings(in: patches.bytes)
        } catch let error as ExecutionError
            where [.outputLimit, .memory].contains(error.code)
            || error.reason.contains("unable to generate diff")
        {
            return ["too much was added to look for secrets in it"]
        }
    }

    /// The few commits that lead from one to another, without any merge.
    ///
    /// Git need not look for these.
    ///
    /// - Returns: The latest first; `nil` if there are many, or others.
    private func line(to commit: ObjectID, since known: ObjectID?) -> [ObjectID]? {
        var line: [ObjectID] = []
        var next = commit
        while next != known {
            guard known != nil, line.count < 50, let found = try? repository.readCommit(next),
                found.parents.count == 1
            else { return nil }
            line.append(next)
            next = found.parents[0]
        }
        return line
    }

    /// The nearest commit in the history of another whose own history holds no secret.
    func clean(_ commit: ObjectID, since base: ObjectID) throws -> ObjectID {
        var candidate = commit
        while candidate != base, try !findings(in: candidate, since: base).isEmpty {
            candidate = try repository.readCommit(candidate).parents.first ?? base
        }
        return candidate
    }

    /// Finds secrets in patches without context, whose messages are indented by a blank.
    private func findings(in patches: [UInt8]) -> [String] {
        var found: Set<String> = []
        var path = ""
        var added: [UInt8] = []
        func look() {
            for finding in redactor.finds(in: added) + redactor.finds(in: WideText(added).narrow) {
                found.insert(path.isEmpty ? finding.kind.rawValue : "\(finding.kind) in \(path)")
            }
            added = []
        }
        for line in patches.split(separator: 10, omittingEmptySubsequences: false) {
            if line.starts(with: "diff --".utf8) {
                look()
                path = ""
            } else if line.starts(with: "+++ ".utf8) {
                path = redactor.redact(String(decoding: line.dropFirst(4), as: UTF8.self))
                if path.hasPrefix("b/") { path = String(path.dropFirst(2)) }
            }
            guard line.first != UInt8(ascii: "-"), line.first != UInt8(ascii: "@") else { continue }
            added += line.dropFirst() + [10]
        }
        look()
        return found.sorted()
    }

    /// Git on the repository's objects, with nobody's settings.
    private func git(_ arguments: [String], input: [UInt8]? = nil) throws -> GitOutput {
        let control = GitProgram.Control(
            gitDirectory: repository.commonDirectory, workTree: nil,
            home: "\(repository.commonDirectory)/draft/none")
        return try GitProgram(environment: environment, profile: .control(control)).run(
            arguments, in: repository.commonDirectory, input: input)
    }
}
