internal import CGit2
internal import Glibc

/// Where a repository is, found as git finds it.
struct Discovery {
    /// Whether the environment named it.
    let isExact: Bool

    /// The repository's own directory and the one that its work trees share.
    let gitDirectory: String
    let commonDirectory: String

    init(containing directory: String, environment: [String: String]) throws(GitError) {
        guard Library.isReady else { throw GitError(.system, "cannot initialise libgit2") }
        guard !directory.isEmpty else {
            throw GitError(.noRepository, "unable to read current working directory")
        }
        var status = stat()
        guard stat(directory, &status) == 0 else {
            throw GitError(.noRepository, "cannot change to '\(directory)': \(systemReason(errno))")
        }
        if let named = environment.nonEmpty("GIT_DIR") {
            let path = Self.absolute(named, in: directory)
            guard let found = Self.resolve(path) else {
                throw GitError(.noRepository, "not a git repository: '\(named)'")
            }
            gitDirectory = found
            isExact = true
        } else {
            gitDirectory = try Self.search(from: directory, environment: environment)
            isExact = false
        }
        if let named = environment.nonEmpty("GIT_COMMON_DIR") {
            commonDirectory = Self.absolute(named, in: directory)
        } else {
            commonDirectory = Self.common(of: gitDirectory)
        }
        try checkFormat()
    }

    /// Follows a `.git` file, as a linked work tree and a submodule have.
    private static func resolve(_ path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        guard status.st_mode & S_IFMT == S_IFREG else { return canonical(path) }
        guard let line = firstLine(of: path), line.utf8.starts(with: "gitdir: ".utf8) else {
            return nil
        }
        let parent = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) } ?? "."
        return canonical(absolute(String(line.dropFirst(8)), in: parent))
    }

    private static func search(
        from directory: String, environment: [String: String]
    ) throws(GitError) -> String {
        let crossing =
            environment["GIT_DISCOVERY_ACROSS_FILESYSTEM"]
            .flatMap { GitConfiguration.bool(from: $0) } ?? false
        var buffer = git_buf()
        let status = git_repository_discover(
            &buffer, directory, crossing ? 1 : 0, environment["GIT_CEILING_DIRECTORIES"])
        defer { git_buf_dispose(&buffer) }
        guard status != GIT_ENOTFOUND.rawValue else {
            throw GitError(
                .noRepository, "not a git repository (or any of the parent directories): .git",
                hint: "git init")
        }
        try check("find a repository in '\(directory)'") { status }
        return canonical(String(cString: buffer.ptr))
    }

    /// Refuses what libgit2 would misread, and says what it is.
    private func checkFormat() throws(GitError) {
        let file = try ConfigurationReader.read(file: "\(commonDirectory)/config")
        let version = try file.int("core.repositoryformatversion") ?? 0
        let supported =
            "this version of git-draft supports SHA-1 repositories with the files "
            + "reference backend"
        guard version <= 1 else {
            throw GitError(
                .unsupported, "expected git repo version <= 1, found \(version); \(supported)")
        }
        if let format = file.string("extensions.objectformat"), format.lowercased() != "sha1" {
            throw GitError(
                .unsupported, "unsupported extension objectFormat = \(format); \(supported)")
        }
        if let format = file.string("extensions.refstorage"), format.lowercased() != "files" {
            throw GitError(
                .unsupported, "unsupported extension refStorage = \(format); \(supported)")
        }
        let known = Library.extensions + ["noop", "noop-v1"]
        for name in file.names(in: "extensions") where version == 1 && !known.contains(name) {
            throw GitError(.unsupported, "unsupported extension \(name); \(supported)")
        }
    }

    static func common(of gitDirectory: String) -> String {
        guard let line = firstLine(of: "\(gitDirectory)/commondir") else { return gitDirectory }
        return canonical(absolute(line, in: gitDirectory))
    }

    static func absolute(_ path: String, in directory: String) -> String {
        path.utf8.first == UInt8(ascii: "/") ? path : "\(directory)/\(path)"
    }

    /// The path without links, dots and final slashes; as it is if it does not exist.
    static func canonical(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// The first line of a small file; `nil` if there is none.
    static func firstLine(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let bytes = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
            count = max(0, read(descriptor, buffer.baseAddress, buffer.count))
        }
        let line = String(decoding: bytes.prefix { $0 != 10 && $0 != 13 }, as: UTF8.self)
        return line.isEmpty ? nil : line
    }
}
