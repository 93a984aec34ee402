public import GitStore
internal import Glibc
internal import Model

/// What belongs to the user and must not change while work is executing.
public enum UserCheckout {
    /// Returns a digest of a user's checkout.
    ///
    /// It covers `HEAD`, the index, the stash, the settings, the hooks, all
    /// references but ours, and every file's bytes, mode and time of change.
    ///
    /// - Parameters:
    ///   - repository: The repository, opened in the checkout.
    ///   - prefix: Below which the branches of tickets are.
    /// - Returns: 64 hexadecimal digits.
    /// - Throws: ``WorkspaceError`` if something cannot be read.
    public static func fingerprint(
        _ repository: Repository, ticketBranches prefix: String = "refs/heads/goal/"
    ) throws -> String {
        var digest = SHA256()
        let own = try Folder(trusted: repository.gitDirectory)
        let common = try Folder(trusted: repository.commonDirectory)
        for name in ["HEAD", "index", "ORIG_HEAD", "FETCH_HEAD", "MERGE_HEAD", "config.worktree"] {
            digest.update(Array(name.utf8) + (try own.read(name) ?? []))
        }
        for name in ["config", "shallow"] {
            digest.update(Array(name.utf8) + (try common.read(name) ?? []))
        }
        for reference in try repository.references(under: "refs/") {
            let isOurs = ["refs/draft/", "refs/draft-local/", "refs/draft-remotes/", prefix]
                .contains { reference.name.utf8.starts(with: $0.utf8) }
            if !isOurs { digest.update(Array("\(reference.name) \(reference.id)\n".utf8)) }
        }
        if common.kind("hooks") == .folder {
            try add(common.folder("hooks".utf8), without: [], to: &digest)
        }
        let logs = ["logs/HEAD", "logs/refs/stash"]
        for name in logs { digest.update(Array(name.utf8) + ((try? own.read(name)) ?? [])) }
        if let work = repository.workDirectory {
            try add(Folder(trusted: work), without: [".git", ".draft"], to: &digest)
        }
        return SHA256.hex(of: digest.finish())
    }

    private static func add(
        _ folder: borrowing Folder, without excluded: Set<String>, to digest: inout SHA256
    ) throws {
        for name in try folder.names().sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            guard !excluded.contains(String(decoding: name, as: UTF8.self)) else { continue }
            var status = stat()
            let terminated = Folder.terminated(name)
            let number = folder.descriptor.number
            guard unsafe fstatat(number, terminated, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
                throw Folder.failure("read '\(folder.path)'", errno)
            }
            let kind = Folder.kind(of: status)
            // The time of a directory changes with `.draft`, which is ours.
            let time = kind == .folder ? [] : [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
            digest.update(name + Array(" \(status.st_mode) \(status.st_size) \(time)\n".utf8))
            switch kind {
            case .folder: try add(folder.folder(name), without: [], to: &digest)
            case .file: digest.update(try folder.read(name) ?? [])
            case .link:
                var target = [CChar](repeating: 0, count: 4096)
                let count = unsafe readlinkat(number, terminated, &target, target.count)
                digest.update(target.prefix(max(0, count)).map { UInt8(bitPattern: $0) })
            default: break
            }
        }
    }
}
