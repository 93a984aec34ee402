internal import FoundationEssentials
public import GitStore
internal import Glibc

/// Variables for the jobs of one repository, in a file that is not part of it.
///
/// It is the place for what a job needs and no commit may hold; hence nobody but the user may
/// be able to read it, or to put another in its place.
public struct JobEnvironmentFile: Hashable, Sendable {
    /// Where it is.
    public let path: String
    /// The variables.
    public let variables: [String: String]

    /// The largest size, in bytes.
    private static let limit = 1 << 16

    /// Reads the file of a repository: the one that `draft.environmentFile` names, else the one
    /// in the user's configuration that is called as the repository's folder.
    ///
    /// - Parameters:
    ///   - repository: The repository.
    ///   - environment: What tells where the user's files are.
    /// - Returns: The file, or `nil` if there is none.
    /// - Throws: ``AdmissionError`` if it is not one to trust.
    public static func of(
        _ repository: Repository, environment: [String: String]
    ) throws -> JobEnvironmentFile? {
        let home = environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        if let setting = repository.configuration.string("draft.environmentFile") {
            var path = setting
            if path.hasPrefix("~/"), let home { path = home + path.dropFirst(1) }
            guard path.hasPrefix("/") else {
                throw AdmissionError(
                    "'draft.environmentFile' must be an absolute path, not '\(setting)'",
                    hint: "git config --unset draft.environmentFile")
            }
            guard let file = try read(path, outside: repository) else {
                throw AdmissionError(
                    "the environment file '\(path)' does not exist",
                    hint: "git config --unset draft.environmentFile")
            }
            return file
        }
        let folder =
            environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
            ?? home.map { "\($0)/.config" }
        let top = repository.mainWorkDirectory ?? repository.commonDirectory
        guard let folder, var name = top.split(separator: "/").last.map(String.init) else {
            return nil
        }
        if repository.mainWorkDirectory == nil, name.hasSuffix(".git") { name.removeLast(4) }
        return try read("\(folder)/git-draft/env/\(name)", outside: repository)
    }

    /// Every value in it, for whoever must not repeat one.
    public var values: [String] { Array(variables.values) }
}

// MARK: - Reading

extension JobEnvironmentFile {
    private static func read(
        _ path: String, outside repository: Repository
    ) throws -> JobEnvironmentFile? {
        // Opened first, so that what is looked at is what is read.
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw refusal(path, errno == ELOOP ? "is a link" : "cannot be read")
        }
        defer { close(file) }
        var status = stat()
        guard unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw refusal(path, "is no regular file")
        }
        guard status.st_uid == geteuid() else { throw refusal(path, "belongs to somebody else") }
        guard status.st_mode & 0o077 == 0 else {
            throw refusal(path, "can be read by others", hint: "chmod 600 '\(path)'")
        }
        try checkFolder(of: path, outside: repository)
        guard status.st_size <= limit else { throw refusal(path, "is larger than 64 KiB") }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var count = 0
        while count < bytes.count {
            let got = unsafe bytes.withUnsafeMutableBytes {
                unsafe Glibc.read(file, $0.baseAddress.map { unsafe $0 + count }, $0.count - count)
            }
            guard got > 0 else { break }
            count += got
        }
        return JobEnvironmentFile(
            path: path, variables: try parse(Array(bytes.prefix(count)), path: path))
    }

    private static func checkFolder(of path: String, outside repository: Repository) throws {
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        var status = stat()
        guard unsafe stat(folder, &status) == 0, let real = unsafe realpath(folder, nil) else {
            throw refusal(path, "cannot be found again")
        }
        defer { unsafe free(real) }
        let isOwn = status.st_uid == geteuid() || status.st_uid == 0
        guard isOwn, status.st_mode & 0o022 == 0 else {
            throw refusal(
                path, "is in a folder that others can write to", hint: "chmod go-w '\(folder)'")
        }
        let place = unsafe String(cString: real)
        var trees = [repository.workDirectory, repository.mainWorkDirectory].compactMap(\.self)
        trees += [repository.gitDirectory, repository.commonDirectory]
        trees += UserWorktrees.directories(of: repository)
        let isInside = trees.contains {
            place.utf8.elementsEqual($0.utf8) || place.utf8.starts(with: "\($0)/".utf8)
        }
        guard !isInside else { throw refusal(path, "is inside of the repository") }
    }

    private static func refusal(
        _ path: String, _ reason: String, hint: String? = nil
    ) -> AdmissionError {
        AdmissionError("the environment file '\(path)' \(reason)", hint: hint)
    }

    /// Reads lines such as `export NAME="value"`; what is wrong names the line alone.
    static func parse(_ bytes: [UInt8], path: String) throws(AdmissionError) -> [String: String] {
        var variables: [String: String] = [:]
        for (index, line) in bytes.split(separator: 10, omittingEmptySubsequences: false)
            .enumerated()
        {
            func wrong(_ what: String) -> AdmissionError {
                refusal(path, "is wrong in line \(index + 1): \(what)")
            }
            guard !line.contains(0), let text = String(validating: line, as: UTF8.self) else {
                throw wrong("it is no text")
            }
            var words = text.trimmed[...]
            guard let first = words.utf8.first, first != UInt8(ascii: "#") else { continue }
            if words.hasPrefix("export ") { words = words.dropFirst(7).drop { $0 == " " } }
            guard let sign = words.firstIndex(of: "=") else { throw wrong("it has no '='") }
            let name = String(words[..<sign])
            guard isName(name) else { throw wrong("what is before '=' is no name") }
            guard JobEnvironment.canPass(name) else {
                throw wrong("'\(name)' cannot be set for jobs")
            }
            guard let value = value(words[words.index(after: sign)...]) else {
                throw wrong("a quote is not closed")
            }
            variables[name] = value
        }
        return variables
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy { byte in
            byte == 0x5F || (0x30...0x39).contains(byte)
                || (byte < 0x80 && (0x41...0x5A).contains(byte & 0xDF))
        }
    }

    /// What stands behind the sign; `nil` if a quote is open at the end.
    private static func value(_ text: Substring) -> String? {
        guard let quote = text.first, quote == "'" || quote == "\"" else {
            // A blank and a number sign begin a remark.
            guard let remark = text.firstRange(of: " #") else { return String(text).trimmed }
            return String(text[..<remark.lowerBound]).trimmed
        }
        var result = ""
        var rest = text.dropFirst()
        while let character = rest.popFirst() {
            if character == quote { return result }
            guard character == "\\", quote == "\"", let next = rest.popFirst() else {
                result.append(character)
                continue
            }
            switch next {
            case "n": result.append("\n")
            case "\"", "\\", "$", "`": result.append(next)
            default: result += "\\\(next)"
            }
        }
        return nil
    }
}

extension String {
    /// The text without blanks around it.
    fileprivate var trimmed: String {
        var text = self[...]
        while let last = text.utf8.last, [0x20, 0x09, 0x0D].contains(last) { text.removeLast() }
        return String(text.drop { $0 == " " || $0 == "\t" })
    }
}

/// The linked work trees of a repository, as their folders in the common directory name them.
enum UserWorktrees {
    /// Their directories, without links as far as they exist.
    static func directories(of repository: Repository) -> [String] {
        let folder = "\(repository.commonDirectory)/worktrees"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().compactMap { name in
            guard let text = try? repository.readSmallFile("\(folder)/\(name)/gitdir") else {
                return nil
            }
            let line = String(text.prefix { $0 != "\n" })
            guard line.hasPrefix("/"), line.hasSuffix("/.git") else { return nil }
            let directory = String(line.dropLast(5))
            guard let real = unsafe realpath(directory, nil) else { return directory }
            defer { unsafe free(real) }
            return unsafe String(cString: real)
        }
    }
}
