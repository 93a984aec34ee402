import Foundation
import Glibc
import TestSupport
import Testing

@testable import Execution

/// What is left of attempts to get out whose runner was killed.
@Suite struct EscapeRemainsTests {
    private let sandbox: Sandbox
    private let place: String

    init() throws {
        sandbox = try Sandbox(repository: false)
        place = sandbox.root.appending(path: "place").path
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    }

    /// Makes a folder as a runner leaves it.
    @discardableResult
    private func leave(_ name: String, token: String? = nil) throws -> String {
        let path = "\(place)/\(name)"
        let mode: [FileAttributeKey: Any] = [.posixPermissions: 0o700]
        try FileManager.default.createDirectory(
            atPath: "\(path)/1/host/home/closed", withIntermediateDirectories: true,
            attributes: mode)
        try Data("x".utf8).write(to: URL(filePath: "\(path)/1/file"))
        _ = unsafe chmod("\(path)/1/host/home/closed", 0)
        guard let token else { return path }
        try FileManager.default.createDirectory(
            atPath: "\(path)/tokens", withIntermediateDirectories: true, attributes: mode)
        try Data().write(to: URL(filePath: "\(path)/tokens/\(token)"))
        return path
    }

    /// Starts a process with a word, and waits until it is what it will be.
    ///
    /// Nobody can see the word while it executes another program.
    private func started(bearing word: String) throws -> Child {
        let child = try sandbox.start("exec sleep 1000", environment: ["REDTEAM": word])
        func contents(_ process: String, _ name: String) -> Data {
            FileManager.default.contents(atPath: "/proc/\(process)/\(name)") ?? Data()
        }
        try eventually("it does not begin") {
            try FileManager.default.contentsOfDirectory(atPath: "/proc").contains {
                contents($0, "cmdline") == Data("sleep\u{0}1000\u{0}".utf8)
                    && contents($0, "environ").range(of: Data("REDTEAM=\(word)\u{0}".utf8)) != nil
            }
        }
        return child
    }

    private func isThere(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0
    }

    @Test func `the folder of a dead runner goes, and all that bears its word`() throws {
        let token = EscapeGround.randomWord(12)
        let path = try leave("redteam-dead00", token: token)
        let planted = "/tmp/redteam-\(token)-planted"
        try Data().write(to: URL(filePath: planted))
        defer { _ = unsafe unlink(planted) }
        let child = try started(bearing: token)
        EscapeRemains(in: place).sweep()
        #expect(!isThere(path) && !isThere(planted))
        _ = child.wait()
        let environment = FileManager.default.contents(atPath: "/proc/\(child.identifier)/environ")
        #expect(environment?.isEmpty ?? true)
    }

    @Test func `what is alive stays, and goes with its runner alone`() throws {
        let remains = EscapeRemains(in: place)
        let held = try remains.make()
        let word = EscapeGround.randomWord(12)
        try EscapeGround.write("", to: "\(held.path)/tokens/\(word)")
        let child = try started(bearing: word)
        remains.sweep()
        #expect(isThere("\(held.path)/tokens/\(word)"))
        #expect(kill(child.identifier, 0) == 0)
        child.signal(SIGKILL)
        _ = child.wait()
    }

    @Test func `links, files and what is a stranger's stay`() throws {
        let target = try leave("target", token: EscapeGround.randomWord(12))
        try FileManager.default.createSymbolicLink(
            atPath: "\(place)/redteam-link00", withDestinationPath: target)
        try Data().write(to: URL(filePath: "\(place)/redteam-file00"))
        try leave("redteam-odd000")
        let open = try leave("redteam-open00", token: "0123456789ab")
        _ = unsafe chmod(open, 0o755)
        if geteuid() == 0 {
            let other = try leave("redteam-other0", token: EscapeGround.randomWord(12))
            _ = unsafe chown(other, 12345, 12345)
        }
        let before = try FileManager.default.contentsOfDirectory(atPath: place).sorted()
        EscapeRemains(in: place).sweep()
        #expect(try FileManager.default.contentsOfDirectory(atPath: place).sorted() == before)
        #expect(isThere("\(target)/1/file"))
        // What links lead to, in a folder that does go, stays as well.
        let dead = try leave("redteam-dead00", token: EscapeGround.randomWord(12))
        try FileManager.default.createSymbolicLink(
            atPath: "\(dead)/1/link", withDestinationPath: target)
        EscapeRemains(in: place).sweep()
        #expect(!isThere(dead))
        #expect(isThere("\(target)/1/file"))
    }
}
