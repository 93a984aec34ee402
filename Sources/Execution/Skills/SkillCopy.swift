internal import Model

/// The copies of skills that agents read.
enum SkillCopy {
    /// Puts skills into a folder in the place of whatever is there; no link is followed.
    ///
    /// - Parameters:
    ///   - skills: The skills; without any, no folder is left.
    ///   - names: The folders on the way, the last of which is theirs alone.
    ///   - root: A directory of ours.
    /// - Throws: ``WorkspaceError`` if that is not possible.
    static func write(_ skills: [Skill], _ names: [String], in root: String) throws {
        guard let last = names.last else { return }
        let root = try Folder(trusted: root)
        let parent = try root.making(names.dropLast(), mode: 0o700)
        if parent.kind(last) != .missing { try parent.remove(last) }
        for skill in skills {
            for file in skill.files {
                let folders = [last, skill.id] + file.path.dropLast()
                let folder = try parent.making(folders, mode: 0o700)
                try folder.replace(
                    file.path.last ?? Skill.main, file.bytes,
                    mode: file.isExecutable ? 0o500 : 0o400)
            }
        }
    }

    /// The copies that an earlier process left for its agent.
    static func left(in files: JobFiles) -> [Skill] {
        guard let root = try? Folder(trusted: files.skills), let names = try? root.names() else {
            return []
        }
        return names.map { String(decoding: $0, as: UTF8.self) }.filter(SkillSettings.isID)
            .compactMap { try? SkillReading.skill($0, in: root) }
    }
}

/// A skill that an agent gets, and where its copy is.
struct SkillCopied: Sendable, Equatable {
    /// The skill.
    var skill: Skill
    /// The folder that holds its copy.
    var path: String

    /// The form in which a work order holds it; never its text.
    var json: JSON {
        [
            "layer": "skill", "id": .string(skill.id), "version": .string(skill.version),
            "hash": .string(skill.hash), "path": .string(path),
        ]
    }

    /// The file to begin with.
    var main: String { "\(path)/\(Skill.main)" }
}

extension Instruction {
    /// The layer of a skill.
    init(_ skill: Skill, in files: JobFiles) {
        self.init(
            layer: "skill", text: "",
            skill: SkillCopied(skill: skill, path: "\(files.skills)/\(skill.id)"))
    }
}
