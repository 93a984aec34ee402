import Model
import Testing

@testable import Execution

@Suite struct CodexFailureTests {
    private static let now = CodexStreamTests.noon

    private static func kind(_ message: String) -> AgentFailure.Kind {
        CodexFailure.classify(message, now: now).kind
    }

    private static func reset(_ message: String) -> String? {
        CodexFailure.classify(message, now: now).resetsAt?.description
    }

    @Test(arguments: [
        (
            "unexpected status 401 Unauthorized: bad key, url: http://h/v1/responses",
            "authentication"
        ),
        ("unexpected status 403 Forbidden: forbidden, url: http://h/v1", "authentication"),
        ("Missing environment variable: `CODEX_API_KEY`.", "authentication"),
        ("Quota exceeded. Check your plan and billing details.", "authentication"),
        (
            "Your access token could not be refreshed. Please log out and sign in again.",
            "authentication"
        ),
        ("exceeded retry limit, last status: 429 Too Many Requests", "rate_limit"),
        ("You’ve hit your usage limit. Upgrade to Pro or try again later.", "rate_limit"),
        ("rate limit exceeded: Rate limit reached for gpt-5", "rate_limit"),
        ("unexpected status 529 <unknown status code>: Overloaded, url: http://h", "overloaded"),
        ("Selected model is at capacity. Please try a different model.", "overloaded"),
        (
            "We’re currently experiencing high demand, which may cause temporary errors.",
            "overloaded"
        ),
        (
            "Codex ran out of room in the model's context window. Start a new thread or clear "
                + "earlier history before retrying.", "too_long"
        ),
        (#"{"error": {"code": "context_length_exceeded", "message": "too much"}}"#, "too_long"),
        (#"{"error": {"message": "prompt is too long"}}"#, "too_long"),
        ("This request has been flagged for possible cybersecurity risk.", "refusal"),
        ("Invalid prompt: flagged as potentially violating our usage policy", "refusal"),
        (
            "stream disconnected before completion: Incomplete response returned, reason: "
                + "content_filter", "refusal"
        ),
        ("Incomplete response returned, reason: max_output_tokens", "api"),
        (
            "stream disconnected before completion: stream closed before response.completed",
            "api"
        ),
        ("unexpected status 404 Not Found: The model does not exist, url: http://h", "api"),
        (#"{"error": {"type": "invalid_request_error", "message": "bad thing"}}"#, "api"),
        ("shared rollout token budget exhausted", "budget"),
        ("turn interrupted", "interrupted"), ("internal error; agent loop died", "other"),
        ("", "other"),
    ])
    func `each message has its kind`(message: String, kind: String) {
        #expect(Self.kind(message).rawValue == kind)
    }

    @Test func `a provider's answer is read for its message`() {
        let message = #"{"error": {"type": "invalid_request_error", "message": "bad thing"}}"#
        #expect(CodexFailure.classify(message, now: Self.now).message == "bad thing")
    }

    @Test(arguments: [
        ("You’ve hit your usage limit. Visit https://h or try again at 10:26 PM.", "21T22:27:00"),
        ("You’ve hit your usage limit. Try again at 12:00 PM.", "21T12:01:00"),
        ("You’ve hit your usage limit. Try again at 11:58 AM.", "22T11:59:00"),
        ("You’ve hit your usage limit. Try again at 12:05 AM.", "22T00:06:00"),
        ("You’ve hit your usage limit or try again at Nov 25th, 2026 1:58 AM.", "25T01:59:00"),
        ("You’ve hit your usage limit. Try again at Nov 23rd, 2026 11:59 PM.", "24T00:00:00"),
        ("rate limit exceeded: Please try again in 20s. Visit https://h", "21T12:00:20"),
        ("rate limit: try again in 6m0s.", "21T12:06:00"),
        ("rate limit: Try again in 3 days 4 hours 5 minutes.", "24T16:05:00"),
    ])
    func `the end of a limit is read`(message: String, moment: String) {
        #expect(Self.reset(message) == "2026-11-\(moment).000Z")
    }

    @Test func `fractions of a second count`() {
        #expect(Self.reset("rate limit: try again in 1.054s.") == "2026-11-21T12:00:01.054Z")
        #expect(Self.reset("rate limit: try again in 20ms.") == "2026-11-21T12:00:00.020Z")
    }

    @Test(arguments: [
        "try again later.", "try again at", "try again at 25:00 PM.", "try again at 3:99 PM.",
        "try again at noon.", "try again at Foo 1st, 2026 1:00 AM.", "try again in a while.",
        "try again at Feb 31st, 2027 1:00 AM.", "try again at Nov 25th, 99999999 1:58 AM.",
        "try again in 99999999999999999999999999 days.", "try again in 5 parsecs.",
        "try again in 1e400s.", "try again in ", "try again in ...s",
    ])
    func `what is no moment is none`(words: String) {
        #expect(Self.kind("You’ve hit your usage limit; \(words)") == .rateLimit)
        #expect(Self.reset("You’ve hit your usage limit; \(words)") == nil)
    }

    @Test(arguments: [
        ("/bin/bash -lc 'swift test'", "swift test"), ("/bin/bash -c ls", "ls"),
        (#"bash -lc "echo \"a\" \$x""#, #"echo "a" $x"#), (#"/bin/sh -c 'a'\''b'"#, "a'b"),
        ("/bin/bash -c 'a' b", "/bin/bash -c 'a' b"), ("/bin/bash -c 'a", "/bin/bash -c 'a"),
        ("ls -l", "ls -l"), ("", ""),
    ])
    func `a command is shown without its shell`(command: String, inner: String) {
        #expect(CodexCommand.inner(of: command) == inner)
    }
}
