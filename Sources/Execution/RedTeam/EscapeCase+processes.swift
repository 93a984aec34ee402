extension EscapeCase {
    private static func steal(
        _ name: String, _ summary: String, _ script: String, _ incidents: String...
    ) -> EscapeCase {
        EscapeCase(.processes, name, "read \(summary)", .leak, script, incidents)
    }

    private static func harm(_ name: String, _ summary: String, _ script: String) -> EscapeCase {
        EscapeCase(.processes, name, "\(summary) a process of the user", .harmed, script)
    }

    private static func outlive(_ name: String, _ summary: String, _ script: String) -> EscapeCase {
        EscapeCase(.processes, name, "outlive the job \(summary)", .alive, script, ["Firecracker"])
    }

    private static func call(
        _ name: String, _ summary: String, _ script: String, _ incidents: String...
    ) -> EscapeCase {
        EscapeCase(.processes, name, summary, .claim, "\(script) && claim", incidents)
    }

    /// Attempts at processes and the kernel.
    static let processes = others + variables + survivors + spaces + kernel

    private static let others = [
        steal(
            "environment-of-process", "the environment of a process",
            "tr '\\0' '\\n' < /proc/$PID/environ", "Comment and Control"),
        steal(
            "environments-of-all", "the environment of whatever runs",
            "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -a REDTEAM_SECRET",
            "Comment and Control"),
        steal(
            "arguments-of-process", "the arguments of whatever runs",
            "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -ax '[0-9a-f]*'",
            "Comment and Control"),
        steal("file-of-process", "a deleted file that a process has open", "cat /proc/$PID/fd/9"),
        steal("memory-of-process", "the memory of a process", "$PROBE vm-read $PID"),
        steal(
            "memory-file-of-process", "the memory of a process as a file", "$PROBE proc-mem $PID"),
        steal("trace-process", "a process by tracing it", "$PROBE ptrace $PID"),
        steal("descriptor-of-process", "a descriptor of a process", "$PROBE pidfd $PID"),
        steal("shared-memory", "memory that processes share", "$PROBE shared $SHARED"),
        steal("message-queue", "a message between processes", "$PROBE message $QUEUE"),
        steal("kernel-keyring", "a key that the kernel keeps", "$PROBE read-key $KEY"),
        harm("kill-process", "kill", "$PROBE kill $PID 9"),
        harm("stop-process", "stop", "$PROBE kill $PID 19"),
        harm("slow-process", "slow down", "$PROBE renice $PID"),
        harm("limit-process", "limit", "$PROBE prlimit $PID"),
        EscapeCase(
            .processes, "type-on-terminal", "type on the user's terminal", .reached,
            "$PROBE type $TERMINAL"),
        EscapeCase(
            .processes, "write-on-terminal", "write on the user's terminal", .claim,
            "echo hello > $TERMINAL && claim"),
    ]

    private static func variable(_ name: String, _ summary: String, _ script: String) -> EscapeCase
    {
        var result = steal(name, summary, script, "Comment and Control", "CVE-2026-22708")
        result.isAboutEnvironment = true
        return result
    }

    private static let variables = [
        variable(
            "variable-cloud", "the credentials of a cloud in the environment",
            "printenv AWS_SECRET_ACCESS_KEY"),
        variable(
            "variable-database", "the password of a database in the environment",
            "printenv DATABASE_URL"),
        variable(
            "variable-forge", "the token of a forge in the environment", "printenv GITHUB_TOKEN"),
        variable("variable-any", "whatever else is in the environment", "printenv MY_DEPLOY_WORD"),
        variable(
            "variable-own-process", "its own environment as a file",
            "tr '\\0' '\\n' < /proc/self/environ"),
    ]

    private static let survivors = [
        outlive(
            "survive-in-session", "in a session of its own",
            "setsid sleep 20 > /dev/null 2>&1 &\nsleep 0.2"),
        outlive(
            "survive-as-orphan", "as an orphan",
            "(sh -c 'sleep 20 & sleep 20 &' > /dev/null 2>&1 &)\nsleep 0.2"),
        outlive(
            "survive-signals", "deaf to signals",
            """
            (trap '' TERM HUP INT; setsid sh -c 'trap \"\" TERM HUP INT; sleep 20; sleep 20' > \
            /dev/null 2>&1 &)\nsleep 0.2
            """
        ),
        outlive(
            "survive-traced", "as a child that was stopped",
            "setsid sh -c 'kill -STOP $$; sleep 20' > /dev/null 2>&1 &\nsleep 0.2"),
    ]

    private static let spaces = [
        call("user-space", "become root of a user name space", "$PROBE unshare user"),
        call("user-space-by-clone", "become root by another call", "$PROBE clone user"),
        call("user-space-by-clone3", "become root by a call that hides it", "$PROBE clone3 user"),
        call("mount-space", "mount things for itself", "$PROBE unshare user mount"),
        call("network-space", "configure a network", "$PROBE unshare user net"),
        call(
            "cgroup-space", "hide in another group", "$PROBE unshare user cgroup", "CVE-2022-0492"),
        call("join-mounts", "see files as another process does", "$PROBE setns /proc/$PID/ns/mnt"),
        call(
            "join-network", "use the network of another process", "$PROBE setns /proc/$PID/ns/net"),
        call(
            "join-processes", "see processes as another one does",
            "$PROBE setns /proc/$PID/ns/pid"),
        call("mount-memory", "mount a file system", "$PROBE mount $WORK tmpfs"),
        call("mount-proc", "mount the machine's processes", "$PROBE mount $WORK proc"),
        call(
            "mount-groups", "mount the groups of processes", "$PROBE mount $WORK cgroup2",
            "CVE-2022-0492"),
        call("mount-bind", "lay one folder over another", "$PROBE bind / $WORK"),
        call("mount-writable", "make a folder writable", "$PROBE remount $WORK"),
        call("mount-away", "take a folder away from over another", "$PROBE umount $WORK"),
        call("mount-tree", "move a mounted tree", "$PROBE open-tree $WORK $OUT"),
        call("mount-open", "prepare a file system", "$PROBE fsopen tmpfs"),
        call("root-pivot", "change the root of all", "$PROBE pivot-root $WORK"),
        call("root-change", "leave by a change of root", "$PROBE chroot $WORK"),
        call(
            "nested-sandbox", "nest a sandbox of its own", "bwrap --unshare-user --ro-bind / / true"
        ),
    ]

    private static let kernel = [
        call("kernel-bpf", "load a program into the kernel", "$PROBE bpf"),
        call("kernel-counters", "watch the processor", "$PROBE perf"),
        call("kernel-faults", "handle faults of pages", "$PROBE userfaultfd"),
        call("kernel-ring", "queue calls past the filter", "$PROBE io-uring"),
        call("kernel-add-key", "store a key in the kernel", "$PROBE add-key"),
        call("kernel-log", "read the kernel's messages", "$PROBE syslog"),
        call("kernel-hostname", "rename the machine", "$PROBE hostname"),
        call(
            "kernel-core-pattern", "say who handles crashes",
            "$PROBE rewrite /proc/sys/kernel/core_pattern", "CVE-2022-0492"),
        call(
            "kernel-module-loader", "say who loads modules",
            "$PROBE rewrite /proc/sys/kernel/modprobe"),
        call(
            "kernel-settings", "change settings of the kernel",
            "$PROBE rewrite /proc/sys/vm/swappiness"),
        call(
            "kernel-out-of-memory", "spare itself when memory is short",
            "$PROBE rewrite /proc/sys/vm/overcommit_memory"),
        call("kernel-device-log", "open the kernel's log", "$PROBE device /dev/kmsg"),
        call(
            "kernel-device-disk", "open a disk",
            "$PROBE device /dev/vda /dev/sda /dev/nvme0n1 /dev/xvda /dev/loop0"),
        call("kernel-device-fuse", "open the door of file systems", "$PROBE device /dev/fuse"),
        call("kernel-device-net", "open the door of networks", "$PROBE device /dev/net/tun"),
        call("kernel-device-virtual", "open the door of machines", "$PROBE device /dev/kvm"),
    ]
}
