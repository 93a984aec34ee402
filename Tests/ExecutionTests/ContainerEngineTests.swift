import Foundation
import Glibc
import TestSupport
import Testing

@testable import Execution

/// Engines that are there, that are not, and that would not do; scripts take their place.
@Suite struct ContainerEngineTests {
    /// A folder with a program in it.
    private func engine(_ name: String, _ script: String) throws -> (String, [String: String]) {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "engine-\(UUID().uuidString)")
        try Programs.write("#!/bin/sh\n\(script)\n", to: folder.appending(path: name).path)
        return (folder.path, ["PATH": "\(folder.path):/usr/bin:/bin", "HOME": "/"])
    }

    private func words(_ error: (any Error)?) -> String { error.map { "\($0)" } ?? "" }

    @Test func `without an engine there is none`() throws {
        let error = #expect(throws: ExecutionError.self) {
            try ContainerEngine.find([], environment: ["PATH": "/nowhere"])
        }
        #expect(error?.code == .programNotFound)
        #expect(words(error).contains("neither podman nor docker is in PATH"))
    }

    @Test func `one that does not work is quoted`() throws {
        let (folder, environment) = try engine("podman", "echo 'Error: no luck' >&2; exit 125")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let error = #expect(throws: ExecutionError.self) {
            try ContainerEngine.find(["\(folder)/podman"], environment: environment)
        }
        #expect(words(error) == "cannot use a container: no luck")
    }

    @Test func `what it says it is counts, not its name`() throws {
        let (folder, environment) = try engine("docker", "echo podman version 4.3.1")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let found = try ContainerEngine.find(["\(folder)/docker"], environment: environment)
        #expect(found.kind == .podman && found.version == "podman version 4.3.1")
        let isMapped = found.user.contains("1001:0:1")
        #expect(isMapped == (geteuid() == 0))
        #expect(found.user.contains("--userns=keep-id") == (geteuid() != 0))
    }

    @Test func `Docker is for ordinary users, who stay who they are`() throws {
        let (folder, environment) = try engine(
            "docker",
            #"[ "$1" = info ] && echo '["name=seccomp,profile=builtin"]' || echo Docker version 28"#
        )
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let find = { try ContainerEngine.find(["\(folder)/docker"], environment: environment) }
        guard geteuid() != 0 else {
            let error = #expect(throws: ExecutionError.self) { try find() }
            #expect(words(error).contains("as root, Docker cannot give files"))
            return
        }
        #expect(try find().user == ["--user", "\(geteuid()):\(getegid())"])
    }

    @Test func `Docker without root gives files to others, hence is refused`() throws {
        let (folder, environment) = try engine(
            "docker", #"[ "$1" = info ] && echo '["name=rootless"]' || echo Docker version 28"#)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let error = #expect(throws: ExecutionError.self) {
            try ContainerEngine.find(["\(folder)/docker"], environment: environment)
        }
        #expect(words(error).contains("podman"))
    }

    @Test(arguments: [0, 1])
    func `one that starts nothing is found out, with the image and without`(isMissing: Int) throws {
        let (folder, environment) = try engine(
            "podman",
            """
            case $1 in
            --version) echo podman version 4.3.1 ;;
            image) exit \(isMissing) ;;
            info | run) echo 'Error: no luck' >&2; exit 125 ;;
            *) echo "$*" >>"$0.others" ;;
            esac
            """)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let sandbox = ContainerSandbox(
            engine: try ContainerEngine.find(["\(folder)/podman"], environment: environment),
            image: try ContainerImage(named: "example"), folder: folder)
        let error = #expect(throws: ExecutionError.self) {
            try sandbox.tryOut(try Programs.path("git-draft"))
        }
        #expect(words(error) == "cannot start \(isMissing == 1 ? "a" : "the") container: no luck")
        #expect(!FileManager.default.fileExists(atPath: "\(folder)/podman.others"))
    }

    @Test func `the engine heeds nothing of a job, nor what else the user's programs load`()
        throws
    {
        let (folder, plain) = try engine("podman", "echo podman version 4.3.1")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let user = plain.merging([
            "LD_LIBRARY_PATH": "/cache", "GLIBC_TUNABLES": "a=b", "XDG_RUNTIME_DIR": "/run/user/1",
        ]) { $1 }
        let sandbox = ContainerSandbox(
            engine: try ContainerEngine.find(["\(folder)/podman"], environment: user),
            image: try ContainerImage(named: "example"), folder: folder)
        var cell = Cell(workspace: "", phase: .agent)
        cell.program = try Programs.path("git-draft")
        cell.files = JobFiles(commonDirectory: folder, job: "j")
        try FileManager.default.createDirectory(
            atPath: cell.files?.directory ?? "", withIntermediateDirectories: true)
        let steering = ["LD_PRELOAD": "x.so", "GCONV_PATH": "x", "LOCPATH": "x", "KEY": "secret"]
        let command = try sandbox.wrap(
            ChildCommand(["true"], environment: steering, directory: "/"), in: cell)
        let carried = command.environment.filter { $0.key.hasPrefix("DRAFT_CELL_") }
        for (name, value) in steering { #expect(carried.values.contains("\(name)=\(value)")) }
        #expect(carried.keys.allSatisfy(command.arguments.contains))
        #expect(!command.arguments.contains { $0.contains("secret") })
        let others = command.environment.filter { carried[$0.key] == nil }
        #expect(
            others
                == plain.merging([
                    "XDG_RUNTIME_DIR": "/run/user/1",
                    "DRAFT_JOB_FILES": cell.files?.directory ?? "",
                ]) { $1 })
    }
}
