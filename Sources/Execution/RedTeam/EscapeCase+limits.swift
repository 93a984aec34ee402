extension EscapeCase {
    /// An attempt to have more than its share; what it tries is kept within bounds, for it runs
    /// without any limit too.
    private static func take(
        _ name: String, _ summary: String, _ script: String, _ incidents: String...
    ) -> EscapeCase {
        EscapeCase(.limits, name, "have \(summary)", .claim, "\(script) && claim", incidents)
    }

    private static func store(
        _ name: String, _ summary: String, _ size: Int, _ script: String
    ) -> EscapeCase {
        EscapeCase(.limits, name, "leave \(summary)", .larger(size), script, [])
    }

    /// How many MiB the limits of this category allow.
    static let disk = 24

    /// How many MiB a file may have.
    static let fileSize = 8

    /// How many MiB of memory there are.
    static let memory = 192

    /// How many processes there may be.
    static let processCount = 100

    /// How many files a process may have open.
    static let openFiles = 1024

    /// How many seconds of the processor there are.
    static let processorSeconds = 1

    /// Attempts at the means of the machine.
    static let limits = counts + sizes + times

    private static let counts = [
        take("children", "300 processes", "$PROBE children 300", "Firecracker"),
        take("threads", "300 threads", "$PROBE threads 300"),
        take(
            "descriptors", "more open files than it may",
            "ulimit -n $(ulimit -H -n) 2>/dev/null; $PROBE descriptors 5000"),
        take("memory", "400 MiB of memory", "$PROBE memory 400"),
        take(
            "memory-of-children", "400 MiB of memory in four processes",
            "$PROBE memory-children 4 100"),
        take(
            "memory-of-shared-folder", "80 MiB in /dev/shm",
            "head -c 80000000 /dev/zero > /dev/shm/redteam-$TOKEN-big"),
        take("memory-of-tmp", "600 MiB in /tmp", "$PROBE sparse /tmp/redteam-$TOKEN-big 600"),
        take("locked-memory", "64 MiB of memory that is never given back", "$PROBE lock-memory 64"),
        take("raised-limits", "no limits any more", "$PROBE raise"),
        take("priority", "a better priority than others", "$PROBE hurry"),
        take("real-time", "the processor before all others", "$PROBE realtime"),
        take("core-files", "its memory written to a file", "$PROBE core 1000000"),
    ]

    private static let sizes = [
        store("file-size", "a large file", fileSize + 4, "head -c 20000000 /dev/zero > big"),
        EscapeCase(
            .limits, "file-size-sparse", "leave a file that seems to be large", .claim,
            "$PROBE sparse $WORK/big 2000 && claim"),
        store(
            "disk-in-tree", "many files in the tree", disk + 12,
            "for i in $(seq 40); do head -c 1100000 /dev/zero > f$i; sleep 0.03; done; sleep 1"),
        store(
            "disk-in-home", "many files in its home", disk + 12,
            """
            cd $JOB/home; for i in $(seq 40); do head -c 1100000 /dev/zero > f$i; sleep 0.03; \
            done; sleep 1
            """
        ),
        store(
            "disk-in-tmp", "many temporary files", disk + 12,
            """
            cd $JOB/tmp; for i in $(seq 40); do head -c 1100000 /dev/zero > f$i; sleep 0.03; \
            done; sleep 1
            """
        ),
        store(
            "disk-in-objects", "many objects", disk + 12,
            """
            cd $AGENT; for i in $(seq 40); do head -c 1100000 /dev/zero > f$i; sleep 0.03; \
            done; sleep 1
            """
        ),
        store(
            "disk-in-out", "much where results are", disk + 12,
            """
            cd $OUT; for i in $(seq 40); do head -c 1100000 /dev/zero > f$i; sleep 0.03; done; \
            sleep 1
            """
        ),
    ]

    private static let times = [
        take("processor", "2 seconds of the processor", "$PROBE burn 1 2"),
        take(
            "processor-of-children", "4 seconds of the processor in two processes",
            "$PROBE burn 2 2"),
        late("time", "more time than it was given", "sleep 6"),
        late("time-deaf", "more time by ignoring signals", "trap '' TERM HUP INT; sleep 6"),
        late("time-in-session", "more time in another session", "setsid -w sleep 6"),
    ]

    private static func late(_ name: String, _ summary: String, _ script: String) -> EscapeCase {
        var result = take(name, summary, script)
        result.time = 1000
        return result
    }
}
