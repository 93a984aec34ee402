import CProcess
import Glibc
import Integrations
import Model

/// The program beside git-draft that has to do with the network.
///
/// `git-draft-service egress` reads an order, one line of JSON, from standard input, and serves
/// until that is closed. Decisions go to standard output. Standard error says why it could not
/// begin; it is closed once connections are taken.
@main private enum Main {
    static func main() {
        signal(SIGPIPE, SIG_IGN)
        _ = cprocess_keep_secrets()
        let words = CommandLine.arguments.dropFirst()
        guard words.elementsEqual(["egress"]) else {
            say("usage: git-draft-service egress")
            _exit(129)
        }
        do {
            let order = try EgressOrder(parsing: try line())
            let service = try EgressService(order, output: 1)
            try service.run(lifeline: 0) { silence() }
            // Threads of connections may still run; there is nothing to clean up for them.
            _exit(0)
        } catch {
            say("fatal: \(error)")
            _exit(128)
        }
    }

    /// The first line of standard input.
    private static func line() throws -> [UInt8] {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while bytes.count <= JSON.maximumRecordSize {
            let count = unsafe read(0, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1, byte != 0x0A else { break }
            bytes.append(byte)
        }
        return bytes
    }

    private static func silence() {
        let null = unsafe open("/dev/null", O_WRONLY | O_CLOEXEC)
        if null >= 0 { _ = dup2(null, 2) }
    }

    private static func say(_ text: String) {
        let bytes = Array("\(text)\n".utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
    }
}
