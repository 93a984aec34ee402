extension Redactor {
    /// The values in an environment whose names say that they are secret.
    ///
    /// A name is cut into words at everything but letters and digits, without
    /// regard to case. It is secret if a word *ends in* `KEY`, `KEYS`, `SECRET`,
    /// `SECRETS`, `TOKEN`, `TOKENS`, `PASSWORD`, `PASSWORDS`, `PASSWD`, `PASS`,
    /// `PWD`, `PASSPHRASE`, `CREDENTIAL` or `CREDENTIALS`, or *is* `AUTH`, `PAT`
    /// or `DSN`; hence not `GIT_AUTHOR_NAME` and not `TOKENIZERS_PARALLELISM`.
    /// `GIT_CONFIG_KEY_<n>` names a setting and is not secret.
    ///
    /// A value is left out, though its name is secret, if it
    /// - has fewer than ``minimumLength`` bytes;
    /// - is a path: it begins with `./`, `../` or `~/`; or with `/` and a
    ///   directory name of lower-case letters (or a capital and lower-case
    ///   letters, `/Users`), and has neither `+` nor `=`;
    /// - is a list, separated by blanks, commas, colons or semicolons, of words
    ///   that settings are made of: `true`, `disabled`, `required`, `publickey`,
    ///   `password`, `keyboard-interactive` and the like.
    ///
    /// - Returns: The values, each once, sorted by their bytes.
    public static func secretValues(in environment: [String: String]) -> [String] {
        var values: Set<[UInt8]> = []
        for (name, value) in environment where isSecret(name: name) {
            let bytes = Array(value.utf8)
            guard bytes.count >= minimumLength, !isPath(bytes), !isWordList(bytes) else { continue }
            values.insert(bytes)
        }
        return values.sorted { $0.lexicographicallyPrecedes($1) }
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether a name says that its value is secret.
    ///
    /// - Parameters:
    ///   - name: The name.
    ///   - anywhere: Whether it is enough that it has such a word somewhere inside.
    /// - Returns: Whether it does.
    static func isSecret(name: String, anywhere: Bool = false) -> Bool {
        let name = name.uppercased()
        if anywhere {
            let letters = name.utf8.filter(isAlphanumeric)
            if secretParts.contains(where: { letters.contains($0.utf8) }) { return true }
        }
        if name.hasPrefix("GIT_CONFIG_KEY_") { return false }
        let words = name.utf8.split { !isAlphanumeric($0) }.map {
            String(decoding: $0, as: UTF8.self)
        }
        return words.contains { word in
            secretWords.contains(word) || secretEndings.contains { word.hasSuffix($0) }
        }
    }

    private static func isPath(_ value: [UInt8]) -> Bool {
        if ["./", "../", "~/"].contains(where: { value.starts(with: $0.utf8) }) { return true }
        guard value.first == 0x2f, !value.contains(0x2b), !value.contains(0x3d) else {
            return false
        }
        let component = value.dropFirst().prefix { $0 != 0x2f }
        guard let first = component.first, isAlphanumeric(first), !isDigit(first) else {
            return false
        }
        return component.count >= 2
            && component.dropFirst().allSatisfy { (0x61...0x7a).contains($0) }
    }

    private static func isWordList(_ value: [UInt8]) -> Bool {
        value.split { " ,:;".utf8.contains($0) }
            .allSatisfy { settingWords.contains(String(decoding: $0, as: UTF8.self).lowercased()) }
    }

    private static let secretWords: Set<String> = ["AUTH", "PAT", "DSN"]

    private static let secretParts = [
        "PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "CREDENTIAL", "APIKEY", "ACCESSKEY",
        "PRIVATEKEY",
    ]

    private static let secretEndings = [
        "KEY", "KEYS", "SECRET", "SECRETS", "TOKEN", "TOKENS", "PASSWORD", "PASSWORDS", "PASSWD",
        "PASS", "PWD", "PASSPHRASE", "CREDENTIAL", "CREDENTIALS",
    ]

    private static let settingWords: Set<String> = [
        "true", "false", "yes", "no", "on", "off", "none", "null", "default", "enabled", "disabled",
        "enable", "disable", "required", "optional", "always", "never", "auto", "automatic",
        "manual", "undefined", "unset", "unknown", "anonymous", "basic", "bearer", "digest",
        "negotiate", "oauth", "oauth2", "token", "tokens", "password", "passwords", "passphrase",
        "secret", "secrets", "credential", "credentials", "key", "keys", "publickey", "public-key",
        "hostbased", "keyboard-interactive", "gssapi-with-mic", "keychain", "keyring",
        "osxkeychain",
        "libsecret", "ssh-agent", "local", "remote", "internal", "external", "system", "user",
    ]
}
