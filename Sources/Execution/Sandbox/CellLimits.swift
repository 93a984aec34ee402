internal import CProcess
internal import Glibc
public import Model

/// How much of the machine a program and all that it starts may use.
public struct CellLimits: Hashable, Sendable {
    /// The bytes of memory, all processes together; three quarters of what there is.
    public var memory = Machine.memory / 4 * 3

    /// The processes, threads included.
    public var processes = 4096

    /// The bytes that may be added to what can be written.
    public var disk = Self.builtInDisk

    /// The bytes of one file.
    public var fileSize: Int64 = 10 << 30

    /// The seconds of processor time; `nil` leaves that to the time limits.
    public var cpuSeconds: Int?

    /// The open files of one process.
    public var openFiles = 65536

    /// Creates the built-in limits.
    public init() {}

    /// Creates the limits of a policy.
    public init(_ settings: SandboxLimits) {
        memory = settings.memory ?? memory
        processes = settings.processes ?? processes
        disk = settings.disk ?? disk
        fileSize = settings.fileSize ?? fileSize
        cpuSeconds = settings.cpuSeconds
    }

    /// The disk of who says nothing, where twice as much is free.
    private static let builtInDisk: Int64 = 20 << 30

    /// The limits that a supervisor holds a program to that may write some folders.
    func supervised(_ folders: [String]) -> ChildLimits {
        var limits = ChildLimits()
        limits.memory = memory
        limits.processes = processes
        limits.cpuSeconds = cpuSeconds
        limits.fileSize = fileSize
        limits.folders = folders
        limits.disk = disk
        if disk == Self.builtInDisk {
            let free = folders.map { unsafe cprocess_room($0).available }.filter { $0 >= 0 }.min()
            limits.disk = min(disk, (free ?? disk) / 2)
        }
        return limits
    }
}

/// The machine that we run on, or the part of it that a container gives us.
private enum Machine {
    /// Its memory, in bytes.
    static let memory: Int64 = {
        let pages = Int64(sysconf(Int32(_SC_PHYS_PAGES)))
        let bytes = pages * Int64(sysconf(Int32(_SC_PAGESIZE)))
        return min(max(bytes, 256 << 20), ControlGroup.memory ?? .max)
    }()
}

extension ChildCommand {
    /// The command, held to the limits of a cell from outside as well.
    ///
    /// - Parameter cell: What it may use, and write.
    /// - Returns: The command.
    func bounded(by cell: Cell) -> ChildCommand {
        var folders = [cell.isReadOnly ? "\(cell.workspace)/.draft" : cell.workspace]
        // Whoever walks through a folder does not follow it if it is a link.
        let writable = cell.writable.map { PlacePath.physical($0) ?? $0 }
        folders += [cell.gitDirectory].compactMap(\.self) + writable
        if let files = cell.files { folders += [files.output, files.home, files.temporary] }
        var command = self
        command.limits = cell.limits.supervised(folders)
        return command
    }
}
