internal import CGit2
internal import Glibc
internal import Synchronization

/// The process-wide state of libgit2.
enum Library {
    /// What newer versions of git set on repositories that we can work with all the same.
    ///
    /// libgit2 compares in lower case. The last two are refused by ``Discovery`` unless their
    /// value is one that we support.
    static let extensions = [
        "partialclone", "worktreeconfig", "relativeworktrees", "preciousobjects",
        "objectformat", "refstorage",
    ]

    /// Whether libgit2 could be initialised; done once, when first needed.
    static let isReady: Bool = {
        guard git_libgit2_init() > 0 else { return false }
        var names = extensions.map { UnsafePointer(strdup($0)) }
        defer { for name in names { free(UnsafeMutableRawPointer(mutating: name)) } }
        return draft_git_set_extensions(&names, names.count) == 0
    }()

    /// How many callers want everything to be on the disk before they go on.
    private static let durable = Mutex(0)

    private static let opening = Mutex(())

    /// Does something while all that is written goes to the disk at once.
    ///
    /// The switch is one for the whole process; while anybody needs it, everybody has it.
    static func durably<Value, Failure: Error>(
        _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        durable.withLock {
            $0 += 1
            _ = draft_git_set_fsync(1)
        }
        defer {
            durable.withLock {
                $0 -= 1
                if $0 == 0 { _ = draft_git_set_fsync(0) }
            }
        }
        return try body()
    }

    /// Whether anybody wants everything to be on the disk.
    static var isDurable: Bool { durable.withLock { $0 > 0 } }

    /// Opens a repository; the owner is checked by libgit2 unless the user vouched for it.
    static func open(
        trusted: Bool, _ body: () throws(GitError) -> Handle
    ) throws(GitError) -> Handle {
        // This lock keeps others from opening anything while the check is off.
        try opening.withLock { (_) throws(GitError) in
            if trusted { _ = draft_git_set_owner_validation(0) }
            defer { if trusted { _ = draft_git_set_owner_validation(1) } }
            return try body()
        }
    }
}

extension Repository {
    /// Does something so that what it wrote, once it returns, survives a loss of power.
    ///
    /// Everything that the file system still holds in memory is written out first, since what is
    /// written now may refer to what was written before.
    ///
    /// - Parameters:
    ///   - durable: `false` to do without, so that callers need not be written twice.
    ///   - body: What to do; it may write objects and move references.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    public func durably<Value, Failure: Error>(
        _ durable: Bool = true, _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        guard durable, Library.isReady else { return try body() }
        let descriptor = Glibc.open(commonDirectory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if descriptor >= 0 {
            _ = syncfs(descriptor)
            _ = close(descriptor)
        }
        return try Library.durably(body)
    }

    /// Whether the user asked git itself to write through to the disk.
    ///
    /// libgit2 ignores `core.fsync`, so this is to be passed to ``durably(_:_:)``.
    public var isDurabilityConfigured: Bool {
        let settings = configuration
        if (try? settings.bool("core.fsyncobjectfiles")) == true { return true }
        guard let text = settings.string("core.fsync") else { return false }
        var isOn = false
        for part in text.split(separator: ",").map({ $0.filter { $0 != " " } }) {
            switch part {
            case "none": isOn = false
            case "loose-object", "reference", "objects", "committed", "added", "all": isOn = true
            case "-loose-object", "-objects", "-committed", "-added", "-all": isOn = false
            default: break
            }
        }
        return isOn
    }
}

extension Repository {
    /// The version of libgit2 that this program runs with, such as `1.5.1`.
    public static var libraryVersion: String {
        var (major, minor, revision): (Int32, Int32, Int32) = (0, 0, 0)
        git_libgit2_version(&major, &minor, &revision)
        return "\(major).\(minor).\(revision)"
    }
}
