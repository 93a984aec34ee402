import Model

/// Which skills agents get.
extension DraftReader {
    /// Reads `skills`.
    func readSkills(into policy: inout Policy) {
        let keys = ["dir", "defaults", "by_label"]
        guard let section = root.section("skills", known: keys) else { return }
        if let dir = section.string("dir") {
            if Self.isFolder(dir) {
                policy.skills.dir = dir
            } else {
                section.fail("dir", "must be a folder inside the repository, not '\(shown(dir))'")
            }
        }
        policy.skills.defaults = skills(section, "defaults")
        guard let labels = section.section("by_label", known: []) else { return }
        for entry in labels.present {
            policy.skills.byLabel[entry.key] = skills(labels, entry.key)
        }
    }

    private func skills(_ section: Section, _ key: String) -> [String] {
        (section.list(key) ?? []).compactMap { node in
            guard let id = section.string(node, of: key) else { return nil }
            guard SkillSettings.isID(id) else {
                section.mismatch(key, "a list of names of folders", node)
                return nil
            }
            return id
        }
    }

    private static func isFolder(_ path: String) -> Bool {
        let names = path.split(separator: "/", omittingEmptySubsequences: false)
        return names.allSatisfy { name in
            !name.isEmpty && !same(String(name), ".") && !same(String(name), "..")
                && !same(name.lowercased(), ".git")
        }
    }
}
