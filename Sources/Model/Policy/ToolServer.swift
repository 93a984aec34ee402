/// A server of tools that agents may use, by the Model Context Protocol.
public struct ToolServer: Hashable, Sendable {
    /// How it is reached.
    public var transport: Transport

    /// How a server of tools is reached.
    public enum Transport: Hashable, Sendable {
        /// By a program that is started beside the agent.
        case program(command: String, args: [String], env: [String: String])
        /// By the network; `sse` is the older of the two protocols.
        case remote(url: String, headers: [String: String], sse: Bool)
    }

    /// Creates a server.
    public init(_ transport: Transport) { self.transport = transport }

    /// The form in which a work order and Claude Code name it.
    public var json: JSON {
        func object(_ texts: [String: String]) -> JSON {
            .object(JSONObject(texts.map { ($0.key, .string($0.value)) }))
        }
        switch transport {
        case .program(let command, let args, let env):
            return [
                "type": "stdio", "command": .string(command), "args": JSON(args),
                "env": object(env),
            ]
        case .remote(let url, let headers, let sse):
            return [
                "type": sse ? "sse" : "http", "url": .string(url), "headers": object(headers),
            ]
        }
    }
}
