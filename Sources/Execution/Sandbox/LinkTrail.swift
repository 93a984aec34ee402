internal import Glibc

/// Follows many links that lead to few folders, and finds the way to each of these once.
///
/// It ends where `realpath` does.
struct LinkTrail {
    private var folders: [[UInt8]: String?] = [:]

    /// As many links as the kernel follows.
    private static let limit = 40

    /// The path that remains when all links are followed; `nil` if it leads nowhere.
    mutating func end(of path: String) -> String? {
        var next = path
        for _ in 0..<Self.limit {
            let name = PlacePath.name(next)
            let isPlain = next.utf8.last != UInt8(ascii: "/") && ![".", "..", ""].contains(name)
            guard isPlain else { return PlacePath.physical(next) }
            guard let folder = physical(PlacePath.parent(next)) else { return nil }
            let place = folder.utf8.elementsEqual("/".utf8) ? "/\(name)" : "\(folder)/\(name)"
            switch Self.target(of: place) {
            case .success(nil): return place
            case .success(let target?):
                next = target.utf8.first == UInt8(ascii: "/") ? target : "\(folder)/\(target)"
            case .failure: return nil
            }
        }
        return nil
    }

    private mutating func physical(_ folder: String) -> String? {
        let key = Array(folder.utf8)
        if let known = folders[key] { return known }
        let found = PlacePath.physical(folder)
        folders[key] = found
        return found
    }

    private struct Nowhere: Error {}

    /// What a link says; `nil` if there is something else.
    private static func target(of path: String) -> Result<String?, Nowhere> {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlink(path, &buffer, buffer.count)
        if count < 0 { return errno == EINVAL ? .success(nil) : .failure(Nowhere()) }
        guard count > 0, count < buffer.count else { return .failure(Nowhere()) }
        let bytes = buffer[..<count].map { UInt8(bitPattern: $0) }
        return .success(String(decoding: bytes, as: UTF8.self))
    }
}
