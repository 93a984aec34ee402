/// What keeps a job apart from the machine.
public enum SandboxMode: String, CaseIterable, Sendable {
    /// The best that works here.
    case auto

    /// Bubblewrap.
    case bwrap

    /// A container.
    case container

    /// Nothing.
    case none
}

/// `sandbox`: what a job can reach, and how much of the machine it may use.
public struct SandboxSettings: Hashable, Sendable {
    /// What keeps a job apart.
    public var mode: SandboxMode

    /// Whether the file names a mode at all; where it does not, the person's setting holds.
    public var namesMode: Bool

    /// Whether a job is refused where nothing keeps it apart.
    public var require: Bool

    /// Hosts that a job may talk to, each a name, or a name and a port.
    public var network: [String]

    /// Paths outside the worktree that a job may write.
    public var writable: [String]

    /// How much of the machine a job may use.
    public var limits: SandboxLimits

    /// The image of a container; `nil` is one that is made for the repository.
    public var image: String?

    /// Variables of the user's environment that a job gets besides the usual ones.
    public var environment: [String]

    /// Creates the settings.
    public init(
        mode: SandboxMode = .auto, namesMode: Bool = false, require: Bool = false,
        network: [String] = [], writable: [String] = [], limits: SandboxLimits = SandboxLimits(),
        image: String? = nil, environment: [String] = []
    ) {
        self.mode = mode
        self.namesMode = namesMode
        self.require = require
        self.network = network
        self.writable = writable
        self.limits = limits
        self.image = image
        self.environment = environment
    }

    /// Everything that the file says, as what a person accepts; `nil` if it says nothing.
    public var json: JSON? {
        guard self != SandboxSettings() else { return nil }
        return [
            "mode": namesMode ? .string(mode.rawValue) : nil, "require": .bool(require),
            "network": JSON(network), "writable": JSON(writable), "limits": limits.json,
            "image": JSON(image), "environment": JSON(environment),
        ]
    }
}

/// `sandbox.limits`: how much of the machine a job may use; what is `nil` is built in.
public struct SandboxLimits: Hashable, Sendable {
    /// The bytes of memory that all processes of a command have together.
    public var memory: Int64?

    /// The processes of a command at the same time, threads included.
    public var processes: Int?

    /// The bytes that a command may add to what it can write.
    public var disk: Int64?

    /// The bytes of one file.
    public var fileSize: Int64?

    /// The seconds of processor time of one process.
    public var cpuSeconds: Int?

    /// Creates limits.
    public init(
        memory: Int64? = nil, processes: Int? = nil, disk: Int64? = nil, fileSize: Int64? = nil,
        cpuSeconds: Int? = nil
    ) {
        self.memory = memory
        self.processes = processes
        self.disk = disk
        self.fileSize = fileSize
        self.cpuSeconds = cpuSeconds
    }

    /// What the file says; only what it does say.
    public var json: JSON {
        var members: JSONObject = [:]
        if let memory { members["memory"] = .integer(memory) }
        if let processes { members["processes"] = .integer(Int64(processes)) }
        if let disk { members["disk"] = .integer(disk) }
        if let fileSize { members["file_size"] = .integer(fileSize) }
        if let cpuSeconds { members["cpu_seconds"] = .integer(Int64(cpuSeconds)) }
        return .object(members)
    }

    /// Reads a number of bytes: digits, and one of K, M, G and T for powers of 1024.
    ///
    /// - Returns: The number; `nil` if the text is none, is 0, or is more than 2⁶².
    public static func bytes(_ text: String) -> Int64? {
        var digits = text.utf8[...]
        for ending in ["iB", "B"] where digits.count > 2 && digits.hasEnd(ending) {
            digits = digits.dropLast(ending.utf8.count)
            break
        }
        var shift: Int64 = 0
        if let unit = digits.last.flatMap({ units[$0] }) {
            shift = unit
            digits = digits.dropLast()
        }
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int64(String(Substring(digits))), number > 0,
            number <= (1 << 62) >> shift
        else { return nil }
        return number << shift
    }

    private static let units: [UInt8: Int64] = [
        UInt8(ascii: "K"): 10, UInt8(ascii: "M"): 20, UInt8(ascii: "G"): 30,
        UInt8(ascii: "T"): 40,
    ]
}

extension Substring.UTF8View {
    fileprivate func hasEnd(_ text: String) -> Bool {
        suffix(text.utf8.count).elementsEqual(text.utf8)
    }
}
