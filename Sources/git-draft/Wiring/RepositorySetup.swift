import Execution
import FoundationEssentials
import GitStore
import Glibc
import Model
import Porcelain

/// The remote's side of a board: what is fetched, and where it is kept.
struct RemoteSetup {
    private let session: Session

    /// Looks at a repository.
    init(_ session: Session) { self.session = session }

    /// The reference that holds the board as the remote had it when it was last fetched.
    func tracking(_ remote: Remote) -> String { "refs/draft-remotes/\(remote.name)/board" }

    /// The one refspec that a plain fetch needs; others would lose what was not pushed.
    func refspec(_ remote: Remote) -> String {
        "+refs/draft/board*:refs/draft-remotes/\(remote.name)/board*"
    }

    /// Adds the refspec to the settings of the remote, unless it is there.
    func configure(_ remote: Remote) throws {
        let refspec = refspec(remote)
        let known = try session.repository.reloadConfiguration()
            .strings("remote.\(remote.name).fetch")
        guard !known.contains(refspec) else { return }
        _ = try session.git(["config", "--local", "--add", "remote.\(remote.name).fetch", refspec])
    }

    /// Fetches the board of the remote; to be offline is no error unless it must be joined.
    func fetch(_ remote: Remote, isRequired: Bool) throws {
        do {
            _ = try session.git([
                "fetch", "--quiet", "--no-filter", "--no-tags", "--no-write-fetch-head",
                "--no-auto-maintenance", "--no-recurse-submodules", remote.name, refspec(remote),
            ])
        } catch let error as ExecutionError {
            guard !isRequired else {
                throw CommandError(
                    "cannot fetch the board of '\(remote.name)': \(error.reason)",
                    hint: "git fetch \(remote.name)")
            }
            session.warn("cannot ask '\(remote.name)' for its board: \(error.reason)")
        }
    }
}

/// The name that a project gets where nobody gave one.
struct ProjectName {
    /// The name; never empty.
    let text: String

    /// The last part of the remote's address, else the name of the directory.
    init(_ session: Session, _ remote: Remote?) {
        let repository = session.repository
        let folder = repository.mainWorkDirectory ?? repository.commonDirectory
        let names = [remote?.urls.first, folder].compactMap(\.self).map(Self.last)
        text = names.first { !$0.isEmpty } ?? "project"
    }

    /// The last segment of an address or a path, without `.git`.
    static func last(_ address: String) -> String {
        let separators = Set("/:\\".utf8)
        var parts = address.utf8.split { separators.contains($0) }.map { String(Substring($0)) }
        if parts.last == ".git" { parts.removeLast() }
        guard var name = parts.last else { return "" }
        if name.hasSuffix(".git") { name.removeLast(4) }
        return name.filter { !$0.isNewline && !$0.isWhitespace }
    }
}

/// The first part of the names of the branches that tickets get.
struct BranchPrefix {
    private let session: Session

    /// The prefix: `draft.branchPrefix`, else `goal`.
    let text: String

    /// Reads the setting.
    init(_ session: Session) {
        self.session = session
        text = session.repository.configuration.string("draft.branchPrefix") ?? "goal"
    }

    /// Refuses a prefix that is a branch itself, or can begin no branch's name.
    func check() throws {
        let check = try session.git(
            ["check-ref-format", "refs/heads/\(text)/0"], allowed: [0, 1])
        guard check.status == 0 else {
            throw CommandError(
                "'\(text)' cannot begin the name of a branch",
                hint: "git config draft.branchPrefix NAME")
        }
        if try session.repository.target(of: "refs/heads/\(text)") != nil {
            throw CommandError(
                "the branch '\(text)' is in the way of branches named '\(text)/…'",
                hint: "git config draft.branchPrefix NAME")
        }
    }
}

/// The line that keeps our directory out of `git status`.
struct Exclusion {
    private let session: Session
    private static let line = "/.draft/"

    /// Looks at a repository.
    init(_ session: Session) { self.session = session }

    /// Adds the line to `info/exclude`, unless it is there; nothing else of the file is touched.
    func add() throws {
        let repository = session.repository
        let path = repository.commonDirectory + "/info/exclude"
        let old = FileManager.default.contents(atPath: path).map(Array.init) ?? []
        let lines = old.split(separator: 10)
        let spellings = [Self.line, ".draft/", ".draft", "/.draft"]
        let isThere = lines.contains { line in
            spellings.contains { line.elementsEqual($0.utf8) }
        }
        guard !isThere else { return }
        try repository.makeDirectory(repository.commonDirectory + "/info")
        let isOpen = !old.isEmpty && old.last != 10
        let text = (isOpen ? [10] : []) + Array("\(Self.line)\n".utf8)
        let file = unsafe open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o666)
        guard file >= 0 else { throw CommandError("cannot write '\(path)'") }
        defer { _ = close(file) }
        do { try writeAll(text, to: file) } catch { throw CommandError("cannot write '\(path)'") }
    }
}
