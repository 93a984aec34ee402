import Execution
import Foundation
import Testing

/// How a program without a network gets to one socket of the machine.
@Suite struct CellDoorTests {
    let bench: CellBench

    init() throws { bench = try CellBench() }

    /// Takes listening sockets over, and answers whoever connects; or does what is told.
    private static let host = """
        import os, socket, sys
        folder, name, act = sys.argv[1:4]
        os.chdir(folder)
        door = socket.socket(socket.AF_UNIX)
        door.bind(name)
        door.listen()
        open("ready", "w").close()
        listeners = []
        for _ in range(int(sys.argv[4])):
            client, _ = door.accept()
            byte, descriptors, _, _ = socket.recv_fds(client, 16, 4)
            assert byte == b"\\0" and len(descriptors) == 1, (byte, descriptors)
            if act == "refuse":
                client.close()
                continue
            listener = socket.socket(fileno=descriptors[0])
            print(*listener.getsockname(), flush=True)
            client.sendall(b"\\0")
            # The cell keeps neither end.
            assert client.recv(1) == b""
            listeners.append(listener)
        for listener in listeners:
            guest, _ = listener.accept()
            guest.sendall(b"hello from outside\\n")
            guest.close()

        """

    private static let guest = """
        import socket, sys
        for port in sys.argv[1:]:
            print(socket.create_connection(("127.0.0.1", int(port))).makefile().read(), end="")
        try:
            socket.create_connection(("127.0.0.1", 3999))
        except ConnectionRefusedError:
            print("nothing else")

        """

    /// Runs a guest with doors at these ports; returns what guest and host printed.
    private func run(
        ports: [Int], act: String = "answer", folder: String = "doors"
    ) throws -> (outcome: ChildOutcome, output: String, errors: String, host: String) {
        let place = "\(bench.sandbox.root)/\(folder)"
        try FileManager.default.createDirectory(
            atPath: place, withIntermediateDirectories: true)
        try bench.sandbox.write(Self.host, to: "host.py")
        try bench.sandbox.write(Self.guest, to: "guest.py")
        let doors = ports.flatMap { ["--listen", "\($0)=\(place)/agent.sock"] }
        let guest = bench.arguments(
            doors, ["python3", "\(bench.sandbox.root)/guest.py"] + ports.map(String.init),
            in: .bwrap)
        let script = """
            python3 host.py '\(place)' agent.sock \(act) \(ports.count) >host.out 2>&1 &
            until [ -e '\(place)/ready' ]; do kill -0 $! || exit 99; done
            "$@"; status=$?
            kill $! 2>/dev/null; wait; exit $status
            """
        let result = try bench.sandbox.run(
            ChildCommand(
                plain: ["bash", "-c", script, "bash"] + guest, bench.sandbox.environment,
                bench.sandbox.root))
        let host = try String(contentsOfFile: "\(bench.sandbox.root)/host.out", encoding: .utf8)
        return (result.outcome, result.output, result.errors, host)
    }

    @Test func `a listening socket is handed out, and answered from outside`() throws {
        let result = try run(ports: [3128, 3129])
        #expect(result.outcome.isSuccess, "\(result.errors)")
        #expect(result.output == "hello from outside\nhello from outside\nnothing else\n")
        #expect(result.host == "127.0.0.1 3128\n127.0.0.1 3129\n")
    }

    @Test func `the path of a door may be longer than an address`() throws {
        let folder = String(repeating: "a-long-name/", count: 20)
        let result = try run(ports: [3128], folder: folder)
        #expect(result.output == "hello from outside\nnothing else\n", "\(result.errors)")
    }

    @Test func `a door that nobody takes ends it before the command`() throws {
        let result = try run(ports: [3128], act: "refuse")
        #expect(result.outcome.end == .exited(126))
        #expect(result.output.isEmpty)
        let path = "\(bench.sandbox.root)/doors/agent.sock"
        #expect(result.errors == "git-draft-cell: '\(path)' does not take port 3128\n")
    }

    @Test func `a door that is not there ends it before the command`() throws {
        let result = try bench.run(
            ["--listen", "3128=/nowhere.sock"], ["echo", "hello"], in: .bwrap)
        #expect(result.outcome.end == .exited(126))
        let words = "cannot connect to '/nowhere.sock': No such file or directory"
        #expect(result.errors == "git-draft-cell: \(words)\n")
        #expect(result.output.isEmpty)
    }

    @Test func `a port that is taken is told`() throws {
        let listen = """
            import socket, subprocess, sys
            taken = socket.socket()
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            print(port, flush=True)
            sys.exit(subprocess.call([*sys.argv[1:], "--listen", "%d=/a" % port, "--", "true"]))

            """
        try bench.sandbox.write(listen, to: "taken.py")
        let result = try bench.sandbox.run(
            bench.sandbox.command("python3", "taken.py", bench.program))
        #expect(result.outcome.end == .exited(126))
        let port = result.output.dropLast()
        let words = "cannot listen on 127.0.0.1:\(port): Address already in use"
        #expect(result.errors == "git-draft-cell: \(words)\n")
    }
}
