import Execution
import GitStore
import Model
import Porcelain

/// The branch that work starts from and lands on, and where it stands.
struct BaseBranch: Sendable, Equatable {
    /// The name, without `refs/heads/`.
    let name: String

    /// The commit that it stands at, here or where the remote was last seen.
    let tip: ObjectID

    /// The remote that was seen to have it there; `nil` if it is the branch here.
    var remote: String?

    /// What to call it: `main`, or `origin/main`.
    var place: String { remote.map { "\($0)/\(name)" } ?? name }
}

extension Session {
    /// The remote that the team shares: `origin`, else the current branch's, else the only one.
    func sharedRemote() throws -> Remote? {
        let remotes = repository.configuration.remotes().filter { !$0.urls.isEmpty }
        if let origin = remotes.first(where: { $0.name == "origin" }) { return origin }
        if let branch = try repository.headBranch(),
            let upstream = repository.configuration.upstream(of: branch),
            let remote = remotes.first(where: { $0.name == upstream.remote })
        {
            return remote
        }
        return remotes.count == 1 ? remotes[0] : nil
    }

    /// A branch of a name, here or as the remote was last seen; `nil` if there is none.
    func branch(_ name: String) throws -> BaseBranch? {
        if let tip = try repository.target(of: "refs/heads/\(name)") {
            return BaseBranch(name: name, tip: tip)
        }
        guard let remote = try sharedRemote() else { return nil }
        return try repository.target(of: "refs/remotes/\(remote.name)/\(name)").map {
            BaseBranch(name: name, tip: $0, remote: remote.name)
        }
    }

    /// Where a branch stands on the remote that it is pushed to, as that was last seen.
    func upstream(of branch: BaseBranch) throws -> BaseBranch? {
        let prefix = "refs/heads/"
        guard let upstream = repository.configuration.upstream(of: branch.name),
            upstream.remote != ".", upstream.ref.hasPrefix(prefix)
        else { return nil }
        let name = upstream.ref.dropFirst(prefix.count)
        return try repository.target(of: "refs/remotes/\(upstream.remote)/\(name)").map {
            BaseBranch(name: branch.name, tip: $0, remote: upstream.remote)
        }
    }

    /// A branch that must be there.
    ///
    /// - Throws: ``CommandError`` that names the nearest one.
    func requireBranch(_ name: String) throws -> BaseBranch {
        if let branch = try branch(name) { return branch }
        let names = try branchNames()
        throw CommandError(
            "there is no branch \(quoted(name))\(suggestion(for: name, among: names))",
            hint: "git branch --list --all")
    }

    /// The branches here and those that the remote was seen to have.
    private func branchNames() throws -> [String] {
        var names = try repository.branches().map { branch in
            branch.name.hasPrefix("refs/heads/") ? String(branch.name.dropFirst(11)) : branch.name
        }
        if let remote = try sharedRemote() {
            let prefix = "refs/remotes/\(remote.name)/"
            names += try repository.references(under: prefix).map {
                String($0.name.dropFirst(prefix.count))
            }
        }
        return names.filter { $0 != "HEAD" }
    }

    /// The base branch where nothing names one: main, master, the remote's HEAD, the current one.
    func detectedBaseBranch() throws -> BaseBranch {
        for name in ["main", "master"] {
            if let branch = try branch(name) { return branch }
        }
        let names = [try remoteHead(), try repository.headBranch()]
        for name in names.compactMap(\.self) {
            if let branch = try branch(name) { return branch }
        }
        throw CommandError(
            "no branch is checked out, and there is neither 'main' nor 'master'",
            hint: "git draft init --base BRANCH")
    }

    /// The branch that the remote's HEAD was seen to be.
    private func remoteHead() throws -> String? {
        guard let remote = try sharedRemote() else { return nil }
        let head = "refs/remotes/\(remote.name)/HEAD"
        let answer = try git(["symbolic-ref", "--quiet", head], allowed: [0, 1, 128])
        let prefix = "refs/remotes/\(remote.name)/"
        guard answer.status == 0, answer.text.hasPrefix(prefix) else { return nil }
        return String(answer.text.dropFirst(prefix.count))
    }

    /// Runs the user's git in the user's directory, with the user's rules.
    ///
    /// Nothing that it is asked needs to know which files changed, so nobody is told to look.
    func git(_ arguments: [String], allowed: Set<Int32> = [0]) throws -> GitOutput {
        var git = GitProgram(environment: context.environment)
        git.asksOnTerminal = context.terminal.inputIsTTY
        return try git.run(
            ["-c", "core.fsmonitor=false"] + arguments, in: context.directory, allowed: allowed)
    }
}
