internal import FoundationEssentials
internal import GitStore
internal import Glibc

/// A throw-away folder that every attempt gets a copy of: a user's home and a repository.
final class EscapeGround {
    /// The folder.
    let directory: String

    /// What an attempt must not see.
    let secret: String

    /// The object of another repository that has the secret.
    private(set) var blob = ""

    /// The environment of what runs on the machine's side.
    let environment: [String: String]

    /// What keeps others from taking it for left behind.
    private let held: EscapeRemains.Held

    /// Makes it, and removes what those left who were killed.
    init(path: String) throws {
        let remains = EscapeRemains()
        remains.sweep()
        held = try remains.make()
        directory = held.path
        secret = Self.randomWord(32)
        environment = [
            "PATH": path, "HOME": "\(directory)/ground/host/home", "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
        ]
        var command = ChildCommand(
            ["sh", "-eu", "-c", Self.script, "sh", secret], environment: environment,
            directory: directory)
        command.killsDescendants = false
        command.mergesStreams = true
        var output = BoundedOutput(limit: 4096)
        let outcome = try ChildProcess.run(command) { output.append($1) }
        guard outcome.isSuccess else {
            throw ExecutionError(
                .failed, "make a repository to attack",
                reason: GitProgram.reason(in: output.text) ?? "")
        }
        blob = output.text.trimmingWhitespace
        let place = "\(directory)/ground"
        let origin = try Self.origin(at: place, environment)
        let workspace = try Workspace.open(name: "T-1", job: "J-1", origin: origin)
        try workspace.renewAgentGit(head: origin.start)
        try plant(beside: workspace)
    }

    /// What the workspace of a copy is made from.
    static func origin(
        at place: String, _ environment: [String: String]
    ) throws -> WorkspaceOrigin {
        let repository = try Repository(containing: "\(place)/repo", environment: environment)
        guard let head = try repository.headCommit() else {
            throw ExecutionError(.failed, "attack a repository", reason: "it has no commit")
        }
        return WorkspaceOrigin(
            repository: repository, environment: environment,
            root: "\(place)/repo/.draft/worktrees", name: "Ann", email: "ann@example.com",
            baseBranch: "refs/heads/main", baseCommit: head, start: head,
            branch: "refs/heads/goal/G-1/ticket/T-1", seconds: 1_700_000_000)
    }

    /// Puts the secret where this job's neighbours and its controller are.
    private func plant(beside workspace: Workspace) throws {
        let files = workspace.files
        let other = "\(files.directory.dropLast(3))J-2/home"
        let neighbour = "\(workspace.path.dropLast(3))T-2"
        for folder in [
            files.output, files.input, files.home, files.temporary, other, neighbour,
            "\(workspace.path)-secret",
        ] {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
        }
        for path in [
            "\(other)/token", "\(neighbour)/secret", "\(workspace.path)-secret/file",
            "\(files.controlGit)/secret", files.workOrder,
        ] { try Self.write(secret, to: path) }
        try Self.write("", to: files.log)
    }

    /// Writes a file.
    static func write(_ text: String, to path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: Data((text + "\n").utf8))
        else { throw ExecutionError.system("write '\(path)'", errno) }
    }

    /// Makes a copy, in which nothing leads back here.
    func copy(to place: String) throws {
        var command = ChildCommand(
            ["sh", "-eu", "-c", Self.copying, "sh", "\(directory)/ground", place],
            environment: environment, directory: directory)
        command.killsDescendants = false
        guard try ChildProcess.run(command).isSuccess else {
            throw ExecutionError(.failed, "copy '\(directory)/ground'", reason: "cp failed")
        }
    }

    private static let copying = """
        cp -a "$1" "$2"; cd "$2/repo"; job=.git/draft/jobs/J-1
        sed -i "s|$1/|$2/|g" .draft/worktrees/T-1/.git .git/draft/places/T-1 \\
            $job/agent.git/config $job/agent.git/objects/info/alternates \\
            $job/control.git/config $job/control.git/objects/info/alternates
        """

    // Held until then, as what it owns goes after this.
    deinit { try? FileManager.default.removeItem(atPath: directory) }

    /// Letters and digits that nobody guesses.
    static func randomWord(_ count: Int) -> String {
        let letters = Array("0123456789abcdef".utf8)
        return String(
            decoding: (0..<count).map { _ in letters[Int.random(in: 0..<16)] }, as: UTF8.self)
    }

    private static let script = """
        umask 022
        mkdir -p ground/host/run ground/repo && cd ground/host/
        mkdir -p home/.ssh home/.aws home/.config/gh home/.docker home/.kube home/.gnupg \\
            home/.claude home/.codex home/.local/share/keyrings
        for file in .ssh/id_ed25519 .ssh/authorized_keys .aws/credentials .netrc \\
            .git-credentials .config/gh/hosts.yml .npmrc .docker/config.json .kube/config \\
            .gnupg/key .claude/.credentials.json .codex/auth.json .bash_history \\
            .local/share/keyrings/login .bashrc
        do echo "$1" > home/$file; done
        git config --global user.name Ann; git config --global user.email ann@example.com
        git init -q --bare other.git
        echo "$1" | git --git-dir=other.git hash-object -w --stdin
        cd ../repo; git init -q -b main .
        mkdir dir; echo a > dir/a; echo b > file; echo p > p; seq 9 > long
        git add -A; git commit -qm one
        echo c > file; git commit -qam two
        mkdir -p .git/hooks; echo "$1" > .env; echo "$1" > .git/stash-secret
        git config remote.origin.url "https://x:$1@example.com/x"
        """
}

extension String {
    fileprivate var trimmingWhitespace: String {
        String(decoding: utf8.filter { $0 > 32 }, as: UTF8.self)
    }
}
