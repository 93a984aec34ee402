extension EscapeCase {
    /// The port at which the model is asked, in a sandbox that of the door.
    private static let door = "M=${ANTHROPIC_BASE_URL##*127.0.0.1:}; M=${M%%/*}\n"

    private static func at(
        _ name: String, _ summary: String, _ sign: Sign, _ script: String, _ incidents: [String]
    ) -> EscapeCase {
        var result = EscapeCase(.network, name, summary, sign, door + script, incidents)
        result.reachesModel = true
        return result
    }

    /// What asks the model, and prints what it says.
    private static func asking(
        _ request: String, _ header: String = "", port: String = "$M"
    ) -> String {
        """
        $PROBE say \"\(request) HTTP/1.1\\\\r\\\\nHost: \
        127.0.0.1\\\\r\\\\n\(header)Connection: close\\\\r\\\\n\\\\r\\\\n\" \(port)
        """
    }

    private static let key = "x-api-key: $ANTHROPIC_API_KEY\\\\r\\\\n"

    private static func steal(
        _ name: String, _ summary: String, _ script: String, _ incidents: String...
    ) -> EscapeCase {
        at(name, summary, .leak, script, incidents)
    }

    private static func reach(
        _ name: String, _ summary: String, _ script: String, _ incidents: String...
    ) -> EscapeCase {
        at(name, summary, .reached, script, incidents)
    }

    /// Attempts at the door to a model, and at the key behind it.
    static let model = [
        steal(
            "model-key", "read the key of its model", "printenv ANTHROPIC_API_KEY",
            "CVE-2026-21852", "Comment and Control"),
        steal(
            "model-key-repeated", "have the model repeat its key", asking("GET /v1/x", key)),
        steal(
            "model-key-of-token", "have the model repeat a token",
            asking("GET /v1/x", "Authorization: Bearer $ANTHROPIC_API_KEY\\\\r\\\\n")),
        steal(
            "model-key-encoded", "have the model spell its key otherwise",
            asking("GET /v1/x", key) + " | sed -n 's/^encoded //p' | base64 -d"),
        reach(
            "model-other-path", "ask the model's server for something else",
            asking("GET /admin", key)),
        reach(
            "model-path-up", "climb out of the model's path", asking("GET /v1/../admin", key)),
        reach(
            "model-path-encoded", "climb out of the model's path unseen",
            asking("GET /v1/%2e%2e/admin", key)),
        reach(
            "model-method", "speak to the model's server otherwise", asking("PUT /v1/x", key)),
        reach(
            "model-stranger", "write into the account of somebody else",
            asking("POST /v1/x", "x-api-key: sk-of-somebody-else\\\\r\\\\n")),
        reach(
            "model-other-host", "have the model's door ask another server",
            asking("GET http://127.0.0.1:$PORT/v1/x", key, port: other)),
        reach(
            "model-tunnel", "have the model's door open a tunnel",
            asking("CONNECT 127.0.0.1:$PORT", port: other)),
    ]

    /// The door if there is one, and else the server itself.
    private static let other = "$(if [ $M = $MODEL ]; then echo $PORT; else echo $M; fi)"
}
