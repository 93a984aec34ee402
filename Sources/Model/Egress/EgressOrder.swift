/// What the service that lets jobs out is told: its doors, and nothing else is open.
///
/// It holds keys, hence it is never an argument and never stored.
public struct EgressOrder: Hashable, Sendable {
    /// The version of the form.
    public static let schema: Int64 = 1

    /// The ways out.
    public var doors: [EgressDoor]

    /// The proxies that the machine itself needs to get out.
    public var upstream: UpstreamProxy

    /// The file of the authorities that are trusted; `nil` is the system's.
    public var authorities: String?

    /// The bounds of a connection.
    public var limits: EgressLimits

    /// Creates an order.
    public init(
        doors: [EgressDoor], upstream: UpstreamProxy = UpstreamProxy(),
        authorities: String? = nil, limits: EgressLimits = EgressLimits()
    ) {
        self.doors = doors
        self.upstream = upstream
        self.authorities = authorities
        self.limits = limits
    }
}

/// One way out: a socket that takes listening sockets from inside, and what it lets through.
public struct EgressDoor: Hashable, Sendable {
    /// What evidence calls it.
    public var name: String

    /// The path of the UNIX socket.
    public var socket: String

    /// What it lets through.
    public var kind: Kind

    /// Creates a door.
    public init(name: String, socket: String, kind: Kind) {
        self.name = name
        self.socket = socket
        self.kind = kind
    }

    /// What a door lets through.
    public enum Kind: Hashable, Sendable {
        /// Connections to the hosts of a list.
        case proxy(allow: [NetworkRule])
        /// Connections to one place, whatever is said there.
        case forward(host: NetworkHost, port: UInt16)
        /// Requests to one server, with these placeholders replaced in their headers.
        case model(base: String, replace: [Replacement])
    }

    /// What stands for a secret inside, and the secret.
    public struct Replacement: Hashable, Sendable {
        /// What the sandbox knows.
        public var placeholder: String
        /// What the server gets.
        public var value: String

        /// Pairs a placeholder with what it stands for.
        public init(placeholder: String, value: String) {
            self.placeholder = placeholder
            self.value = value
        }
    }
}

/// The proxies of a machine, as its environment names them.
public struct UpstreamProxy: Hashable, Sendable {
    /// The one for TLS.
    public var https: String?

    /// The one for plain HTTP.
    public var http: String?

    /// Who is reached without, as `NO_PROXY` lists them.
    public var except: [String]

    /// Creates them; none unless told otherwise.
    public init(https: String? = nil, http: String? = nil, except: [String] = []) {
        self.https = https
        self.http = http
        self.except = except
    }

    /// What an environment says, in small or capital letters.
    public init(environment: [String: String]) {
        func value(_ name: String) -> String? {
            [name.lowercased(), name].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        }
        https = value("HTTPS_PROXY") ?? value("ALL_PROXY")
        http = value("HTTP_PROXY") ?? value("ALL_PROXY")
        except = (value("NO_PROXY") ?? "").split { $0 == "," || $0 == " " }.map(String.init)
    }

    /// The proxy for a host; `nil` if it is reached directly.
    public func proxy(for host: NetworkHost, isSecure: Bool) -> String? {
        guard let proxy = isSecure ? https : http, !isExcepted(host) else { return nil }
        return proxy
    }

    private func isExcepted(_ host: NetworkHost) -> Bool {
        let name = "\(host)"
        if name == "localhost" { return true }
        if case .v4(let bytes) = host, bytes.first == 127 { return true }
        return except.contains { entry in
            if entry == "*" { return true }
            let text = entry.lowercased()
            let bare = text.hasPrefix(".") ? String(text.dropFirst()) : text
            return name == bare || "[\(bare)]" == name
                || (!host.isAddress && name.hasSuffix(".\(bare)"))
        }
    }
}

/// The bounds of connections.
public struct EgressLimits: Hashable, Sendable {
    /// How many are open at once; further ones wait.
    public var connections: Int

    /// The most seconds until the head of a request is there.
    public var headSeconds: Int

    /// The most seconds until a connection to a server stands.
    public var connectSeconds: Int

    /// The most seconds without a byte.
    public var idleSeconds: Int

    /// The most seconds that a connection lasts.
    public var totalSeconds: Int

    /// Creates the bounds.
    public init(
        connections: Int = 96, headSeconds: Int = 30, connectSeconds: Int = 20,
        idleSeconds: Int = 900, totalSeconds: Int = 6 * 3600
    ) {
        self.connections = connections
        self.headSeconds = headSeconds
        self.connectSeconds = connectSeconds
        self.idleSeconds = idleSeconds
        self.totalSeconds = totalSeconds
    }
}
