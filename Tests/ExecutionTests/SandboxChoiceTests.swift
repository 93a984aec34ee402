import Foundation
import Model
import TestSupport
import Testing

@testable import Execution

/// Which sandbox a job gets.
@Suite struct SandboxChoiceTests {
    let program: String

    init() throws { program = try Programs.path("git-draft") }

    func choose(
        _ settings: SandboxSettings = SandboxSettings(),
        _ wishes: SandboxChoice.Wishes = SandboxChoice.Wishes(), path: String = "/usr/bin:/bin",
        program: String? = nil
    ) throws -> any Execution.Sandbox {
        var policy = Policy.builtIn(cores: 2)
        policy.sandbox = settings
        let choice = self.choice({ wishes }, ["PATH": path], program ?? self.program)
        return try choice.sandbox(for: policy)
    }

    /// A choice where there are no containers.
    private func choice(
        _ wishes: @escaping @Sendable () throws -> SandboxChoice.Wishes,
        _ environment: [String: String], _ program: String? = nil, given: Bubblewrap.Found? = nil
    ) -> SandboxChoice {
        SandboxChoice(
            wishes, environment: environment, program: program ?? self.program, given: given,
            containers: { _ in throw AdmissionError("no containers here") })
    }

    func refusal(_ body: () throws -> any Execution.Sandbox) -> AdmissionError? {
        #expect(throws: AdmissionError.self) { try body() }
        do {
            _ = try body()
            return nil
        } catch {
            return error as? AdmissionError
        }
    }

    @Test func `what works here is taken unless somebody says otherwise`() throws {
        #expect(try choose().kind == .bwrap)
        #expect(try choose().remark == nil)
        #expect(try choose(SandboxSettings(), .init(mode: SandboxMode.none)).kind == .none)
        let none = SandboxSettings(mode: .none, namesMode: true)
        #expect(try choose(none, .init(mode: .bwrap)).kind == .none)
        let auto = SandboxSettings(mode: .auto, namesMode: true)
        #expect(try choose(auto, .init(mode: SandboxMode.none)).kind == .bwrap)
    }

    @Test func `where nothing works it is said, or refused`() throws {
        let sandbox = try Sandbox(repository: false)
        let folder = sandbox.root.appending(path: "bin")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let broken = folder.appending(path: "bwrap")
        try Programs.write("#!/bin/sh\necho bwrap: no namespaces >&2; exit 1\n", to: broken.path)
        let path = "\(folder.path):/usr/bin:/bin"
        let found = try choose(path: path)
        #expect(found.kind == .none)
        #expect(found.remark?.contains("bwrap: no namespaces") == true)
        let asked = refusal { try choose(SandboxSettings(), .init(mode: .bwrap), path: path) }
        #expect(asked?.hint?.hasPrefix("sysctl user.max_user_namespaces ") == true)
        #expect(asked?.description.hasPrefix("bwrap does not work here: ") == true)
        for settings in [
            (SandboxSettings(require: true), SandboxChoice.Wishes()),
            (SandboxSettings(), SandboxChoice.Wishes(isRequired: true)),
        ] {
            let error = refusal { try choose(settings.0, settings.1, path: path) }
            #expect(error?.description.hasPrefix("a sandbox is required") == true)
        }
    }

    @Test func `what was found is believed, and what was not found is not told`() throws {
        let sandbox = try Sandbox(repository: false)
        let folder = sandbox.root.appending(path: "bin")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let broken = folder.appending(path: "bwrap")
        let script = "#!/bin/sh\n: >'\(folder.path)/called'; exit 1\n"
        try Programs.write(script, to: broken.path)
        let path = ["PATH": "\(folder.path):/usr/bin:/bin"]
        let policy = Policy.builtIn(cores: 2)
        let given = choice(
            { .init() }, path, given: .init(program: broken.path, closesNamespaces: false))
        let believed = try #require(given.sandbox(for: policy) as? Bubblewrap)
        #expect(believed.program == broken.path && !believed.closesNamespaces)
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/called"))

        let tried = choice({ .init() }, path)
        #expect(try tried.sandbox(for: policy).kind == .none)
        #expect(tried.found == nil)
        let works = choice({ .init() }, [:])
        #expect(works.found == nil)
        #expect(try works.sandbox(for: policy).kind == .none || works.found != nil)
    }

    @Test func `it is tried with a program that only the user has, too`() throws {
        let sandbox = try Sandbox(repository: false)
        let folder = sandbox.root.appending(path: "kit/bin")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            atPath: "/usr/bin/true", toPath: folder.appending(path: "true").path)
        let choice = self.choice({ .init() }, ["PATH": folder.path])
        guard case .success(let found) = choice.bubblewrap() else {
            Issue.record("\(choice.bubblewrap())")
            return
        }
        #expect(choice.found == .init(program: "/usr/bin/bwrap", closesNamespaces: true))
        #expect(found.version.hasPrefix("bubblewrap "))
    }

    @Test func `half an installation is refused, not used without a sandbox`() throws {
        let sandbox = try Sandbox(repository: false)
        let alone = sandbox.root.appending(path: "git-draft")
        try Data().write(to: alone)
        let error = refusal { try choose(program: alone.path) }
        #expect(error?.description.contains("git-draft-cell") == true)
        #expect(error?.hint == "make install")
    }

    @Test func `an old bubblewrap that cannot close namespaces is used, and it is said`() throws {
        let sandbox = try Sandbox(repository: false)
        let folder = sandbox.root.appending(path: "bin")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let old = folder.appending(path: "bwrap")
        let script = """
            #!/bin/sh
            case "$*" in
            --version) echo bubblewrap 0.4.1; exit ;;
            *--disable-userns*) echo "bwrap: Unknown option --disable-userns" >&2; exit 1 ;;
            esac
            exec /usr/bin/bwrap "$@"

            """
        try Programs.write(script, to: old.path)
        let found = try choose(path: "\(folder.path):/usr/bin:/bin")
        #expect(found.kind == .bwrap)
        #expect(found.remark?.hasPrefix("bubblewrap 0.4.1 cannot") == true)
    }

    @Test func `a container is made of the policy, whoever asks for one`() {
        let named = SandboxSettings(mode: .container, namesMode: true)
        let wished = SandboxChoice.Wishes(mode: .container)
        for (settings, wishes) in [(named, .init()), (SandboxSettings(), wished)] {
            let error = refusal { try choose(settings, wishes) }
            #expect(error?.description == "no containers here")
        }
    }

    @Test func `nobody can ask for one and for none`() throws {
        let none = SandboxSettings(mode: .none, namesMode: true)
        let machine = refusal { try choose(none, .init(isRequired: true)) }
        #expect(machine?.description.contains("draft.yaml says 'sandbox: none'") == true)
        let person = refusal {
            try choose(SandboxSettings(require: true), .init(mode: SandboxMode.none))
        }
        #expect(person?.hint == "git config draft.sandbox auto")
    }
}
