import Foundation
import GitStore
import Model
import TestSupport
import Testing

@testable import Execution

@Suite struct SkillTests {
    private let bench: WorkspaceBench

    init() throws {
        bench = try WorkspaceBench()
        try bench.user(
            """
            mkdir -p .draftsman-skills/review/scripts .draftsman-skills/plain
            printf -- '---\\nname: review\\ndescription: when in doubt\\nversion: "1.2"\\n---\\nDo it.\\n' \
                >.draftsman-skills/review/SKILL.md
            printf '#!/bin/sh\\n' >.draftsman-skills/review/scripts/run
            chmod +x .draftsman-skills/review/scripts/run
            echo Plain. >.draftsman-skills/plain/SKILL.md
            """)
    }

    private func shelf(
        _ ids: [String], byLabel: [String: [String]] = [:]
    ) throws -> SkillShelf {
        let head = try #require(try bench.repository.headCommit())
        return try SkillLibrary(bench.repository)
            .shelf(SkillSettings(defaults: ids, byLabel: byLabel), at: head)
    }

    private func choice(_ id: String) throws -> SkillChoice {
        try #require(try shelf([id]).all.first)
    }

    @Test func `a skill has a version and a hash, which all of it decides`() throws {
        let first = try #require(try choice("review").skill)
        #expect(first.version == "1.2" && first.hash.utf8.count == 64)
        #expect(first.isListed && first.files.map(\.path.last) == ["SKILL.md", "run"])
        let plain = try #require(try choice("plain").skill)
        #expect(plain.version == String(plain.hash.prefix(12)) && !plain.isListed)
        var hashes: Set = [first.hash]
        for change in [
            "chmod -x review/scripts/run", "echo more >>review/scripts/run",
            "mv review/scripts review/other", "mkdir review/.git; echo x >review/.git/x",
        ] {
            try bench.user("cd .draftsman-skills && \(change)")
            hashes.insert(try #require(try choice("review").skill).hash)
        }
        #expect(hashes.count == 4)
    }

    @Test(
        arguments: [
            ("ln -s /etc/passwd review/x", "'x' is a symbolic link"),
            ("ln -s / review/scripts/x", "'scripts/x' is a symbolic link"),
            ("mkfifo review/x", "'x' cannot be read"),
            ("rm review/SKILL.md", "it has no SKILL.md"),
            ("ln -sf ../plain/SKILL.md review/SKILL.md", "'SKILL.md' is a symbolic link"),
            ("head -c 1048577 /dev/zero >review/x", "it is larger than 1 MiB"),
            ("for i in $(seq 201); do echo >review/$i; done", "it has more than 200 files"),
            ("mkdir -p review/1/2/3/4/5/6/7/8/9", "its folders are too deep"),
            ("mv review x && ln -s x review", "it is a symbolic link"),
            ("rm -r review && echo >review", "it is no folder"),
            ("rm -r review", "missing"),
        ])
    func `what is no skill is not loaded`(change: String, why: String) throws {
        try bench.user("cd .draftsman-skills && { \(change)\n}")
        let choice = try choice("review")
        #expect(choice.why == why && !choice.isLoaded)
    }

    @Test func `a directory behind a link is no directory of skills`() throws {
        try bench.user("mv .draftsman-skills elsewhere && ln -s elsewhere .draftsman-skills")
        #expect(try !shelf(["review"]).isThere)
        #expect(throws: AdmissionError.self) { try shelf(["review"]).check() }
    }

    @Test func `each skill says why it is loaded, or why it is not`() throws {
        let hash = try #require(try choice("review").skill).hash
        try bench.user(
            """
            printf '# pinned\\n\\nreview 1.2 \(hash.uppercased())\\nplain 1 \(hash)\\n' >skills.lock
            mkdir .draftsman-skills/new && echo New. >.draftsman-skills/new/SKILL.md
            git add skills.lock && git commit -q -m lock && echo broken >skills.lock
            """)
        let chosen = try shelf(["review", "gone"], byLabel: ["ui": ["plain", "new"]])
            .chosen(for: ["ui"])
        #expect(
            chosen.map { [$0.id, $0.why] } == [
                ["review", "default"], ["gone", "missing"],
                ["plain", "hash differs from skills.lock"], ["new", "not in skills.lock"],
            ])
        #expect(chosen.map(\.isLoaded) == [true, false, false, false])
        #expect(
            chosen[0].listed
                == [
                    "layer": "skill", "id": "review", "version": "1.2", "hash": .string(hash),
                    "loaded": true, "why": "default",
                ])
    }

    @Test(arguments: ["review 1.2", "review 1 xyz", "../x 1 \(String(repeating: "a", count: 64))"])
    func `a lock that says nothing is an error with its line`(line: String) throws {
        try bench.user("printf '\\n\(line)\\n' >skills.lock; git add -A .; git commit -q -m lock")
        let error = #expect(throws: ExecutionError.self) { try shelf(["review"]) }
        #expect(error?.description.hasPrefix("cannot read 'skills.lock': line 2 must be") == true)
    }

    @Test func `a name that is not there is refused, with the nearest one`() throws {
        let error = #expect(throws: AdmissionError.self) { try shelf(["reveiw"]).check() }
        #expect(
            error?.description
                == "there is no skill 'reveiw' in '.draftsman-skills'; did you mean 'review'?")
        try shelf(["review"], byLabel: ["x": ["plain"]]).check()
        try shelf([]).check()
    }

    @Test func `what was accepted is what is used`() throws {
        let head = try #require(try bench.repository.headCommit())
        let library = SkillLibrary(bench.repository, readsOnce: true)
        let settings = SkillSettings(defaults: ["review"])
        let before = try library.shelf(settings, at: head).all
        try bench.user("echo more >>.draftsman-skills/review/SKILL.md")
        #expect(try library.shelf(settings, at: head).all == before)
        #expect(try shelf(["review"]).all != before)
    }

    @Test func `a copy is fresh, and follows no link`() throws {
        let skills = try shelf(["review", "plain"]).all.compactMap(\.skill)
        let root = bench.sandbox.root.appending(path: "job").path
        try bench.user(
            """
            mkdir -p '\(root)/outside' '\(root)/skills/old'; echo >'\(root)/skills/old/SKILL.md'
            """)
        try SkillCopy.write(skills, ["skills"], in: root)
        let look = "cd '\(root)' && find skills -type f -printf '%m %P\\n' | sort"
        let copies = "400 plain/SKILL.md\n400 review/SKILL.md\n500 review/scripts/run"
        #expect(try bench.user(look) == copies)
        try bench.user("rm -r '\(root)/skills'; ln -s '\(root)/outside' '\(root)/skills'")
        try SkillCopy.write(skills, ["skills"], in: root)
        #expect(try bench.user(look) == copies)
        #expect(try bench.user("ls '\(root)/outside'") == "")
        try SkillCopy.write([], ["skills"], in: root)
        #expect(try bench.user("ls '\(root)'") == "outside")
    }
}
