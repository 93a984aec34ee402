internal import Glibc
internal import Model

extension Board {
    /// The identity of this clone as a writer: 16 characters.
    ///
    /// It is kept in the common git directory, together with the device and inode of that
    /// directory: a copied directory makes an identity of its own. The caller holds the lock.
    ///
    /// All who share the repository read it; with an identity of their own, one would take
    /// the other's jobs for those of a clone that is gone.
    func replica() throws -> String {
        let file = privateDirectory + "/replica"
        let place = try directoryIdentity()
        if let text = try repository.readSmallFile(file) {
            let lines = text.split(separator: "\n").map(String.init)
            if lines.count == 2, Crockford.isValid(lines[0]), lines[1] == place { return lines[0] }
        }
        let replica = context.newID()
        try repository.replaceFile(file, with: "\(replica)\n\(place)\n", mode: 0o644)
        return replica
    }

    /// The identity of this clone as a writer, for reading commands; `nil` if it never wrote.
    public func replicaIfAny() throws -> String? {
        guard let text = try repository.readSmallFile(privateDirectory + "/replica") else {
            return nil
        }
        let lines = text.split(separator: "\n").map(String.init)
        return try lines.count == 2 && lines[1] == directoryIdentity() ? lines[0] : nil
    }

    private func directoryIdentity() throws -> String {
        var status = stat()
        guard stat(privateDirectory, &status) == 0 else {
            throw BoardError(.damaged, "cannot look at '\(privateDirectory)'")
        }
        return "\(status.st_dev) \(status.st_ino)"
    }
}
