public import GitStore
internal import Synchronization

extension Workspace {
    /// Makes the agent's git directory anew, and the file that leads to it.
    ///
    /// It holds the ticket's branch, the base branch, the tags that the base
    /// has, and the acting person's name; nothing else of the user's.
    ///
    /// - Parameter head: What the ticket's branch points at; the files are as it says.
    /// - Throws: ``WorkspaceError`` if something is in the way that would be lost.
    public func renewAgentGit(head: ObjectID) throws {
        let job = try jobFolder()
        if job.kind("agent.git") == .folder, !origin.isCheckoutOnly,
            !state.withLock({ $0.isHarvested })
        {
            let harvest = harvest(previous: head)
            let left = harvest.strays + [harvest.parent].compactMap(\.self)
            try store(nil, beside: left, previous: head, rescuer)
        }
        try job.remove("agent.git")
        let agent = try job.making("agent.git")
        let person =
            "[user]\n\tname = \(PrivateGit.quoted(origin.name))\n"
            + "\temail = \(PrivateGit.quoted(origin.email))\n"
        try layout.lay(in: agent, head: origin.branch, settings: person)
        try agent.replace("packed-refs", Array(try references(head: head).utf8))
        try layIndex(of: head, in: agent)
        try link()
        state.withLock { $0.isHarvested = false }
    }

    /// Puts the file in place that leads to the agent's git directory.
    func link() throws {
        let work = try folder()
        if work.kind(".git") == .folder {
            let job = try jobFolder()
            guard work.moveAside(".git".utf8, to: job, as: "displaced.git") != nil else {
                throw WorkspaceError(
                    .occupied, "make '\(path)/.git'", reason: "there is a directory in its place")
            }
        }
        try work.replace(".git", Array("gitdir: \(files.agentGit)\n".utf8))
    }

    private func references(head: ObjectID) throws -> String {
        var lines = ["\(origin.branch)": "\(head)"]
        if origin.baseBranch != origin.branch { lines[origin.baseBranch] = "\(origin.baseCommit)" }
        let order = lines.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        let heads = order.map { "\($0.value) \($0.key)\n" }.joined()
        return try "# pack-refs with: peeled fully-peeled sorted \n" + heads + tags()
    }

    /// The tags that can be reached from the base, as `packed-refs` lists them.
    func tags() throws -> String {
        if let known = state.withLock({ $0.tags }) { return known }
        var text = ""
        if try !origin.repository.references(under: "refs/tags/").isEmpty {
            text = try user([
                "for-each-ref", "--merged=\(origin.baseCommit)",
                "--format=%(objectname) %(refname)%(if)%(*objectname)%(then)%0a^%(*objectname)%(end)",
                "refs/tags",
            ]).text
            if !text.isEmpty { text += "\n" }
        }
        state.withLock { $0.tags = text }
        return text
    }

    private func layIndex(of head: ObjectID, in agent: borrowing Folder) throws {
        let wanted = try tree(of: head)
        if state.withLock({ $0.tree }) == wanted {
            let control = try jobFolder().folder("control.git".utf8)
            guard let index = try control.read("index", limit: 1 << 30) else {
                throw WorkspaceError(
                    .system, "read '\(files.controlGit)/index'", reason: "it is gone")
            }
            return try agent.replace("index", index)
        }
        let variable = ["GIT_INDEX_FILE": "\(files.agentGit)/index"]
        _ = try control(["read-tree", "\(wanted)"], environment: variable)
        _ = try control(
            ["update-index", "-q", "--refresh"], environment: variable, allowed: [0, 1])
    }
}
