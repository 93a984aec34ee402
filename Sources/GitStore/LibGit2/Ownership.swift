internal import Glibc

/// Whose a repository is: the programs that its settings name would run as us.
struct Ownership {
    private let paths: [String]

    private let environment: [String: String]

    init(of place: Discovery, environment: [String: String]) {
        self.environment = environment
        let suffix = "/.git"
        let parent =
            place.gitDirectory.hasSuffix(suffix)
            ? [String(place.gitDirectory.dropLast(suffix.utf8.count))] : []
        paths = parent + [place.gitDirectory]
    }

    /// Whether all of it belongs to a user.
    func belongs(to user: uid_t) -> Bool {
        paths.allSatisfy { path in
            var status = stat()
            return lstat(path, &status) == 0 && status.st_uid == user
        }
    }

    /// Whether its owner is who became root by `sudo`, which git allows too.
    var isBehindSudo: Bool {
        guard geteuid() == 0, let user = environment["SUDO_UID"].flatMap(uid_t.init) else {
            return false
        }
        return belongs(to: user)
    }

    /// Whether the user's own settings list it in `safe.directory`, as git reads them.
    func isVouchedFor() throws(GitError) -> Bool {
        let reader = ConfigurationReader(environment: environment)
        var isSafe = false
        for entry in try reader.readProtected().strings("safe.directory") {
            if entry.isEmpty {
                isSafe = false
            } else if entry == "*" || paths.contains(where: { Self.matches(entry, $0) }) {
                isSafe = true
            }
        }
        return isSafe
    }

    private static func matches(_ entry: String, _ path: String) -> Bool {
        guard entry.hasSuffix("/*") else {
            return Array(Discovery.canonical(entry).utf8) == Array(path.utf8)
        }
        return path.utf8.starts(with: entry.utf8.dropLast())
    }

    /// What git says, and how the user may vouch for it.
    var refusal: GitError {
        GitError(
            .owner, "detected dubious ownership in repository at '\(paths[0])'",
            hint: "git config --global --add safe.directory \(paths[0])")
    }
}
