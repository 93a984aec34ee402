/// How much of the machine a child may use, with all that it starts.
///
/// Only a child counts that is killed with its descendants, see
/// ``ChildCommand/killsDescendants``; a limit that is `nil` does not hold.
public struct ChildLimits: Hashable, Sendable {
    /// The bytes of memory, what it keeps in files without a disk included.
    public var memory: Int64?

    /// The processes and threads at the same time.
    public var processes: Int?

    /// The seconds of processor time.
    public var cpuSeconds: Int?

    /// The bytes that it may add to ``folders``.
    public var disk: Int64?

    /// The bytes of one file; others enforce it, here it is only told.
    public var fileSize: Int64?

    /// The folders that it may write.
    public var folders: [String] = []

    /// Whether the kernel holds the limits as well, where it lets us make control groups.
    public var usesControlGroups = true

    /// Creates limits of which none holds.
    public init() {}
}

/// A limit that a child did not keep.
public struct LimitBreach: Hashable, Sendable {
    /// Which one.
    public let kind: Kind

    /// How much is allowed.
    public let allowed: Int64

    /// How much was used, as far as anybody saw.
    public let used: Int64?

    /// What can be limited, by the names of `draft.yaml`.
    public enum Kind: String, CaseIterable, Sendable {
        /// Memory.
        case memory
        /// Processes and threads.
        case processes
        /// Disk, all files together.
        case disk
        /// One file.
        case fileSize = "file_size"
        /// Processor time.
        case cpuSeconds = "cpu_seconds"
    }

    /// Creates one.
    public init(_ kind: Kind, allowed: Int64, used: Int64? = nil) {
        self.kind = kind
        self.allowed = allowed
        self.used = used
    }
}

extension LimitBreach: CustomStringConvertible {
    /// One line for people, such as "limit of memory: 1.2 GiB, at most 1.0 GiB".
    public var description: String {
        let most = "at most \(text(allowed))"
        return "limit of \(kind.rawValue): " + (used.map { "\(text($0)), \(most)" } ?? most)
    }

    private func text(_ number: Int64) -> String {
        switch kind {
        case .processes: "\(number)"
        case .cpuSeconds: "\(number) s"
        case .memory, .disk, .fileSize: Self.bytes(number)
        }
    }

    /// A number of bytes in the largest unit that it has at least one of.
    static func bytes(_ number: Int64) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB"]
        guard number >= 1024 else { return "\(number) bytes" }
        var tenths = number / 1024 * 10 + number % 1024 * 10 / 1024
        var unit = 0
        while tenths >= 10240, unit < units.count - 1 {
            tenths /= 1024
            unit += 1
        }
        return "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}
