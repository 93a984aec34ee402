import Configuration
import Model
import Testing

@Suite struct DraftSkillsTests {
    @Test func `skills are those of all tickets, then those of their labels`() throws {
        let skills = try DraftYAML.load(
            "skills: {dir: a/b, defaults: [z, a], by_label: {ui: [a, y], api: [x]}}", cores: 1
        ).policy.skills
        #expect(skills.dir == "a/b" && skills.ids == ["a", "x", "y", "z"])
        let chosen = skills.chosen(for: ["ui", "other", "api"])
        #expect(chosen.map(\.id) == ["z", "a", "x", "y"])
        #expect(chosen.map(\.why) == ["default", "default", "label api", "label ui"])
    }

    @Test(
        arguments: [
            ("dir: ../x", "'skills.dir' must be a folder inside the repository, not '../x'"),
            ("dir: /etc", "'skills.dir' must be a folder inside the repository, not '/etc'"),
            ("dir: .git/x", "'skills.dir' must be a folder inside the repository, not '.git/x'"),
            ("defaults: [../x]", "'skills.defaults' must be a list of names of folders, not"),
            ("defaults: [.x]", "'skills.defaults' must be a list of names of folders, not"),
            ("by_label: {ui: [a/b]}", "'skills.by_label.ui' must be a list of names of folders"),
            ("by_label: {ui: a}", "'skills.by_label.ui' must be a list, not"),
        ])
    func `a path that leads elsewhere is refused`(text: String, message: String) {
        let said = refusal { _ = try DraftYAML.load("skills: {\(text)}", cores: 1) }
        #expect(said.count == 1 && said[0].hasPrefix("draft.yaml:1: \(message)"))
    }
}
