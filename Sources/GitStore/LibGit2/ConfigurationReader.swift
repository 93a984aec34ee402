internal import CGit2
internal import Glibc

/// Gathers settings from files and from the environment in the order in which git does.
struct ConfigurationReader {
    let environment: [String: String]

    /// The directories of the repository; `nil` outside of one.
    var commonDirectory: String?
    var gitDirectory: String?

    /// Everything that applies; the most important last.
    ///
    /// Conditional includes ask about the repository.
    func read(_ repository: borrowing Handle) throws(GitError) -> GitConfiguration {
        var result = GitConfiguration()
        try append(userFiles + repositoryFiles, to: &result, repository: repository.pointer)
        for (key, value) in try parameters() { result.append(key, value) }
        return result
    }

    /// Only what a repository cannot say about itself.
    func readProtected() throws(GitError) -> GitConfiguration {
        var result = GitConfiguration()
        try append(userFiles, to: &result, repository: nil)
        for (key, value) in try parameters() { result.append(key, value) }
        return result
    }

    /// Reads one file; empty if it does not exist.
    static func read(file: String) throws(GitError) -> GitConfiguration {
        var result = GitConfiguration()
        try ConfigurationReader(environment: [:]).append([file], to: &result, repository: nil)
        return result
    }

    private var userFiles: [String] {
        var files: [String] = []
        let isSystemIgnored =
            environment["GIT_CONFIG_NOSYSTEM"].map { GitConfiguration.bool(from: $0) ?? true }
        if isSystemIgnored != true {
            files.append(environment["GIT_CONFIG_SYSTEM"] ?? "/etc/gitconfig")
        }
        if let global = environment["GIT_CONFIG_GLOBAL"] {
            files.append(global)
        } else if let home = environment.nonEmpty("HOME") {
            let base = environment.nonEmpty("XDG_CONFIG_HOME") ?? "\(home)/.config"
            files += ["\(base)/git/config", "\(home)/.gitconfig"]
        }
        return files
    }

    private var repositoryFiles: [String] {
        guard let commonDirectory, let gitDirectory else { return [] }
        let shared = "\(commonDirectory)/config"
        let local = try? Self.read(file: shared).bool("extensions.worktreeconfig")
        return local == true ? [shared, "\(gitDirectory)/config.worktree"] : [shared]
    }

    private func append(
        _ files: [String], to result: inout GitConfiguration, repository: OpaquePointer?
    ) throws(GitError) {
        for path in files where !path.isEmpty && access(path, F_OK) == 0 {
            let file = try take("read the configuration", free: git_config_free) {
                git_config_new(&$0)
            }
            try check("read the configuration file '\(path)'") {
                git_config_add_file_ondisk(
                    file.pointer, path, GIT_CONFIG_LEVEL_LOCAL, repository, 0)
            }
            try append(file.pointer, named: path, to: &result)
        }
    }

    private func append(
        _ file: OpaquePointer, named path: String, to result: inout GitConfiguration
    ) throws(GitError) {
        let iterator = try take(
            "read the configuration file '\(path)'",
            free: git_config_iterator_free
        ) {
            git_config_iterator_new(&$0, file)
        }
        var entry: UnsafeMutablePointer<git_config_entry>?
        while true {
            let status = git_config_next(&entry, iterator.pointer)
            guard status != GIT_ITEROVER.rawValue else { return }
            try check("read the configuration file '\(path)'") { status }
            guard let entry else { return }
            result.append(
                String(cString: entry.pointee.name),
                entry.pointee.value.map { String(cString: $0) })
        }
    }
}

// MARK: - The command line

extension ConfigurationReader {
    /// What `git -c` and its like handed down: first the counted form, then the quoted one.
    private func parameters() throws(GitError) -> [(String, String?)] {
        var result: [(String, String?)] = []
        if let text = environment.nonEmpty("GIT_CONFIG_COUNT") {
            guard let count = Int(text), count >= 0, count <= 100_000 else {
                throw GitError(.invalid, "bogus count in GIT_CONFIG_COUNT")
            }
            for index in 0..<count {
                guard let key = environment["GIT_CONFIG_KEY_\(index)"] else {
                    throw GitError(.invalid, "missing config key GIT_CONFIG_KEY_\(index)")
                }
                guard let value = environment["GIT_CONFIG_VALUE_\(index)"] else {
                    throw GitError(.invalid, "missing config value GIT_CONFIG_VALUE_\(index)")
                }
                result.append((key, value))
            }
        }
        guard let quoted = environment["GIT_CONFIG_PARAMETERS"] else { return result }
        guard let parsed = Self.parse(quoted) else {
            throw GitError(.invalid, "bogus format in GIT_CONFIG_PARAMETERS")
        }
        return result + parsed
    }

    /// Reads `'key=value'` (before git 2.31) and `'key'='value'`, separated by spaces.
    static func parse(_ text: String) -> [(String, String?)]? {
        var rest = text.utf8[...]
        var result: [(String, String?)] = []
        while true {
            rest = rest.drop { $0 == 32 || $0 == 10 || $0 == 9 }
            guard !rest.isEmpty else { return result }
            guard let word = unquote(&rest) else { return nil }
            if rest.first == UInt8(ascii: "=") {
                rest = rest.dropFirst()
                if rest.isEmpty || rest.first == 32 {
                    result.append((word, nil))
                } else {
                    guard let value = unquote(&rest) else { return nil }
                    result.append((word, value))
                }
            } else if let sign = word.utf8.firstIndex(of: UInt8(ascii: "=")) {
                result.append(
                    (String(word[..<sign]), String(word[word.utf8.index(after: sign)...])))
            } else {
                result.append((word, nil))
            }
            guard rest.isEmpty || rest.first == 32 else { return nil }
        }
    }

    /// Takes one word in single quotes, in which `'\''` and `'\!'` stand for `'` and `!`.
    private static func unquote(_ rest: inout Substring.UTF8View) -> String? {
        let quote = UInt8(ascii: "'")
        var word: [UInt8] = []
        guard rest.first == quote else { return nil }
        rest = rest.dropFirst()
        while let byte = rest.first {
            rest = rest.dropFirst()
            guard byte == quote else {
                word.append(byte)
                continue
            }
            guard rest.first == UInt8(ascii: "\\") else {
                return String(decoding: word, as: UTF8.self)
            }
            let escaped = rest.dropFirst().prefix(2)
            guard escaped.count == 2, let literal = escaped.first, escaped.last == quote,
                literal == quote || literal == UInt8(ascii: "!")
            else { return nil }
            word.append(literal)
            rest = rest.dropFirst(3)
        }
        return nil
    }
}
