internal import Glibc
internal import Model

/// Why a folder is no skill that can be used.
struct SkillFlaw: Error, Hashable {
    /// One line.
    let reason: String
}

/// Reads the folder of a skill; no link is followed, and nothing in it is run.
struct SkillReading {
    private let id: String
    private var files: [Skill.File] = []
    private var size = 0

    /// The most files of a skill.
    static let fileLimit = 200
    /// The most bytes of a skill: 1 MiB.
    static let sizeLimit = 1 << 20
    private static let depthLimit = 8

    private init(_ id: String) { self.id = id }

    /// Reads a skill.
    ///
    /// - Parameters:
    ///   - id: The name of its folder.
    ///   - root: The directory of all skills.
    /// - Returns: The skill; `nil` if there is none of that name.
    /// - Throws: ``SkillFlaw`` if it cannot be used.
    static func skill(_ id: String, in root: borrowing Folder) throws -> Skill? {
        switch root.kind(id) {
        case .missing: return nil
        case .folder: break
        case .link: throw SkillFlaw(reason: "it is a symbolic link")
        default: throw SkillFlaw(reason: "it is no folder")
        }
        var reading = SkillReading(id)
        do {
            try reading.read(root.folder(id.utf8), [])
        } catch let error as WorkspaceError {
            throw SkillFlaw(reason: error.reason)
        }
        guard let skill = Skill(id: id, files: reading.files) else {
            throw SkillFlaw(reason: "it has no \(Skill.main)")
        }
        return skill
    }

    private mutating func read(_ folder: borrowing Folder, _ path: [String]) throws {
        guard path.count < Self.depthLimit else {
            throw SkillFlaw(reason: "its folders are too deep")
        }
        for bytes in try folder.names() {
            guard let name = String(validating: bytes, as: UTF8.self) else {
                throw SkillFlaw(reason: "the name of a file is no UTF-8")
            }
            // A skill may be a repository of its own.
            guard name.lowercased() != ".git" else { continue }
            let path = path + [name]
            switch folder.kind(name) {
            case .folder: try read(folder.folder(name.utf8), path)
            case .file: try read(name, in: folder, path)
            case .link:
                throw SkillFlaw(reason: "'\(path.joined(separator: "/"))' is a symbolic link")
            case .missing: continue
            case .other, .denied:
                throw SkillFlaw(reason: "'\(path.joined(separator: "/"))' cannot be read")
            }
        }
    }

    private mutating func read(
        _ name: String, in folder: borrowing Folder, _ path: [String]
    ) throws {
        guard let bytes = try folder.read(name, limit: Self.sizeLimit + 1 - size) else {
            throw SkillFlaw(reason: "'\(path.joined(separator: "/"))' cannot be read")
        }
        size += bytes.count
        guard size <= Self.sizeLimit else { throw SkillFlaw(reason: "it is larger than 1 MiB") }
        guard files.count < Self.fileLimit else {
            throw SkillFlaw(reason: "it has more than \(Self.fileLimit) files")
        }
        files.append(
            Skill.File(path: path, bytes: bytes, isExecutable: folder.isExecutable(name)))
    }
}

extension Folder {
    /// Whether a file may be run by its owner.
    fileprivate func isExecutable(_ name: String) -> Bool {
        var status = stat()
        return unsafe fstatat(descriptor.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0
            && status.st_mode & S_IXUSR != 0
    }
}
