internal import FoundationEssentials
internal import GitStore
internal import Model

/// Which settings changed, and which of them can neither run anything nor lead elsewhere.
extension Tripwire {
    /// The settings that differ between two texts, by their keys; values are never said.
    ///
    /// - Parameters:
    ///   - file: What the texts are of: `config` or `config.worktree`.
    ///   - old: The text before, if there was one.
    ///   - new: The text now, if there is one.
    /// - Returns: A change for each key; `nil` if it cannot be told.
    func settings(_ file: String, _ old: [UInt8]?, _ new: [UInt8]?) -> [Change]? {
        guard old != nil || new != nil, let before = values(old ?? []),
            let after = values(new ?? [])
        else { return nil }
        let changed = Self.difference(before, after)
        guard !changed.isEmpty else { return nil }
        return changed.map { key, what in
            Change(
                kind: "config", name: "\(file) \(GitKey(key).shown)", what: what,
                isGrave: !isHarmless(GitKey(key), before, after))
        }
    }

    /// The values of each key, as git reads them; what is included is no part of the text.
    private func values(_ text: [UInt8]) -> [String: [String]]? {
        let words = ["config", "--file", "-", "--list", "-z", "--no-includes"]
        guard let output = try? git.run(words, in: "/", input: text) else { return nil }
        var values: [String: [String]] = [:]
        for entry in output.bytes.split(separator: 0) {
            let parts = entry.split(separator: 10, maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : "true"
            values[String(decoding: parts[0], as: UTF8.self), default: []].append(value)
        }
        return values
    }

    /// Whether a key is one of the few that ordinary work changes, with a value that is no more.
    private func isHarmless(
        _ key: GitKey, _ old: [String: [String]], _ new: [String: [String]]
    ) -> Bool {
        let values = new[key.text] ?? []
        switch (key.section, key.name, key.leaf) {
        case ("branch", .some, "mergeoptions"): return false
        case ("branch", .some, "remote"), ("branch", .some, "pushremote"):
            return values.allSatisfy(Self.isRemoteName)
        case ("branch", .some, _): return true
        case ("remote", let name?, "fetch"):
            return values.allSatisfy { value in
                ["refs/remotes/\(name)/", "refs/tags/"].contains { place in
                    value.split(separator: ":").last?.hasPrefix(place) ?? false
                }
            }
        case ("remote", let name?, "url"), ("remote", let name?, "pushurl"):
            // One that is known stays where it is, or all of it gets another name.
            guard !values.isEmpty else {
                return new.contains { GitKey($0.key).leaf == key.leaf && $0.value == old[key.text] }
            }
            return old["remote.\(name).url"] == nil && values.allSatisfy(Self.isAddress)
        case ("core", nil, "sparsecheckout"), ("core", nil, "sparsecheckoutcone"),
            ("index", nil, "sparse"), ("extensions", nil, "worktreeconfig"):
            return true
        case ("core", nil, "repositoryformatversion"): return values.allSatisfy { $0 == "1" }
        default: return false
        }
    }

    /// Whether a text is the name of a remote, and not the address of one.
    private static func isRemoteName(_ text: String) -> Bool {
        text == "."
            || !(text.hasPrefix(".") || text.hasPrefix("/") || text.hasPrefix("-"))
                && !text.utf8.contains(UInt8(ascii: ":"))
    }

    /// Whether git reaches an address by itself, with no helper that the address names.
    private static func isAddress(_ text: String) -> Bool {
        !text.hasPrefix("-") && !text.contains("::") && text.utf8.allSatisfy { $0 >= 0x20 }
    }
}

/// The key of a setting, as git spells it.
private struct GitKey {
    let text: String
    let section: Substring
    let name: Substring?
    let leaf: Substring

    init(_ text: String) {
        self.text = text
        let first = text.firstIndex(of: ".") ?? text.endIndex
        let last = text.lastIndex(of: ".") ?? text.endIndex
        section = text[..<first]
        leaf = last < text.endIndex ? text[text.index(after: last)...] : ""
        name = first < last ? text[text.index(after: first)..<last] : nil
    }

    /// The key as people see it; a middle part that may be an address can hold a password.
    var shown: String {
        guard let name else { return Text.boundedHead(text, limit: 100) }
        let isPlain = name.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f && $0 != 0x3a && $0 != 0x40 }
        return "\(section).\(isPlain ? Text.boundedHead(String(name), limit: 100) : "*").\(leaf)"
    }
}

/// A hook that we may put lines into: all of it, and what is in it beside these lines.
struct HookText: Hashable {
    /// The digest of the file.
    let whole: String
    /// The digest of what is not ours; of all if nothing is.
    let rest: String
    /// How our lines stand in it, if they are exactly what this version writes.
    let kind: HookBlock.Kind?

    /// What is not ours in a file that we made.
    static let none = SHA256.hex(Array(HookBlock.shebang.utf8))

    /// Reads it; `nil` if there is none.
    init?(_ path: String, _ hook: HookName) {
        guard let data = FileManager.default.contents(atPath: path), data.count <= 1 << 20 else {
            return nil
        }
        let bytes = Array(data)
        whole = SHA256.hex(bytes)
        guard let (kind, range) = HookBlock.find(in: bytes) else {
            (rest, self.kind) = (whole, nil)
            return
        }
        rest = SHA256.hex(Array(bytes[..<range.lowerBound] + bytes[range.upperBound...]))
        // A link can lead to something else later.
        let isFile = (try? HookFiles(directory: "").entry(path))??.isFile ?? false
        let isExact =
            isFile && bytes[range].elementsEqual(HookBlock(hook: hook, kind: kind).text.utf8)
        self.kind = isExact ? kind : nil
    }
}

extension Tripwire {
    /// Whether a hook is new only in that our lines are in it, as `git draft hooks install` does.
    func isInstalled(_ name: String, _ old: State, _ new: State) -> Bool {
        let hook = "hooks/\(name.split(separator: "/").last ?? "")"
        guard let now = new.hooks[hook], let kind = now.kind else { return false }
        let before = old.hooks[hook]
        guard before?.whole != now.whole else { return false }
        let moved = "\(HookBlock.movedFolder)/\(hook.dropFirst("hooks/".count))"
        // What was moved is what stood there, and what stands there is ours alone.
        let isMoved =
            kind == .before && now.rest == HookText.none && before != nil
            && new.files[moved] == before?.whole
        guard name.hasPrefix("hooks/") else { return isMoved && old.files[moved] == nil }
        return isMoved
            || (kind != .before || before?.rest == now.rest)
                && now.rest == (before?.rest ?? HookText.none)
    }
}
