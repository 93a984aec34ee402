internal import Glibc

/// Places that hold keys, log-ins or what decides how the user's own programs run.
enum PrivatePlace {
    /// How such files and folders are called, wherever they are.
    static let names: Set<String> = [
        ".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker", ".config", ".netrc", ".npmrc",
        ".pypirc", ".pgpass", ".my.cnf", ".git-credentials", ".gitconfig", ".env", ".vault-token",
        ".bash_history", ".terraformrc", ".terraform.d", "credentials", "credentials.toml",
        "credentials.json", "auth.json", "id_rsa", "id_ed25519",
        ".zsh_history", ".python_history", ".password-store", ".authinfo", ".authinfo.gpg",
        ".s3cfg", ".boto", ".oci", ".pki", ".mozilla", ".thunderbird", ".git", ".claude",
        ".codex", ".gemini", ".databrickscfg", ".snowflake", "keyrings", "id_ecdsa", "id_dsa",
    ]

    /// The step of a path that makes it private; `nil` if none does.
    static func step(in path: String) -> String? {
        path.utf8.split(separator: UInt8(ascii: "/")).lazy.map { String(Substring($0)) }
            .first(where: names.contains)
    }

    /// What lies right in a folder and is private, but for one name; `nil` if nothing does.
    static func entry(of folder: String, besides name: String = "") -> String? {
        names.subtracting([name]).sorted().first {
            PlacePath.kind("\(folder)/\($0)") != .missing
        }
    }
}

/// What settings of a repository name by its path, such as the program of an agent.
///
/// Whoever writes them may name anything, hence of the machine no more is shown than the one
/// file, and only if it is a program.
enum NamedFile {
    /// Where the file is that a sandbox shows for a path.
    ///
    /// - Parameters:
    ///   - path: What the settings name.
    ///   - tree: The user's checkout, of which any file may be named; `nil` if there is none.
    ///   - writable: The folders that are shown anyway.
    /// - Returns: The path of a regular file, without links; `nil` if nothing is to be shown.
    static func shown(_ path: String, tree: String?, writable: [String] = []) -> String? {
        guard path.utf8.first == UInt8(ascii: "/"), let file = PlacePath.physical(path),
            PlacePath.kind(file) == .file, PrivatePlace.step(in: file) == nil,
            !PlacePath.isWithin(
                file, any: ToolchainRoots.system + ["/etc", "/proc", "/sys", "/dev"]),
            !PlacePath.isWithin(file, any: writable.compactMap(PlacePath.physical))
        else { return nil }
        if let tree = tree.flatMap(PlacePath.physical), PlacePath.isWithin(file, tree) {
            return file
        }
        return Launch.isProgram(file) ? file : nil
    }
}

extension Cell {
    /// Whether the user has a program, and not only somebody who names its path.
    func isOwn(_ program: String) -> Bool {
        func isSame(_ path: String?) -> Bool {
            path.map { $0.utf8.elementsEqual(program.utf8) } ?? false
        }
        return ownPrograms.contains(where: isSame)
            || isSame(Launch.find(PlacePath.name(program), in: userEnvironment["PATH"]).path)
    }

    /// The single files that are shown because settings name them.
    ///
    /// - Parameter path: One more path that they may name.
    /// - Returns: Paths without links.
    func namedFiles(and path: String) -> [String] {
        var files: [String] = []
        let writable = writable + [workspace]
        for name in programs + [path] {
            guard let file = NamedFile.shown(name, tree: checkout, writable: writable) else {
                continue
            }
            files.append(file)
            // What a program that is named names in turn is no more trusted.
            if let interpreter = ToolchainRoots.interpreter(of: file),
                let other = NamedFile.shown(interpreter, tree: nil, writable: writable)
            {
                files.append(other)
            }
        }
        return files
    }
}
