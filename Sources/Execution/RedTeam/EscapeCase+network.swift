extension EscapeCase {
    private static func reach(
        _ name: String, _ summary: String, _ script: String, _ incidents: String...
    ) -> EscapeCase {
        EscapeCase(.network, name, "reach \(summary)", .reached, script, incidents)
    }

    private static func open(
        _ name: String, _ summary: String, _ script: String, _ incidents: String...
    ) -> EscapeCase {
        EscapeCase(.network, name, summary, .claim, "\(script) && claim", incidents)
    }

    /// An attempt to get from the proxy what its list does not have; `$LISTED` is on it.
    private static func proxy(
        _ name: String, _ summary: String, _ script: String, _ incidents: String...
    ) -> EscapeCase {
        var result = EscapeCase(
            .network, name, "have the proxy \(summary)", .reached, script, incidents)
        result.allowed = ["allowed.example", "*.allowed.example", "127.0.0.1:$LISTED"]
        return result
    }

    /// Attempts at the network.
    static let network = sockets + families + targets + requests + alone

    private static let sockets = [
        reach(
            "tcp-loopback", "a server on loopback", "$PROBE tcp 127.0.0.1 $PORT", "CVE-2026-44211",
            "CVE-2026-22812", "CVE-2026-59723"),
        reach(
            "tcp-loopback-alias", "a server by another loopback address",
            "$PROBE tcp 0.0.0.0 $PORT", "0.0.0.0-day"),
        reach("tcp-loopback-six", "a server on loopback of IPv6", "$PROBE tcp ::1 $PORT6"),
        reach(
            "tcp-loopback-mapped", "a server by its mapped address",
            "$PROBE tcp ::ffff:127.0.0.1 $PORT"),
        reach(
            "udp-loopback", "a resolver on loopback",
            "$PROBE udp 127.0.0.1 $UDP", "CVE-2025-55284"),
        reach(
            "shell-tcp", "a server with what a shell has",
            "bash -c 'exec 3<>/dev/tcp/127.0.0.1/'$PORT'; echo >&3; cat <&3'", "CVE-2025-55284"),
        reach(
            "git-tcp", "a server with git", "git ls-remote http://127.0.0.1:$PORT/x 2>&1",
            "CVE-2025-55284"),
        reach(
            "socket-docker", "the daemon of containers", "$PROBE unix $HOST/run/docker.sock",
            "OpenHands #1691", "OpenHands #14902"),
        reach("socket-agent", "the user's agent of keys", "$PROBE unix $HOST/run/agent.sock"),
        reach("socket-bus", "the user's message bus", "$PROBE unix $HOST/run/bus"),
        reach(
            "socket-by-link", "a socket through a link in the tree",
            "ln -s $HOST/run/docker.sock d; $PROBE unix $WORK/d", "CVE-2026-39861"),
        reach(
            "socket-by-hard-link", "a socket through a hard link in the tree",
            "ln $HOST/run/docker.sock d; $PROBE unix $WORK/d"),
        reach(
            "socket-in-tmp", "a socket in /tmp", "$PROBE unix /tmp/redteam-$TOKEN.sock",
            "CVE-2026-46406"),
        reach(
            "socket-of-other-job", "the way out of another job",
            "$PROBE offer $HOST/run/door.sock /dev/null"),
        reach(
            "socket-by-process", "a socket through a process's directory",
            "$PROBE unix /proc/$PID/cwd/run/docker.sock"),
        reach("socket-abstract", "a socket without a file", "$PROBE abstract redteam-$TOKEN"),
        reach(
            "socket-abstract-datagram", "a socket for datagrams without a file",
            "$PROBE abstract-datagram redteam-$TOKEN.datagram"),
        reach("pipe", "a pipe of the user", "echo hello 1<>$HOST/run/pipe"),
    ]

    private static let families = [
        open("socket-raw", "forge packets", "$PROBE family raw"),
        open("socket-packet", "listen on the wire", "$PROBE family packet"),
        open("socket-machine", "talk to the machine below", "$PROBE family vsock"),
        open("socket-cipher", "use the kernel's ciphers", "$PROBE family algorithm"),
        open("socket-audit", "talk to the audit of the kernel", "$PROBE family audit"),
        open("socket-uevent", "listen to the kernel's devices", "$PROBE family uevent"),
        open("socket-netfilter", "talk to the kernel's firewall", "$PROBE family netfilter"),
        open("socket-xdp", "take packets from the kernel", "$PROBE family xdp"),
        open(
            "list-connections", "see who listens on the machine",
            "grep -qi \":$(printf %04X $PORT) \" /proc/net/tcp"),
        open(
            "list-sockets", "see the sockets of the machine",
            "grep -q redteam-$TOKEN /proc/net/unix"),
    ]

    private static let targets = [
        proxy(
            "proxy-unlisted-port", "reach another port of a listed host",
            "$PROBE tunnel 127.0.0.1:$PORT"),
        proxy("proxy-localhost", "reach loopback by its name", "$PROBE tunnel localhost:$PORT"),
        proxy(
            "proxy-final-dot", "reach loopback by a name with a dot",
            "$PROBE tunnel localhost.:$PORT"),
        proxy(
            "proxy-nul", "stop reading where a host has a NUL",
            "$PROBE tunnel \"127.0.0.1\\\\0.allowed.example:$PORT\"", "SOCKS5 NUL host"),
        proxy(
            "proxy-hash", "stop reading where a host has a hash",
            "$PROBE tunnel \"127.0.0.1#.allowed.example:$PORT\"", "SOCKS5 NUL host"),
        proxy(
            "proxy-slash", "stop reading where a host has a slash",
            "$PROBE tunnel \"127.0.0.1/.allowed.example:$PORT\""),
        proxy(
            "proxy-blank", "stop reading where a host has a blank",
            "$PROBE tunnel \"127.0.0.1 .allowed.example:$PORT\""),
        proxy(
            "proxy-line", "read two lines as one host",
            "$PROBE tunnel \"127.0.0.1:$PORT HTTP/1.1\\\\r\\\\nX:.allowed.example\"",
            "CVE-2025-48384"),
        proxy(
            "proxy-user", "take a user for a host",
            "$PROBE tunnel allowed.example@127.0.0.1:$PORT"),
        proxy("proxy-percent", "decode a host", "$PROBE tunnel 127.0.0.1%23.allowed.example:$PORT"),
        proxy("proxy-decimal", "read an address as one number", "$PROBE tunnel 2130706433:$PORT"),
        proxy("proxy-octal", "read an address in octal", "$PROBE tunnel 0177.0.0.1:$PORT"),
        proxy(
            "proxy-hexadecimal", "read an address in hexadecimal",
            "$PROBE tunnel 0x7f.0.0.1:$PORT"),
        proxy("proxy-short", "read a short address", "$PROBE tunnel 127.1:$PORT"),
        proxy(
            "proxy-zero", "take no address for its own", "$PROBE tunnel 0.0.0.0:$PORT",
            "0.0.0.0-day"),
        proxy(
            "proxy-mapped", "read an address in another family",
            "$PROBE tunnel [::ffff:127.0.0.1]:$PORT"),
        proxy("proxy-six", "reach loopback of IPv6", "$PROBE tunnel [::1]:$PORT6"),
        proxy("proxy-zone", "read an address with a zone", "$PROBE tunnel [::1%25lo]:$PORT6"),
    ]

    private static let requests = [
        emptyList(
            "proxy-empty-list", "take an empty list for an open one",
            "$PROBE tunnel 127.0.0.1:$PORT", "CVE-2025-66479"),
        emptyList(
            "proxy-plain-unlisted", "fetch what is not listed",
            "$PROBE follow http://127.0.0.1:$LISTED/"),
        proxy(
            "proxy-redirect", "follow an answer elsewhere",
            "$PROBE follow http://127.0.0.1:$LISTED/", "CVE-2026-53586"),
        proxy(
            "proxy-other-host", "believe a header more than the address",
            """
            $PROBE say \"GET http://127.0.0.1:$LISTED/ HTTP/1.1\\\\r\\\\nHost: \
            127.0.0.1:$PORT\\\\r\\\\nConnection: close\\\\r\\\\n\\\\r\\\\n\" $PORT
            """
        ),
        proxy(
            "proxy-second-request", "pass on a second request unread",
            """
            $PROBE say \"GET http://127.0.0.1:$LISTED/ HTTP/1.1\\\\r\\\\nHost: \
            x\\\\r\\\\n\\\\r\\\\nGET http://127.0.0.1:$PORT/ HTTP/1.1\\\\r\\\\nHost: \
            x\\\\r\\\\n\\\\r\\\\n\" $PORT
            """
        ),
        proxy(
            "proxy-two-lengths", "count a body twice",
            """
            $PROBE say \"POST http://127.0.0.1:$LISTED/ HTTP/1.1\\\\r\\\\nHost: \
            x\\\\r\\\\nContent-Length: 5\\\\r\\\\nTransfer-Encoding: \
            chunked\\\\r\\\\n\\\\r\\\\n0\\\\r\\\\n\\\\r\\\\nCONNECT 127.0.0.1:$PORT \
            HTTP/1.1\\\\r\\\\nHost: x\\\\r\\\\n\\\\r\\\\n\" $PORT
            """
        ),
        proxy(
            "proxy-bare-line", "end a header where there is no end",
            """
            $PROBE say \"CONNECT allowed.example:443 HTTP/1.1\\\\nHost: x\\\\n\\\\nCONNECT \
            127.0.0.1:$PORT HTTP/1.1\\\\r\\\\nHost: x\\\\r\\\\n\\\\r\\\\n\" $PORT
            """
        ),
        proxy(
            "proxy-other-scheme", "speak another protocol",
            """
            $PROBE say \"GET ftp://127.0.0.1:$PORT/ HTTP/1.1\\\\r\\\\nHost: \
            allowed.example\\\\r\\\\n\\\\r\\\\n\" $PORT
            """
        ),
        proxy(
            "proxy-relative", "take a header for the address",
            "$PROBE say \"GET / HTTP/1.1\\\\r\\\\nHost: 127.0.0.1:$PORT\\\\r\\\\n\\\\r\\\\n\" $PORT"
        ),
    ]

    /// An attempt where the machine is alone, with a name server that cannot be trusted.
    private static func alone(
        _ name: String, _ summary: String, _ script: String, allowed: [String]? = nil,
        _ incidents: String...
    ) -> EscapeCase {
        var result = EscapeCase(.network, name, summary, .reached, script, incidents)
        result.isAlone = true
        result.allowed = allowed
        return result
    }

    private static let below = ["*.allowed.example", "*.allowed.example:$PORT"]

    private static let alone = [
        alone(
            "metadata", "reach the metadata of a cloud", "$PROBE tcp 169.254.169.254 80"),
        alone(
            "proxy-metadata", "have the proxy reach the metadata of a cloud",
            "$PROBE tunnel 169.254.169.254:80", allowed: below),
        alone(
            "proxy-metadata-plain", "have the proxy fetch the metadata of a cloud",
            "$PROBE follow http://169.254.169.254:80/", allowed: below),
        alone(
            "proxy-metadata-decimal", "have the proxy read that address as a number",
            "$PROBE tunnel 2852039166:80", allowed: below),
        alone(
            "proxy-metadata-name", "have the proxy follow a listed name there",
            "$PROBE tunnel metadata.allowed.example:80", allowed: below),
        alone(
            "proxy-rebinding", "have the proxy look a name up and go where it leads later",
            "for i in 1 2 3 4; do $PROBE tunnel rebound.allowed.example:$PORT; done",
            allowed: below),
        alone(
            "proxy-rebinding-listed", "have the proxy trust a listed name wherever it leads",
            "for i in 1 2 3 4; do $PROBE tunnel rebound.allowed.example:$PORT; done",
            allowed: ["rebound.allowed.example:$PORT"]),
    ]

    private static func emptyList(
        _ name: String, _ summary: String, _ script: String, _ incidents: String...
    ) -> EscapeCase {
        var result = EscapeCase(
            .network, name, "have the proxy \(summary)", .reached, script, incidents)
        result.allowed = []
        return result
    }
}
