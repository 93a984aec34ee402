/// The hooks of git that call us.
public enum HookName: String, CaseIterable, Sendable {
    /// Before a push: may refuse it.
    case prePush = "pre-push"
    /// After a message was written: may add to it.
    case commitMsg = "commit-msg"
    /// After a commit.
    case postCommit = "post-commit"
    /// After a merge.
    case postMerge = "post-merge"
    /// After another branch was checked out.
    case postCheckout = "post-checkout"

    /// Whether it does something today; the others are there for the planner to come.
    public var isEffective: Bool { self == .prePush || self == .commitMsg }

    /// The line that calls us from a hook that is not ours to write.
    ///
    /// It passes where there is no `git-draft`, or a broken one, and also in a shell that ends
    /// at any failure.
    public var line: String {
        let end = self == .prePush ? "[ $? -ne 1 ] || exit 1" : ":"
        return
            "if command -v git-draft >/dev/null; then git-draft hook \(rawValue) \"$@\" || \(end); fi"
    }
}

/// The part of a hook that is ours: lines of POSIX sh between two marks.
struct HookBlock: Equatable {
    /// What else is in the file.
    enum Kind: String, CaseIterable {
        /// Nothing: the file is ours.
        case alone = "this file is git-draft's"
        /// A script that was there before, and goes on after our lines.
        case above = "your hook follows"
        /// Nothing, but what was there before was moved, and is run after our lines.
        case before = "your hook is in ../draft-hooks"
    }

    /// Which hook it is.
    let hook: HookName
    /// What else is in the file.
    let kind: Kind

    /// The folder, beside that of the hooks, of those that were moved.
    static let movedFolder = "draft-hooks"

    private static let opening = "# >>> git-draft hooks: "
    private static let closing = "# <<< git-draft hooks"

    /// The lines, each with its end.
    var text: String {
        var lines = ["\(Self.opening)\(kind.rawValue); 'git draft hooks uninstall' removes this"]
        switch (hook, kind) {
        case (.prePush, .alone): lines += Self.push
        case (.prePush, _): lines += Self.pushBeforeOthers
        default: lines += Self.other(hook)
        }
        if kind == .before {
            lines += [
                "git_draft_moved=${0%/*}/../\(Self.movedFolder)/\(hook.rawValue)",
                "if [ -x \"$git_draft_moved\" ]; then exec \"$git_draft_moved\" \"$@\"; fi",
            ]
        }
        return (lines + [Self.closing]).map { $0 + "\n" }.joined()
    }

    /// The file that holds the block and nothing else.
    var file: String { Self.shebang + text }

    /// The first line of a file of ours.
    static let shebang = "#!/bin/sh\n"

    private static let push =
        [
            "if command -v git-draft >/dev/null 2>&1; then",
            "    git_draft_status=0",
            "    git-draft hook pre-push \"$@\" || git_draft_status=$?",
        ] + verdict + missing

    /// What git says on standard input is for the hook that follows, too.
    private static let pushBeforeOthers =
        [
            "if command -v git-draft >/dev/null 2>&1; then",
            "    git_draft_refs=$(cat)",
            "    git_draft_status=0",
            "    printf '%s\\n' \"$git_draft_refs\" | git-draft hook pre-push \"$@\" ||",
            "        git_draft_status=$?",
        ] + verdict + [
            "    if [ -n \"$git_draft_refs\" ]; then",
            "        exec <<GIT_DRAFT_REFS",
            "$git_draft_refs",
            "GIT_DRAFT_REFS",
            "    else",
            "        exec </dev/null",
            "    fi",
        ] + missing

    /// Only what we refuse is refused; where we fail, nobody is locked out.
    private static let verdict = [
        "    case $git_draft_status in",
        "    0) ;;",
        "    1) exit 1 ;;",
        "    *) echo 'warning: git-draft failed; this push is not checked' >&2 ;;",
        "    esac",
    ]

    private static let missing = [
        "else",
        "    echo 'warning: git-draft is not on the PATH; this push is not checked' >&2",
        "fi",
    ]

    private static func other(_ hook: HookName) -> [String] {
        [
            "if command -v git-draft >/dev/null 2>&1; then",
            "    git-draft hook \(hook.rawValue) \"$@\" </dev/null || :",
            "fi",
        ]
    }

    /// Finds the block in a file, whichever version wrote it.
    ///
    /// - Returns: what is in the file beside it, and the bytes that are ours.
    static func find(in bytes: [UInt8]) -> (kind: Kind, range: Range<Int>)? {
        var start: (kind: Kind, offset: Int)?
        var offset = 0
        while offset < bytes.count {
            let end = bytes[offset...].firstIndex(of: 10).map { $0 + 1 } ?? bytes.count
            let line = bytes[offset..<end]
            if line.starts(with: opening.utf8) {
                let rest = line.dropFirst(opening.utf8.count)
                start = Kind.allCases.first { rest.starts(with: $0.rawValue.utf8) }
                    .map { ($0, offset) }
            } else if let start, line.starts(with: closing.utf8) {
                return (start.kind, start.offset..<end)
            }
            offset = end
        }
        return nil
    }
}

/// A hook of somebody else.
struct ForeignHook {
    /// What the file holds.
    let bytes: [UInt8]

    /// Where our lines go: behind the first line of a script for a shell; `nil` if it is none.
    ///
    /// In any other file our lines would be no commands, or the first line would not be found.
    var insertion: Int? {
        guard !bytes.contains(0) else { return nil }
        guard bytes.starts(with: "#!".utf8) else { return 0 }
        guard let end = bytes.firstIndex(of: 10), bytes[end - 1] != 13 else { return nil }
        var words = bytes[2..<end].split { $0 == 32 || $0 == 9 }[...]
        if words.first.map(Self.name) == "env" {
            words = words.dropFirst()
            if words.first?.elementsEqual("-S".utf8) == true { words = words.dropFirst() }
        }
        guard let shell = words.first.map(Self.name), Self.shells.contains(shell) else {
            return nil
        }
        return end + 1
    }

    /// Who writes such files, if that is known.
    var manager: String? {
        let marks = [
            ("File generated by pre-commit", "pre-commit"), ("LEFTHOOK", "lefthook"),
            ("husky", "husky"), ("overcommit", "overcommit"), ("git lfs", "git-lfs"),
        ]
        let text = String(decoding: bytes.prefix(16384), as: UTF8.self)
        return marks.first { text.contains($0.0) }?.1
    }

    private static let shells: Set = ["sh", "bash", "dash", "ksh", "mksh", "ash", "zsh"]

    private static func name(_ path: ArraySlice<UInt8>) -> String {
        let last = path.split(separator: UInt8(ascii: "/")).last ?? []
        return String(decoding: last, as: UTF8.self)
    }
}
