import Configuration
import FoundationEssentials
import GitStore
import Glibc
import Model
import Porcelain
import Synchronization

/// What `draft.yaml` says at one commit.
struct LoadedPolicy: Sendable {
    /// What it decides; the built-in values where there is no file.
    let policy: Policy

    /// The commit that it was read from.
    let commit: ObjectID

    /// The blob of the file, if there is one.
    let file: ObjectID?

    /// The keys in it that do nothing here.
    let warnings: [ConfigurationWarning]

    /// The line of it that names the base branch, if one does.
    var baseBranchLine: Int?
}

/// Reads `draft.yaml` where it counts: from the base commit, never from the checkout.
///
/// Every commit is read once, and every warning is said once.
final class PolicyLoader: Sendable {
    /// The name of the file.
    static let file = "draft.yaml"

    /// The processors of this machine, which tell how many jobs run at once.
    static var cores: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    private let session: Session
    private let known = Mutex<[ObjectID: LoadedPolicy]>([:])
    private let said = Mutex<Set<String>>([])

    /// Creates a loader for a command.
    init(_ session: Session) { self.session = session }

    /// The base branch: the board's, which all clones share.
    ///
    /// Where results are pushed it stands where the remote was last seen to have it. A new
    /// board takes what `draft.yaml` names, else git's `draft.baseBranch`, else what is found.
    ///
    /// - Throws: ``CommandError`` that names the nearest branch if it is not there, also where
    ///   `draft.yaml` names it, or if that names another one than the board.
    func base() throws -> BaseBranch {
        let recorded = try Self.recorded(session)
        let named = recorded ?? session.repository.configuration.string("draft.baseBranch")
        let found = try named.map { try session.requireBranch($0) }
        let first = try pushed(found ?? session.detectedBaseBranch())
        let loaded = try load(at: first.tip)
        guard let other = loaded.policy.baseBranch,
            !other.utf8.elementsEqual(first.name.utf8)
        else { return first }
        let meant = try branch(other, namedBy: loaded)
        guard recorded == nil else {
            throw CommandError(
                "\(Self.file) on '\(first.name)' says that results land on '\(other)'; the board "
                    + "says '\(first.name)'",
                hint: "git draft init --base \(other)")
        }
        return try pushed(meant)
    }

    /// What said which branch is the base: `board`, `draft.yaml`, `git config` or `built-in`.
    func baseOrigin() throws -> String {
        if try Self.recorded(session) != nil { return "board" }
        if try load(at: base().tip).policy.baseBranch != nil { return Self.file }
        let isSet = session.repository.configuration.string("draft.baseBranch") != nil
        return isSet ? "git config" : "built-in"
    }

    /// The branch that `draft.yaml` names.
    ///
    /// - Throws: ``CommandError`` with the line of the file and the nearest branch if there is none.
    private func branch(_ name: String, namedBy loaded: LoadedPolicy) throws -> BaseBranch {
        do {
            return try session.requireBranch(name)
        } catch let error as CommandError {
            let place = loaded.baseBranchLine.map { "\(Self.file):\($0)" } ?? Self.file
            throw CommandError("\(place): \(error)", status: error.status, hint: error.hint)
        }
    }

    /// The branch where the remote has it, if results are pushed there.
    private func pushed(_ branch: BaseBranch) throws -> BaseBranch {
        guard let upstream = try session.upstream(of: branch),
            try load(at: upstream.tip).policy.merge.push != false
        else { return branch }
        return upstream
    }

    /// The policy at the tip of the base branch, its warnings said.
    func current() throws -> (base: BaseBranch, policy: LoadedPolicy) {
        let base = try base()
        let loaded = try load(at: base.tip)
        warn(loaded, base)
        return (base, loaded)
    }

    /// The policy at a commit.
    ///
    /// - Throws: ``ConfigurationError`` with everything that is wrong with the file.
    func load(at commit: ObjectID) throws -> LoadedPolicy {
        if let loaded = known.withLock({ $0[commit] }) { return loaded }
        let repository = session.repository
        let tree = try repository.readCommit(commit).tree
        let entry = try repository.entry(at: Self.file, in: tree)
        let bytes: [UInt8]
        do {
            bytes = try entry.map { try repository.readBlob($0.id, limit: 1 << 20) } ?? []
        } catch GitError.Code.tooLarge {
            throw CommandError("'\(Self.file)' is larger than 1 MiB")
        }
        let read = try DraftYAML.load(bytes, file: Self.file, cores: Self.cores)
        var policy = read.policy
        policy.commit = "\(commit)"
        let loaded = LoadedPolicy(
            policy: policy, commit: commit, file: entry?.id, warnings: read.warnings,
            baseBranchLine: read.baseBranchLine)
        known.withLock { $0[commit] = loaded }
        return loaded
    }

    /// The command that brings the checkout's `draft.yaml` to where it counts.
    ///
    /// `nil` if there is one already, or none in the checkout either.
    func uncommitted(_ loaded: LoadedPolicy, on base: BaseBranch) -> String? {
        guard loaded.file == nil, checkout() != nil else { return nil }
        if let remote = base.remote, let here = try? session.repository.headCommit(),
            (try? load(at: here))?.file != nil
        {
            return "git push \(remote) \(base.name)"
        }
        return "git add \(Self.file) && git commit -m 'add \(Self.file)'"
    }

    /// Whether the checkout has another `draft.yaml` than the one that counts.
    func differs(_ loaded: LoadedPolicy) -> Bool {
        guard let here = checkout(), let file = loaded.file,
            let there = try? session.repository.readBlob(file, limit: 1 << 20)
        else { return false }
        return Self.lines(of: there) != Self.lines(of: here)
    }

    /// Says what in the file does nothing, and that the checkout's file is another one.
    func warn(_ loaded: LoadedPolicy, _ base: BaseBranch) {
        for warning in loaded.warnings { say("\(warning)") }
        if let mine = session.repository.configuration.string("draft.baseBranch"),
            !mine.utf8.elementsEqual(base.name.utf8),
            let recorded = try? Self.recorded(session), recorded.utf8.elementsEqual(base.name.utf8)
        {
            say(
                "draft.baseBranch is '\(mine)' here, and does nothing: the board says that results "
                    + "land on '\(base.name)'")
        }
        if let command = uncommitted(loaded, on: base) {
            guard say("'\(Self.file)' is not committed on '\(base.place)', hence does nothing yet")
            else { return }
            return session.advise(command)
        }
        if differs(loaded) {
            say("'\(Self.file)' here differs from the one on '\(base.place)', which counts")
        }
    }

    @discardableResult
    private func say(_ text: String) -> Bool {
        guard said.withLock({ $0.insert(text).inserted }) else { return false }
        session.warn(text)
        return true
    }

    /// The lines, whose ends git may have changed in the checkout.
    private static func lines(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        bytes.split(separator: 10, omittingEmptySubsequences: false)
            .map { $0.last == 13 ? $0.dropLast() : $0 }
    }

    private func checkout() -> [UInt8]? {
        guard let folder = session.repository.workDirectory else { return nil }
        return FileManager.default.contents(atPath: "\(folder)/\(Self.file)").map(Array.init)
    }

    private static func recorded(_ session: Session) throws -> String? {
        try session.board.snapshotIfAny()?.board().baseBranch
    }
}
