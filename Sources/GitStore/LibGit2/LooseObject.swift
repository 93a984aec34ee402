internal import CGit2
internal import CZlib
internal import Glibc

/// What an object is.
public enum ObjectKind: String, Hashable, Sendable {
    /// The contents of a file.
    case blob
    /// A folder.
    case tree
    /// A commit.
    case commit
    /// An annotated tag.
    case tag

    var raw: git_object_t {
        switch self {
        case .blob: GIT_OBJECT_BLOB
        case .tree: GIT_OBJECT_TREE
        case .commit: GIT_OBJECT_COMMIT
        case .tag: GIT_OBJECT_TAG
        }
    }

    init?(_ raw: git_object_t) {
        switch raw {
        case GIT_OBJECT_BLOB: self = .blob
        case GIT_OBJECT_TREE: self = .tree
        case GIT_OBJECT_COMMIT: self = .commit
        case GIT_OBJECT_TAG: self = .tag
        default: return nil
        }
    }
}

/// The contents of an object, and what it is.
struct RawObject {
    let kind: ObjectKind
    let bytes: [UInt8]
}

/// A file that holds one object.
///
/// Read by code of our own: libgit2 1.5 never returns from inflating a file that was cut off.
struct LooseObject {
    let id: ObjectID
    let path: String

    init(_ id: ObjectID, in directory: String) {
        let digits = id.description
        self.id = id
        path = "\(directory)/\(digits.prefix(2))/\(digits.dropFirst(2))"
    }

    /// Whether the file exists.
    var exists: Bool {
        var status = stat()
        return stat(path, &status) == 0
    }

    /// Reads and verifies the object; `nil` if there is no such file.
    func read(limit: Int) throws(GitError) -> RawObject? {
        guard let file = try contents() else { return nil }
        let object = try inflate(file, limit: limit)
        var raw = git_oid()
        try check("verify object '\(id)'") {
            object.bytes.withUnsafeBytes {
                git_odb_hash(&raw, $0.baseAddress, $0.count, object.kind.raw)
            }
        }
        guard ObjectID(raw) == id else { throw corrupt("has other contents than its name says") }
        return object
    }

    /// Reads how many bytes the object has, and not them; `nil` if there is no such file.
    func size() throws(GitError) -> Int? {
        guard let file = try contents() else { return nil }
        return try inflating(file) { (stream) throws(GitError) in
            let (head, status) = Self.head(stream)
            try verify(status, of: stream.pointee)
            return try header(head, isWhole: status == Z_STREAM_END).size
        }
    }

    private func contents() throws(GitError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            guard errno != ENOENT, errno != ENOTDIR else { return nil }
            throw unreadable(errno)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw unreadable(errno) }
        let size = Int(status.st_size)
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size, let start = buffer.baseAddress {
                let length = Glibc.read(descriptor, start + count, size - count)
                if length < 0, errno == EINTR { continue }
                if length < 0 { failure = errno }
                guard length > 0 else { return }
                count += length
            }
        }
        guard failure == 0 else { throw unreadable(failure) }
        return bytes
    }

    private func unreadable(_ number: Int32) -> GitError {
        GitError(code: .system, action: "read object '\(id)'", reason: systemReason(number))
    }

    private func corrupt(_ why: String) -> GitError {
        GitError(.corrupt, "object \(id) \(why)", hint: "git fsck --full")
    }

    private var truncated: GitError {
        GitError(.truncated, "object \(id) is truncated", hint: "git fsck --full")
    }
}

// MARK: - Inflating

extension LooseObject {
    /// The longest header there can be, such as "commit 123\0".
    private static let headerLimit = 32

    /// Inflates a file whose size and end are checked; every call to zlib makes progress or ends.
    private func inflate(_ file: [UInt8], limit: Int) throws(GitError) -> RawObject {
        try inflating(file) { (stream) throws(GitError) in
            try inflate(stream, fileSize: file.count, limit: limit)
        }
    }

    private func inflating<Value>(
        _ file: [UInt8],
        _ body: (UnsafeMutablePointer<z_stream>) throws(GitError) -> Value
    ) throws(GitError) -> Value {
        // On the heap, since zlib remembers the address of its stream.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        let size = Int32(MemoryLayout<z_stream>.size)
        guard inflateInit_(stream, ZLIB_VERSION, size) == Z_OK else {
            throw GitError(.system, "cannot initialise zlib")
        }
        defer { inflateEnd(stream) }
        let result = file.withUnsafeBufferPointer { input in
            stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.pointee.avail_in = UInt32(clamping: input.count)
            return Result { () throws(GitError) in try body(stream) }
        }
        return try result.get()
    }

    /// Inflates the first bytes.
    private static func head(
        _ stream: UnsafeMutablePointer<z_stream>
    ) -> (bytes: [UInt8], status: Int32) {
        var status = Z_OK
        let bytes = [UInt8](unsafeUninitializedCapacity: 512) { buffer, count in
            stream.pointee.next_out = buffer.baseAddress
            stream.pointee.avail_out = UInt32(buffer.count)
            status = CZlib.inflate(stream, Z_SYNC_FLUSH)
            count = buffer.count - Int(stream.pointee.avail_out)
        }
        return (bytes, status)
    }

    private func inflate(
        _ stream: UnsafeMutablePointer<z_stream>, fileSize: Int, limit: Int
    ) throws(GitError) -> RawObject {
        let (head, beginning) = Self.head(stream)
        var status = beginning
        try verify(status, of: stream.pointee)
        let (kind, start, size) = try header(head, isWhole: status == Z_STREAM_END)
        guard size <= limit else {
            throw GitError(.tooLarge, "object \(id) has \(size) bytes, more than \(limit)")
        }
        // zlib cannot do better than 1032 to 1, so a short file cannot hold that much.
        guard size / 1032 <= fileSize + 1 else { throw truncated }
        let known = head.count - start
        guard known <= size else { throw corrupt("is longer than its header says") }
        let bytes = [UInt8](unsafeUninitializedCapacity: size + 1) { buffer, count in
            _ = buffer.initialize(from: head[start...])
            count = known
            guard status != Z_STREAM_END, let start = buffer.baseAddress else { return }
            stream.pointee.next_out = start + known
            stream.pointee.avail_out = UInt32(clamping: size + 1 - known)
            status = CZlib.inflate(stream, Z_FINISH)
            count = size + 1 - Int(stream.pointee.avail_out)
        }
        guard bytes.count <= size else { throw corrupt("is longer than its header says") }
        guard status == Z_STREAM_END else {
            try verify(status, of: stream.pointee)
            throw truncated
        }
        guard bytes.count == size else { throw truncated }
        guard stream.pointee.avail_in == 0 else { throw corrupt("is followed by something else") }
        return RawObject(kind: kind, bytes: bytes)
    }

    private func verify(_ status: Int32, of stream: z_stream) throws(GitError) {
        switch status {
        case Z_OK, Z_STREAM_END: break
        case Z_BUF_ERROR: if stream.avail_in == 0 { throw truncated }
        default: throw corrupt("cannot be decompressed")
        }
    }

    private func header(
        _ head: [UInt8], isWhole: Bool
    ) throws(GitError) -> (kind: ObjectKind, start: Int, size: Int) {
        guard let end = head.prefix(Self.headerLimit).firstIndex(of: 0) else {
            if head.count < Self.headerLimit, !isWhole { throw truncated }
            throw corrupt("has no valid header")
        }
        let words = head[..<end].split(
            separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard words.count == 2,
            let kind = ObjectKind(rawValue: String(decoding: words[0], as: UTF8.self)),
            let size = Int(String(decoding: words[1], as: UTF8.self)), size >= 0
        else { throw corrupt("has no valid header") }
        return (kind, end + 1, size)
    }
}
