/// A folder outside of the work tree that a policy lets jobs write.
struct OpenedPlace {
    /// Where it is, by the name that the policy gives it.
    let path: String

    /// Where that leads.
    private let place: String

    /// Looks at a folder.
    ///
    /// - Parameters:
    ///   - path: What the policy says.
    ///   - hidden: The home and the repository, which it must not hold, and the last of which it
    ///     must not be in.
    ///   - programs: The user's `PATH`, of whose folders it must hold none.
    /// - Throws: ``ExecutionError`` if it is not there, or must not be written.
    init(
        _ path: String, beside hidden: [String], path programs: String?
    ) throws(ExecutionError) {
        func refusal(_ reason: String) -> ExecutionError {
            ExecutionError(
                .invalidArgument, "open '\(path)' of 'sandbox.writable'", reason: reason)
        }
        guard let place = PlacePath.physical(path), PlacePath.isFolder(place) else {
            throw refusal("there is no such directory")
        }
        let kept = hidden.compactMap(PlacePath.physical)
        if let held = kept.first(where: { PlacePath.isWithin($0, place) }) {
            throw refusal("'\(held)' is in it")
        }
        let isGits = kept.contains {
            PlacePath.isWithin(place, $0) && PlacePath.isThere("\($0)/HEAD")
        }
        guard !isGits else { throw refusal("it is in the git directory") }
        guard !PlacePath.isWithin(place, any: ToolchainRoots.system + Self.closed) else {
            throw refusal("it is the system's")
        }
        if let step = PrivatePlace.step(in: place) {
            throw refusal("'\(step)' is where people keep keys and settings")
        }
        if let entry = PrivatePlace.entry(of: place) {
            throw refusal("'\(place)/\(entry)' is in it")
        }
        let folders = (programs ?? "").utf8.split(separator: UInt8(ascii: ":"))
            .filter { $0.first == UInt8(ascii: "/") }
            .compactMap { PlacePath.physical(String(Substring($0))) }
        if let folder = folders.first(where: { PlacePath.isWithin($0, place) }) {
            throw refusal("'\(folder)' of your PATH is in it")
        }
        self.path = path
        self.place = place
    }

    private static let closed = ["/etc", "/proc", "/sys", "/dev", "/run", "/boot"]

    /// The folder, to be written.
    var mount: Mount { Mount(path: path, what: .writable(place)) }
}
