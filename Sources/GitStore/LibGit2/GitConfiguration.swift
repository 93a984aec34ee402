/// The settings of a repository and its user, as git would see them now.
///
/// A value: settings that change later are not noticed.
public struct GitConfiguration: Hashable, Sendable {
    private var values: [String: [Value]] = [:]

    private enum Value: Hashable {
        case text(String)
        /// A key without `=`, which means yes.
        case present
    }

    init() {}

    mutating func append(_ key: String, _ value: String?) {
        guard let key = Self.normalised(key) else { return }
        values[key, default: []].append(value.map { .text($0) } ?? .present)
    }

    mutating func append(_ other: GitConfiguration) {
        values.merge(other.values) { $0 + $1 }
    }

    /// The last parts of the keys of a section that has no subsections.
    func names(in section: String) -> [String] {
        let prefix = Array(section.utf8) + [UInt8(ascii: ".")]
        return values.keys.filter { $0.utf8.starts(with: prefix) }
            .map { String(decoding: $0.utf8.dropFirst(prefix.count), as: UTF8.self) }.sorted()
    }

    /// Returns a key as git compares it: all but the subsection in lower case.
    private static func normalised(_ key: String) -> String? {
        guard let first = key.utf8.firstIndex(of: UInt8(ascii: ".")),
            let last = key.utf8.lastIndex(of: UInt8(ascii: "."))
        else { return nil }
        return key[..<first].lowercased() + key[first..<last] + key[last...].lowercased()
    }

    /// Returns a setting such as `remote.origin.url`; `nil` if it is not set.
    ///
    /// If there are more, it is the last.
    public func string(_ key: String) -> String? {
        strings(key).last
    }

    /// Returns all values of a setting, the most important last.
    public func strings(_ key: String) -> [String] {
        list(key).map { value in
            switch value {
            case .text(let text): text
            case .present: ""
            }
        }
    }

    /// Returns a setting as git reads a switch; `nil` if it is not set.
    public func bool(_ key: String) throws(GitError) -> Bool? {
        guard let value = list(key).last else { return nil }
        guard case .text(let text) = value else { return true }
        if let isTrue = GitConfiguration.bool(from: text) { return isTrue }
        throw GitError(.invalid, "bad boolean config value '\(text)' for '\(key)'")
    }

    /// Returns a setting as git reads a number, with `k`, `m` or `g`; `nil` if it is not set.
    public func int(_ key: String) throws(GitError) -> Int? {
        guard let value = list(key).last else { return nil }
        if case .text(let text) = value, let number = Self.int(from: text) { return number }
        throw GitError(
            .invalid, "bad numeric config value '\(string(key) ?? "")' for '\(key)'")
    }

    /// Returns the middle parts of keys such as `remote.<name>.url`, sorted.
    public func subsections(of section: String) -> [String] {
        let prefix = Array(section.lowercased().utf8) + [UInt8(ascii: ".")]
        var names: Set<String> = []
        for key in values.keys where key.utf8.starts(with: prefix) {
            let rest = key.utf8.dropFirst(prefix.count)
            guard let end = rest.lastIndex(of: UInt8(ascii: ".")) else { continue }
            names.insert(String(decoding: rest[..<end], as: UTF8.self))
        }
        return names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    }

    private func list(_ key: String) -> [Value] {
        Self.normalised(key).flatMap { values[$0] } ?? []
    }

    static func bool(from text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "yes", "on": true
        case "false", "no", "off", "": false
        default: int(from: text).map { $0 != 0 }
        }
    }

    private static func int(from text: String) -> Int? {
        let scales: [UInt8: Int] = [
            UInt8(ascii: "k"): 1 << 10, UInt8(ascii: "m"): 1 << 20, UInt8(ascii: "g"): 1 << 30,
        ]
        let scale = text.utf8.last.flatMap { scales[$0 | 0x20] }
        guard let number = Int(scale == nil ? text : String(text.dropLast())) else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: scale ?? 1)
        return overflow ? nil : product
    }
}

// MARK: - Remotes and branches

/// Another repository that this one knows by a name.
public struct Remote: Hashable, Sendable {
    /// The name, such as `origin`.
    public let name: String

    /// Where to fetch from, as configured; the first is the one that git uses.
    public let urls: [String]

    /// Where to push to, if that is elsewhere.
    public let pushURLs: [String]

    /// What a plain fetch brings.
    public let fetchRefspecs: [String]
}

extension GitConfiguration {
    /// Returns the remotes, sorted by name.
    public func remotes() -> [Remote] {
        subsections(of: "remote").map { name in
            Remote(
                name: name, urls: strings("remote.\(name).url"),
                pushURLs: strings("remote.\(name).pushurl"),
                fetchRefspecs: strings("remote.\(name).fetch"))
        }.filter { !$0.urls.isEmpty || !$0.pushURLs.isEmpty }
    }

    /// Returns what a branch is set to follow; `nil` if it follows nothing.
    ///
    /// The branch is named without `refs/heads/`.
    public func upstream(of branch: String) -> (remote: String, ref: String)? {
        guard let remote = string("branch.\(branch).remote"),
            let ref = string("branch.\(branch).merge")
        else { return nil }
        return (remote, ref)
    }
}

// MARK: - Identity

/// A name and an address.
public struct Identity: Hashable, Sendable {
    /// As whom git needs one.
    public enum Role: String, Sendable {
        /// Who made the change.
        case author
        /// Who makes the commit.
        case committer
    }

    /// The name.
    public let name: String

    /// The address.
    public let email: String

    /// Creates an identity.
    public init(name: String, email: String) {
        self.name = name
        self.email = email
    }
}

extension GitConfiguration {
    /// Returns who the user says to be; `nil` unless both name and address are known.
    ///
    /// Unlike git it never guesses from the account and the host.
    public func identity(
        _ role: Identity.Role = .author, environment: [String: String]
    ) -> Identity? {
        let variable = "GIT_\(role.rawValue.uppercased())"
        let name =
            environment.nonEmpty("\(variable)_NAME") ?? string("\(role.rawValue).name")
            ?? string("user.name")
        let email =
            environment.nonEmpty("\(variable)_EMAIL") ?? string("\(role.rawValue).email")
            ?? string("user.email") ?? environment.nonEmpty("EMAIL")
        guard let name, let email, !name.isEmpty, !email.isEmpty else { return nil }
        return Identity(name: name, email: email)
    }
}

extension [String: String] {
    func nonEmpty(_ key: String) -> String? {
        self[key].flatMap { $0.isEmpty ? nil : $0 }
    }
}
