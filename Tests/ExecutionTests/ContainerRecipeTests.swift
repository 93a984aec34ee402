import Foundation
import GitStore
import Testing

@testable import Execution

/// What an image is made of: the version files, and the text that follows from them.
@Suite struct ContainerRecipeTests {
    private func found(_ files: [String: String]) -> [String: String] {
        let versions = ContainerVersions(files)
        let pairs = versions.found.map { ($0.key.rawValue, $0.value.version ?? "any") }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    @Test(arguments: [
        (".python-version", "3.12.1\n", ["python": "3.12.1"]),
        (".python-version", "# pinned\n3.11\n3.10\n", ["python": "3.11"]),
        (".python-version", "pypy3.9-7.3\n", [:]),
        ("runtime.txt", "python-3.11.4", ["python": "3.11.4"]), ("runtime.txt", "3.11.4", [:]),
        ("pyproject.toml", "[project]\nrequires-python = \">=3.9,<4\"\n", ["python": "3.9"]),
        ("pyproject.toml", "requires-python = '<4, >= 3.10.2'", ["python": "3.10"]),
        ("pyproject.toml", "[build-system]\n", ["python": "any"]),
        (".nvmrc", "v20.11.0\n", ["node": "20.11.0"]), (".nvmrc", "lts/iron", ["node": "iron"]),
        (".nvmrc", "lts/*", ["node": "any"]), (".node-version", "22", ["node": "22"]),
        ("package.json", #"{"engines": {"node": ">=18.2 <21 || 22"}}"#, ["node": "18"]),
        ("package.json", #"{"volta": {"node": "20.1.0"}}"#, ["node": "20.1.0"]),
        ("package.json", #"{"name": "x"}"#, ["node": "any"]), ("package.json", "{", [:]),
        ("go.mod", "module x\n\ngo 1.22\n", ["go": "1.22"]),
        ("go.mod", "module x\ngo 1.21\ntoolchain go1.22.3\n", ["go": "1.22.3"]),
        (".go-version", "1.23.1", ["go": "1.23.1"]),
        ("rust-toolchain", "1.77.2\n", ["rust": "1.77.2"]),
        ("rust-toolchain.toml", "[toolchain]\nchannel = \"1.80\"\n", ["rust": "1.80"]),
        ("rust-toolchain.toml", "[toolchain]\nchannel = \"stable\"\n", ["rust": "any"]),
        ("rust-toolchain", "nightly-2024-01-01", [:]), ("Cargo.toml", "", ["rust": "any"]),
        (".ruby-version", "ruby-3.2.2", ["ruby": "3.2.2"]), (".ruby-version", "jruby-9", [:]),
        (".java-version", "temurin64-17.0.2", ["java": "17"]),
        (".java-version", "1.8", ["java": "8"]),
        (".sdkmanrc", "# x\njava=21.0.2-tem\n", ["java": "21"]),
        (".swift-version", "6.1\n", ["swift": "6.1"]),
        (
            ".tool-versions", "nodejs 20.1.0 system\npython 3.12\njava temurin-21.0.2+13\nx 1\n",
            ["node": "20.1.0", "python": "3.12", "java": "21"]
        ),
    ])
    func `a version file says what is needed`(_ file: String, text: String, want: [String: String])
    {
        #expect(found([file: text]) == want)
    }

    @Test func `a pinned version counts more than a range, and any more than none`() {
        #expect(
            found([
                "package.json": #"{"engines": {"node": ">=18"}}"#, ".nvmrc": "20",
                "Cargo.toml": "", "rust-toolchain": "1.77",
            ]) == ["node": "20", "rust": "1.77"])
    }

    @Test(arguments: [
        "3.12\" && rm -rf /", "3.12;x", "$(id)", "../../x", "3.12 AS x\nRUN id", "٣.١٢", "1.2.3.4",
        "12345678", "-3", "",
    ])
    func `nothing else than a number gets into the text`(_ version: String) {
        let names = [".python-version", ".nvmrc", ".ruby-version", ".go-version", "rust-toolchain"]
        for name in names {
            let recipe = ContainerRecipe(ContainerVersions([name: version]), registry: "r")
            let lines = recipe.text.split(separator: "\n")
            #expect(lines.allSatisfy { $0.utf8.allSatisfy { (0x20..<0x7f).contains($0) } })
            #expect(lines.count { $0.hasPrefix("RUN") } == 1, "\(name)")
            #expect(!recipe.text.contains("rm -rf") && !recipe.text.contains("$(id)"))
        }
    }

    @Test func `one language is its official image`() {
        let recipe = ContainerRecipe(
            ContainerVersions([".python-version": "3.12.1"]), registry: "docker.io/library")
        #expect(
            recipe.text == """
                # python 3.12.1, for .python-version
                FROM docker.io/library/python:3.12.1-bookworm
                LABEL git-draft.image=1
                RUN git --version && python3 --version

                """)
    }

    @Test func `several languages are copied into their common base`() {
        let recipe = ContainerRecipe(
            ContainerVersions([".tool-versions": "golang 1.22\npython 3.12\njava 21\n"]),
            registry: "mirror.example/x")
        #expect(
            recipe.text == """
                # python 3.12, for .tool-versions
                # go 1.22, for .tool-versions
                # java 21, for .tool-versions
                FROM mirror.example/x/buildpack-deps:bookworm
                COPY --from=mirror.example/x/python:3.12-bookworm /usr/local/ /usr/local/
                RUN ldconfig
                COPY --from=mirror.example/x/golang:1.22-bookworm /usr/local/go/ /usr/local/go/
                ENV GOTOOLCHAIN=local PATH=/usr/local/go/bin:$PATH
                COPY --from=mirror.example/x/eclipse-temurin:21-jdk /opt/java/openjdk/ /opt/java/openjdk/
                ENV JAVA_HOME=/opt/java/openjdk PATH=/opt/java/openjdk/bin:$PATH
                LABEL git-draft.image=1
                RUN git --version && python3 --version && go version && java -version

                """)
    }

    @Test func `another text has another name, the same text the same`() {
        func tag(_ files: [String: String]) -> String {
            ContainerRecipe(ContainerVersions(files), registry: "r").tag
        }
        #expect(tag([:]) == tag(["README": "x"]))
        #expect(tag([".nvmrc": "20"]) == tag([".nvmrc": "v20\n"]))
        #expect(tag([".nvmrc": "20"]) != tag([".nvmrc": "22"]))
        #expect(tag([:]).hasPrefix("git-draft/"))
    }

    @Test(arguments: ["", "-x", "--privileged", "a b", "a\nb", "x;y", "ü"])
    func `what can be no name of an image is refused`(_ name: String) {
        #expect(throws: ExecutionError.self) { try ContainerImage(named: name) }
    }

    @Test func `what a launcher says is told from what its program says`() throws {
        let launcher = ChildLauncher(
            action: "start the container", statuses: [125], prefixes: ["Error: ", "time="])
        func failure(_ status: Int32, _ text: String) -> String? {
            let outcome = ChildOutcome(
                end: .exited(status), cause: .itself, milliseconds: 1, leftovers: 0)
            return launcher.failure(outcome, head: Array(text.utf8))?.reason
        }
        #expect(failure(125, "time=x level=warning\nError: no such image\n") == "no such image")
        #expect(failure(125, "working\nError: no\n") == nil)
        #expect(failure(1, "Error: no such image\n") == nil)
    }

    @Test func `a launcher that works is not believed to say what its program said`() {
        func failure(isWorking: Bool) -> String? {
            var launcher = ChildLauncher(
                action: "start the sandbox", statuses: [1], prefixes: ["bwrap: "])
            launcher.isWorking = { isWorking }
            let outcome = ChildOutcome(
                end: .exited(1), cause: .itself, milliseconds: 1, leftovers: 0)
            return launcher.failure(outcome, head: Array("bwrap: no\n".utf8))?.reason
        }
        #expect(failure(isWorking: true) == nil)
        #expect(failure(isWorking: false) == "bwrap: no")
    }
}
