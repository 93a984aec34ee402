import Foundation
import Model
import TestSupport
import Testing

@testable import Execution

/// The log of a job as people follow it.
@Suite struct JobLogTests {
    @Test func `a heading begins a line, whatever was printed before`() throws {
        let sandbox = try Sandbox(repository: false)
        let path = sandbox.root.appending(path: "log").path
        let log = JobLog(path: path, redactor: Redactor(values: []))
        log.heading("one")
        log.append(Array("a\n".utf8))
        log.heading("two")
        log.append(Array("b\r".utf8))
        log.append([])
        log.heading("three")
        let text = "== one\na\n== two\nb\r\n== three\n"
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
        #expect(log.tailText == text)
    }
}
