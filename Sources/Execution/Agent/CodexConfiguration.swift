internal import Model

/// The `config.toml` of a private home of Codex.
///
/// Whatever the user's own says does not hold there, and neither does a `.codex/config.toml` of
/// the repository: of a directory that it trusts Codex would start that file's servers of tools
/// outside of its sandbox, and `codex exec` trusts where it runs unless it is told otherwise.
struct CodexConfiguration {
    /// Where it works.
    var directory: String
    /// The model; `nil` leaves the choice to Codex.
    var model: String?
    /// The server of models; `nil` is OpenAI's.
    var baseURL: String?
    /// Whether a key is given by ``keyVariable``; else a log-in has to do.
    var hasKey = true
    /// The directories that its commands may write in besides the work tree.
    var writable: [String] = []
    /// Whether its commands may write in ``writable`` only.
    var isReadOnly = false
    /// Whether it is in a sandbox, inside of which it can make none of its own.
    var isSandboxed = false
    /// The time zone of its commands; `nil` if the user's environment names none.
    var timeZone: String?
    /// The servers of tools, by name.
    var servers: [String: ToolServer] = [:]

    /// The variable that Codex takes its key from.
    static let keyVariable = "CODEX_API_KEY"

    /// The text of the file.
    var text: String {
        var lines = general
        lines += sandbox
        if let baseURL { lines += provider(baseURL) }
        lines += quiet
        let names = servers.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        for name in names {
            if let server = servers[name] { lines += Self.server(name, server) }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    // MARK: - Tables

    // What belongs to no table has to come first.
    private var general: [String] {
        var lines: [String] = []
        if let model { lines.append("model = \(Self.quoted(model))") }
        if baseURL != nil { lines.append("model_provider = \"draft\"") }
        lines.append("approval_policy = \"never\"")
        lines.append(mode)
        // A login shell would replace PATH by what the machine's profile says.
        lines.append("allow_login_shell = false")
        lines.append("check_for_update_on_startup = false")
        return lines
    }

    private var mode: String {
        if isSandboxed { return "sandbox_mode = \"danger-full-access\"" }
        return isReadOnly
            ? "default_permissions = \"draft\"" : "sandbox_mode = \"workspace-write\""
    }

    private var sandbox: [String] {
        var lines: [String] = []
        if isSandboxed {
            // What it may reach is decided around it.
        } else if isReadOnly {
            lines = ["", "[permissions.draft.filesystem]", "\":root\" = \"read\""]
            lines += writable.map { "\(Self.quoted($0)) = \"write\"" }
        } else {
            lines = [
                "", "[sandbox_workspace_write]", "network_access = false",
                "exclude_slash_tmp = true", "writable_roots = \(Self.list(writable))",
            ]
        }
        var hidden = [Self.keyVariable, "OPENAI_API_KEY"]
        if timeZone == nil { hidden.append("TZ") }
        lines += [
            "", "[shell_environment_policy]", "inherit = \"all\"",
            "exclude = \(Self.list(hidden))",
        ]
        if let timeZone { lines.append("set = { \"TZ\" = \(Self.quoted(timeZone)) }") }
        return lines + [
            "", "[projects.\(Self.quoted(directory))]", "trust_level = \"untrusted\"",
        ]
    }

    private func provider(_ url: String) -> [String] {
        [
            "", "[model_providers.draft]", "name = \"draft\"", "base_url = \(Self.quoted(url))",
            "wire_api = \"responses\"",
            hasKey
                ? "env_key = \(Self.quoted(Self.keyVariable))" : "requires_openai_auth = true",
            "supports_websockets = false", "request_max_retries = 2", "stream_max_retries = 2",
        ]
    }

    // What is not for the work, but for the vendor or for sessions at a terminal.
    private var quiet: [String] {
        [
            "", "[analytics]", "enabled = false", "", "[feedback]", "enabled = false", "",
            "[otel]", "exporter = \"none\"", "trace_exporter = \"none\"",
            "metrics_exporter = \"none\"", "", "[history]", "persistence = \"none\"", "",
            // Plug-ins look up two hosts of the vendor and wait for them, 5 seconds.
            "[features]", "plugins = false", "apps = false", "", "[skills.bundled]",
            "enabled = false",
        ]
    }

    private static func server(_ name: String, _ server: ToolServer) -> [String] {
        var lines = ["", "[mcp_servers.\(quoted(name))]"]
        switch server.transport {
        case .program(let command, let args, let env):
            lines.append("command = \(quoted(command))")
            if !args.isEmpty { lines.append("args = \(list(args))") }
            if !env.isEmpty { lines.append("env = \(table(env))") }
        case .remote(let url, let headers, _):
            lines.append("url = \(quoted(url))")
            if !headers.isEmpty { lines.append("http_headers = \(table(headers))") }
        }
        // Otherwise a call waits for somebody who permits it, and nobody is there; and a server
        // that does not start would be missing without a word.
        return lines + ["default_tools_approval_mode = \"approve\"", "required = true"]
    }

    // MARK: - Values

    /// A text as TOML spells it, also where it is a key.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    private static func list(_ texts: [String]) -> String {
        "[\(texts.map(quoted).joined(separator: ", "))]"
    }

    private static func table(_ members: [String: String]) -> String {
        let order = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        let pairs = order.map { "\(quoted($0.key)) = \(quoted($0.value))" }
        return "{ \(pairs.joined(separator: ", ")) }"
    }
}
