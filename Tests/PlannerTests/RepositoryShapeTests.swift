import Foundation
import GitStore
import Model
import TestSupport
import Testing

@testable import Planner

/// What is told of a repository to who plans.
@Suite struct RepositoryShapeTests {
    private func shape(
        _ sandbox: Sandbox, denied: [String] = [], values: [String] = []
    ) throws -> JSON {
        let repository = try Repository(
            containing: sandbox.workTree.path, environment: ["HOME": sandbox.root.path])
        let head = try #require(ObjectID(hex: sandbox.git("rev-parse", "HEAD")))
        return try RepositoryShape(
            of: head, in: repository, denied: denied.compactMap { PathPattern($0) },
            redactor: Redactor(values: values)
        ).json
    }

    private func commit(_ sandbox: Sandbox, _ files: [String: String]) throws {
        for (path, text) in files { try sandbox.write(path, text) }
        try sandbox.git("add", "--all", "--force")
        try sandbox.git("commit", "-q", "-m", "add \(files.count) files")
    }

    @Test func `files, languages, the README, marks and history are told`() throws {
        let sandbox = try Sandbox()
        try commit(
            sandbox,
            [
                "README.md": "# Counter\n\nCounts.\n", "src/a.c": "int a;\n// TODO: b too\n",
                "src/deep/b.c": "int b; // TODOS are none\n", "Makefile": "all:\n\t# FIXME(me)\n",
                "image.png": "\u{0}TODO\n",
            ])
        try sandbox.commitFile("src/c.h", "// HACKED\n", message: "Add a header")
        let shape = try shape(sandbox)
        let files = try #require(shape["files"]?.array)
        #expect(
            files.map { $0["path"]?.string } == [
                "Makefile", "README.md", "image.png", "src/a.c", "src/c.h", "src/deep/b.c",
            ])
        #expect(files[1]["size"] == 19 && shape["file_count"] == 6)
        #expect(shape["languages"]?.array?.first == ["extension": "c", "files": 2])
        #expect(shape["readme"] == ["path": "README.md", "text": "# Counter\n\nCounts.\n"])
        #expect(
            shape["markers"] == [
                ["path": "Makefile", "line": 2, "text": "# FIXME(me)"],
                ["path": "src/a.c", "line": 2, "text": "// TODO: b too"],
            ])
        #expect(shape["history"] == ["Add a header", "add 5 files"])
        #expect(shape["left_out"] == [])
    }

    @Test func `what may be secret or must not change is left out`() throws {
        let sandbox = try Sandbox()
        let token = "ghp_" + String(repeating: "a1B2", count: 9)
        try commit(
            sandbox,
            [
                ".env": "A=TODO", "deploy/.env.local": "B=1", "key.pem": "TODO", "id_rsa": "x",
                "infra/main.tf": "# TODO infra", "notes.txt": "TODO use \(token)\nTODO hunter2222",
                "config/secrets.yml": "TODO",
            ])
        let shape = try shape(sandbox, denied: ["infra/**"], values: ["hunter2222"])
        #expect(shape["files"]?.array?.map { $0["path"] } == ["notes.txt"])
        let text = shape.line
        for word in [token, "hunter2222", "infra", ".env", "pem", "id_rsa", "secrets.yml"] {
            #expect(!text.contains(word), "\(word)")
        }
        #expect(shape["markers"]?.array?.first?["text"] == "TODO use [redacted]")
        #expect(
            shape["left_out"] == [
                "6 files are left out, since they are denied or may hold secrets"
            ])
    }

    @Test func `what is assigned to a name that looks secret is not told`() throws {
        let sandbox = try Sandbox()
        let readme = """
            # Deploying
            export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI now
            password: hunter2hunter2 and more
            {"apiKey": "aaaa\\"bbbb", "port": 80, "client-secret":"cccc"}
            - **Token** : dddd
            <db-password>eeee</db-password>
            passwords["db"] = 'ffff'; port = 80
            Password (prod): gggg
            GITHUB_PAT := hhhh
            private_key: |
              iiii

              jjjj
            secrets:
            - kkkk
            - db:
                user: llll
            region: eu-west-1
            Auth::new(x) -> https://example.org/a?b=c
            """
        try commit(
            sandbox, ["README.md": readme, "a.c": "// TODO password=hunter3hunter3 remove\n"])
        try sandbox.commitFile("b", "b", message: "rotate DB_PASSWD=hunter4hunter4")
        let shape = try shape(sandbox)
        #expect(
            shape["readme"]?["text"]?.string == """
                # Deploying
                export AWS_SECRET_ACCESS_KEY=[redacted] now
                password: [redacted]
                {"apiKey": [redacted], "port": 80, "client-secret":[redacted]}
                - **Token** : [redacted]
                <db-password>[redacted]</db-password>
                passwords["db"] = [redacted]; port = 80
                Password (prod): [redacted]
                GITHUB_PAT := [redacted]
                private_key: [redacted]
                  [redacted]

                  [redacted]
                secrets:
                [redacted]
                [redacted]
                    [redacted]
                region: eu-west-1
                Auth::new(x) -> https://example.org/a?b=c
                """)
        #expect(shape["markers"]?.array?.first?["text"] == "// TODO password=[redacted] remove")
        #expect(shape["history"]?.array?.first == "rotate DB_PASSWD=[redacted]")
    }

    @Test func `it stays within its budget, and says what was cut`() throws {
        let sandbox = try Sandbox()
        let long = String(repeating: "x", count: 150)
        var files: [String: String] = [:]
        for number in 1...900 { files["\(long)/\(number).txt"] = "TODO \(number) \(long)" }
        files["README"] = String(repeating: "\u{1}\u{2}\n", count: 9000)
        try commit(sandbox, files)
        let shape = try shape(sandbox)
        #expect(shape.canonical.count <= RepositoryShape.budget)
        #expect(shape["file_count"] == 901)
        let listed = try #require(shape["files"]?.array).count
        #expect(listed > 50)
        let cut = try #require(shape["left_out"]?.array).compactMap(\.string)
        #expect(cut.contains("\(901 - listed) of 901 files are not listed"))
        #expect(cut.contains("of 'README' only the beginning"))
        #expect(cut.contains { $0.hasSuffix(" more open marks") })
    }

    @Test func `what comes after enough was looked through is not called long`() throws {
        let sandbox = try Sandbox()
        let large = "\u{0}" + String(repeating: "x", count: (256 << 10) - 1)
        var files = ["z": "TODO\n"]
        for number in 10..<43 { files["a\(number)"] = large }
        try commit(sandbox, files)
        let shape = try shape(sandbox)
        #expect(shape["left_out"] == ["2 files were not looked into"])
        let told = try #require(shape["files"]?.array)
        #expect(told.count == 34 && told[31]["size"] == 262_144)
        #expect(told[32]["size"] == .null && told[33]["size"] == .null)
    }

    @Test func `names that are no UTF-8, links and the uncommitted are no trap`() throws {
        let sandbox = try Sandbox()
        try sandbox.run(
            "printf x > \"$(printf 'a\\377')\"; ln -s /etc/passwd link; printf '' > empty")
        try sandbox.git("add", "--all")
        try sandbox.git("commit", "-q", "-m", "odd")
        try sandbox.write("new", "TODO\n")
        let shape = try shape(sandbox)
        let files = try #require(shape["files"]?.array)
        #expect(files.map { $0["path"] } == ["a\u{fffd}", "empty", "link"])
        #expect(files.map { $0["size"] } == [1, 0, .null])
        #expect(shape["markers"] == [] && shape["readme"] == .null)
    }
}
