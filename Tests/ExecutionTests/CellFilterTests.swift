import Foundation
import Testing

/// Which system calls a program may make, asked of the kernel by a real program.
@Suite struct CellFilterTests {
    let bench: CellBench

    init() throws { bench = try CellBench() }

    /// Calls by number, on x86_64 and on aarch64, with arguments that change nothing.
    ///
    /// A raw `clone` may really give a child, which ends at once.
    private static let calls = """
        import ctypes, errno, os, platform, socket, sys
        libc = ctypes.CDLL(None, use_errno=True)
        column = 0 if platform.machine() == "x86_64" else 1

        def call(name, numbers, *arguments):
            number = numbers[column]
            if number is None: return
            result = libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments))
            word = errno.errorcode[ctypes.get_errno()] if result < 0 else "done"
            if result == 0 and name.startswith("clone"): os._exit(0)
            if result > 0 and name.startswith("clone"): os.waitpid(result, 0)
            print(name, word, flush=True)

        def same(name, number, *arguments): call(name, (number, number), *arguments)


        """

    private static let refused = """
        call("add_key", (248, 217), 0, 0, 0, 0, 0)
        call("request_key", (249, 218), 0, 0, 0, 0)
        call("keyctl", (250, 219), 0xffff, 0, 0, 0, 0)
        call("bpf", (321, 280), 0xffff, 0, 0)
        call("perf_event_open", (298, 241), 0, 0, 0, 0, 0)
        call("userfaultfd", (323, 282), 0xffffff)
        call("kexec_load", (246, 104), 0, 99, 0, 0xffff)
        call("kexec_file_load", (320, 294), -1, -1, 0, 0, 0xffff)
        call("init_module", (175, 105), 0, 0, 0)
        call("finit_module", (313, 273), -1, 0, 0xffff)
        call("delete_module", (176, 106), 0, 0)
        call("mount", (165, 40), 0, 0, 0, 0, 0)
        call("umount2", (166, 39), 0, 0xffff)
        call("pivot_root", (155, 41), 0, 0)
        call("setns", (308, 268), -1, 0)
        call("open_by_handle_at", (304, 265), -1, 0, 0)
        call("quotactl", (179, 60), 0, 0, 0, 0)
        call("reboot", (169, 142), 0, 0, 0, 0)
        call("swapon", (167, 224), 0, 0)
        call("swapoff", (168, 225), 0)
        call("syslog", (103, 116), 99, 0, 0)
        call("settimeofday", (164, 170), 1, 0)
        call("clock_settime", (227, 112), 99, 0)
        same("open_tree", 428, -1, 0, 0xffffff)
        same("move_mount", 429, -1, 0, -1, 0, 0xffff)
        same("fsopen", 430, 0, 0xffff)
        same("fsconfig", 431, -1, 99, 0, 0, 0)
        same("fsmount", 432, -1, 0xffff, 0)
        same("fspick", 433, -1, 0, 0xffff)
        same("mount_setattr", 442, -1, 0, 0, 0, 0)
        call("iopl", (172, None), 99)
        call("ioperm", (173, None), 0, 0, 0)
        call("modify_ldt", (154, None), 99, 0, 0)
        call("unshare-user", (272, 97), 0x10000000)
        call("unshare-mount", (272, 97), 0x00020000)
        call("unshare-time", (272, 97), 0x80)
        call("clone-user", (56, 220), 0x10000011, 0, 0, 0, 0)
        call("clone-net", (56, 220), 0x40000011, 0, 0, 0, 0)
        call("clone-high", (56, 220), 0x7fff000010000011, 0, 0, 0, 0)

        """

    @Test(arguments: CellBench.Place.allCases)
    func `calls that change the machine are refused`(_ place: CellBench.Place) throws {
        let script = Self.calls + Self.refused
        let words = try bench.probe(script, in: place)
        #expect(words.count >= 36)
        for (name, word) in words.sorted(by: { $0.key < $1.key }) {
            #expect(word == "EPERM", "\(name)")
        }
        // The superuser sees which of them the kernel alone would have looked at.
        guard getuid() == 0, place == .plain else { return }
        let control = try bench.probe(script, options: ["--no-seccomp"], in: place)
        let looked = control.filter { $0.value != "EPERM" }.map(\.key)
        #expect(looked.count >= 30, "only \(looked.sorted())")
    }

    @Test(arguments: CellBench.Place.allCases)
    func `what has another way is as if there were none`(_ place: CellBench.Place) throws {
        let script =
            Self.calls + """
                same("io_uring_setup", 425, 0, 0)
                same("io_uring_enter", 426, -1, 0, 0, 0, 0, 0)
                same("io_uring_register", 427, -1, 0, 0, 0)
                same("clone3", 435, 0, 0)

                """
        let words = try bench.probe(script, in: place)
        #expect(words.values.sorted() == Array(repeating: "ENOSYS", count: 4))
        let control = try bench.probe(script, options: ["--no-seccomp"], in: place)
        #expect(control["clone3"] == "EINVAL")
    }

    @Test(arguments: CellBench.Place.allCases)
    func `only sockets that programs talk with can be had`(_ place: CellBench.Place) throws {
        let script =
            Self.calls + """
                def have(name, *kind):
                    try:
                        socket.socket(*kind).close()
                        print(name, "done")
                    except OSError as error:
                        print(name, errno.errorcode[error.errno])

                have("unix", socket.AF_UNIX, socket.SOCK_STREAM)
                have("inet", socket.AF_INET, socket.SOCK_STREAM)
                have("inet-udp", socket.AF_INET, socket.SOCK_DGRAM)
                have("inet6", socket.AF_INET6, socket.SOCK_STREAM)
                have("route", socket.AF_NETLINK, socket.SOCK_RAW, 0)
                have("not-audit", socket.AF_NETLINK, socket.SOCK_RAW, 9)
                have("not-uevent", socket.AF_NETLINK, socket.SOCK_RAW, 15)
                have("not-packet", socket.AF_PACKET, socket.SOCK_RAW, 0)
                have("not-alg", socket.AF_ALG, socket.SOCK_SEQPACKET, 0)
                have("not-vsock", socket.AF_VSOCK, socket.SOCK_STREAM, 0)
                for family in (0, 3, 9, 15, 21, 29, 30, 31, 39, 42, 44):
                    have("not-%d" % family, family, socket.SOCK_DGRAM, 0)
                call("not-pair", (53, 199), 30, 1, 0, 0)
                call("not-high", (41, 198), 0x7fffffff00000026, 5, 0)
                a, b = socket.socketpair()
                print("pair", "done")

                """
        let words = try bench.probe(script, in: place)
        #expect(words.count == 24)
        for (name, word) in words.sorted(by: { $0.key < $1.key }) {
            #expect(word == (name.hasPrefix("not-") ? "EAFNOSUPPORT" : "done"), "\(name)")
        }
        let control = try bench.probe(script, options: ["--no-seccomp"], in: place)
        #expect(control["not-audit"] == "done")
        #expect(control["not-uevent"] == "done")
    }

    @Test(arguments: CellBench.Place.allCases)
    func `nobody types on a terminal`(_ place: CellBench.Place) throws {
        // On a pipe the kernel says that it is no terminal, after the filter has had its look.
        let script =
            Self.calls + """
                end, _ = os.pipe()
                for name, command in (("sti", 0x5412), ("linux", 0x541c), ("setd", 0x5423)):
                    call(name, (16, 29), end, command, 0)
                    call(name + "-high", (16, 29), end, command | 0x100000000, 0)
                call("size", (16, 29), end, 0x5413, 0)

                """
        let words = try bench.probe(script, in: place)
        #expect(words["size"] == "ENOTTY")
        #expect(words.values.filter { $0 == "EPERM" }.count == 6)
        let control = try bench.probe(script, options: ["--no-seccomp"], in: place)
        #expect(Set(control.values) == ["ENOTTY"])
    }

    #if arch(x86_64)
        @Test(arguments: CellBench.Place.allCases)
        func `no other machine's calls lead past the filter`(_ place: CellBench.Place) throws {
            let script =
                Self.calls + """
                    same("x32", 0x40000000 | 39)
                    same("x32-keyctl", 0x40000000 | 250, 0xffff)
                    import mmap, signal
                    # mov eax, 20 (getpid); int 0x80; ret
                    code = mmap.mmap(-1, 4096, prot=7)
                    code.write(bytes([0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0xc3]))
                    child = os.fork()
                    if child == 0:
                        place = ctypes.addressof(ctypes.c_char.from_buffer(code))
                        ctypes.CFUNCTYPE(ctypes.c_int)(place)()
                        os._exit(0)
                    status = os.waitpid(child, 0)[1]
                    print("int80", signal.Signals(status).name if status else "done")

                    """
            let words = try bench.probe(script, in: place)
            #expect(words == ["x32": "ENOSYS", "x32-keyctl": "ENOSYS", "int80": "SIGSYS"])
            let control = try bench.probe(script, options: ["--no-seccomp"], in: place)
            #expect(control["int80"] != "SIGSYS")
        }
    #endif

    @Test(arguments: CellBench.Place.allCases)
    func `the filter stays with all that is started below it`(_ place: CellBench.Place) throws {
        let script =
            Self.calls + """
                if len(sys.argv) < 2:
                    os.execv("/bin/sh", ["sh", "-c", 'python3 "$0" again & wait $!', sys.argv[0]])
                call("keyctl", (250, 219), 0xffff, 0, 0, 0, 0)
                for line in open("/proc/self/status"):
                    if line.startswith(("NoNewPrivs:", "Seccomp:")): print(*line.split())

                """
        let words = try bench.probe(script, in: place)
        #expect(words == ["keyctl": "EPERM", "NoNewPrivs:": "1", "Seccomp:": "2"])
    }
}
