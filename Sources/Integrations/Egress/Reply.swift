/// Answers of our own.
enum Reply {
    /// The bytes that tell a program inside of a fault.
    static func bytes(_ fault: Fault) -> [UInt8] {
        let body = "git-draft: \(fault.sentence)\n"
        let lines = [
            "HTTP/1.1 \(fault.status) \(words(fault.status))",
            "Content-Type: text/plain; charset=utf-8", "Content-Length: \(body.utf8.count)",
            "X-Draft-Reason: \(fault.sentence)", "Connection: close", "", body,
        ]
        return Array(lines.joined(separator: "\r\n").utf8)
    }

    /// What HTTP calls a status.
    static func words(_ status: Int) -> String { phrases[status] ?? "Answer" }

    private static let phrases = [
        200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 206: "Partial Content",
        301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified",
        307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request",
        401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
        408: "Request Timeout", 409: "Conflict", 413: "Content Too Large",
        422: "Unprocessable Content", 429: "Too Many Requests",
        431: "Request Header Fields Too Large", 500: "Internal Server Error",
        501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
        504: "Gateway Timeout", 505: "HTTP Version Not Supported", 529: "Overloaded",
    ]
}
