import Model
import Testing

@Suite struct RedactorLogInTests {
    private func values(_ text: String) -> [String] {
        Redactor.secretValues(inLogIn: Array(text.utf8))
    }

    @Test func `tokens of any shape are secret, however deep`() {
        let codex = """
            {"OPENAI_API_KEY": null, "auth_mode": "chatgpt", "last_refresh": "2026-01-02T03:04:05.6Z",
             "tokens": {"id_token": "eyJ.a.b.c", "refresh_token": "rt_Abc-def.9", "account_id":
             "0f523ade-b6a1", "x": "wordsonly", "short": "1234567"}}
            """
        #expect(values(codex) == ["0f523ade-b6a1", "eyJ.a.b.c", "rt_Abc-def.9", "wordsonly"])
        let claude = """
            {"claudeAiOauth": {"accessToken": "abcdefgh", "refreshToken": "Fh2_93-x", "expiresAt":
             1800000000000, "scopes": ["user:inference"], "subscriptionType": "enterprise",
             "rateLimitTier": "default_claude_max_20x"}, "list": [{"k": ["deep-1234"]}]}
            """
        #expect(values(claude) == ["Fh2_93-x", "abcdefgh", "deep-1234"])
    }

    @Test(arguments: [
        "jane.doe@example.org", "2026-01-02", "https://api.example.org/", "Jane Doe", "enterprise",
    ])
    func `what nobody keeps secret stays`(text: String) {
        #expect(values("{\"x\": \"\(text)\"}") == [])
        #expect(values("{\"x\": \"\(text)\", \"secret\": \"\(text)\"}") == [text])
    }

    @Test(arguments: [
        "https://example.org/hooks/T0B1", "https://u:p@example.org", "aa@b c.d", "no-words-at-all",
        "abcdefghijklmnopq",
    ])
    func `what may be a secret is one`(text: String) {
        #expect(values("{\"x\": \"\(text)\"}") == [text])
    }

    @Test func `what is no JSON is a secret as a whole, and in its parts`() {
        let text = "key = abcdefghijklmnopqrst\nshort 1\n"
        let found = values(text)
        #expect(found == ["abcdefghijklmnopqrst", "key = abcdefghijklmnopqrst", text])
        #expect(values("") == [] && values("[1, null]") == [])
    }

    @Test func `all copies look for what one of them learns`() {
        let redactor = Redactor(values: ["known-value"])
        let copy = redactor
        #expect(copy.redact("a wholly-new b") == "a wholly-new b")
        redactor.learn(values: ["wholly-new", "short"])
        #expect(copy.redact("a wholly-new known-value short") == "a [redacted] [redacted] short")
        #expect(copy.finds(in: Array("wholly-new".utf8)).map(\.kind) == [.value])
    }
}
