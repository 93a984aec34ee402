internal import CGit2
internal import Glibc

/// Who is named in reflogs, and whether libgit2 writes them.
///
/// It writes none if `core.logAllRefUpdates` is off, as in every bare repository; git itself still
/// adds to one that exists.
struct Reflog {
    private let identity: Identity

    /// Whether libgit2 adds to a reflog that exists.
    let isKeptByLibrary: Bool

    init(of repository: OpaquePointer, identity: Identity?) throws(GitError) {
        let identity = identity ?? Identity(name: "git-draft", email: "git-draft@localhost")
        try check("name the writer of reflogs") {
            git_repository_set_ident(repository, identity.name, identity.email)
        }
        self.identity = identity
        let settings = try take("read the configuration", free: git_config_free) {
            git_repository_config_snapshot(&$0, repository)
        }
        var text: UnsafePointer<CChar>?
        if git_config_get_string(&text, settings.pointer, "core.logallrefupdates") == 0, let text {
            isKeptByLibrary = GitConfiguration.bool(from: String(cString: text)) ?? true
        } else {
            isKeptByLibrary = git_repository_is_bare(repository) == 0
        }
    }

    /// Adds a line to a reflog that exists.
    func append(
        _ old: ObjectID, _ new: ObjectID, _ message: String, to path: String
    ) throws(GitError) {
        var zone = tm()
        var now = time(nil)
        localtime_r(&now, &zone)
        let person = Signature(
            name: identity.name, email: identity.email, seconds: Int64(now),
            offset: zone.tm_gmtoff / 60)
        let text = String(
            decoding: message.utf8.map { $0 == 10 || $0 == 0 ? 32 : $0 }, as: UTF8.self)
        let line = Array("\(old) \(new) \(try CommitFormat.line(person))\t\(text)\n".utf8)
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failure(path, errno) }
        defer { close(descriptor) }
        // One call, so that lines of several writers never mix.
        guard write(descriptor, line, line.count) == line.count else { throw failure(path, errno) }
    }

    private func failure(_ path: String, _ number: Int32) -> GitError {
        GitError(code: .system, action: "write '\(path)'", reason: systemReason(number))
    }
}
