internal import Glibc

extension GitProgram {
    /// The signal that git gets should we die first.
    static let terminate = SIGTERM

    /// The environment that git sees, but for what a single run adds.
    var profiledEnvironment: [String: String] {
        var result = environment
        result["LC_ALL"] = "C"
        guard case .control(let control) = profile else { return result }
        result = result.filter { !Self.isForeign($0.key) }
        result.merge(Self.isolation) { $1 }
        result["GIT_DIR"] = control.gitDirectory
        result["HOME"] = control.home
        if let workTree = control.workTree {
            result["GIT_WORK_TREE"] = workTree
            // A ceiling is not searched itself: nothing above the work tree is.
            result["GIT_CEILING_DIRECTORIES"] = Self.parent(of: workTree)
        }
        return result
    }

    /// What git is told on its command line, where no configuration overrules it.
    var settings: [String] {
        guard case .control(let control) = profile else { return [] }
        let excludes = "core.excludesFile=\(control.excludesFile ?? "/dev/null")"
        return (Self.overrides + [excludes]).flatMap { ["-c", $0] }
    }

    /// Entries through which the environment would steer git or lead it to files.
    private static func isForeign(_ key: String) -> Bool {
        let names: Set = ["EDITOR", "VISUAL", "PAGER", "LESS", "SSH_ASKPASS", "EMAIL"]
        return key.hasPrefix("GIT_") || key.hasPrefix("XDG_") || names.contains(key)
    }

    private static let isolation = [
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
    ]

    private static let overrides = [
        "commit.gpgSign=false",
        "core.attributesFile=/dev/null",
        // Its own, which those that send objects to it do not share.
        "core.bigFileThreshold=512m",
        "core.fsmonitor=false",
        "core.hooksPath=/dev/null",
        "core.untrackedCache=false",
        "credential.helper=",
        "fetch.fsckObjects=true",
        "fetch.recurseSubmodules=false",
        "gc.auto=0",
        // Hooks of settings, which git has since 2.54, are in no directory.
        "hook.post-checkout.enabled=false",
        "hook.post-index-change.enabled=false",
        "hook.pre-auto-gc.enabled=false",
        "hook.reference-transaction.enabled=false",
        "log.showSignature=false",
        "maintenance.auto=false",
        "protocol.allow=never",
        "protocol.file.allow=always",
        "safe.bareRepository=explicit",
        "submodule.recurse=false",
    ]

    private static func parent(of path: String) -> String {
        let parent = path.utf8.split(separator: UInt8(ascii: "/")).dropLast()
        return parent.reduce("") { "\($0)/\(Substring($1))" }
    }
}
