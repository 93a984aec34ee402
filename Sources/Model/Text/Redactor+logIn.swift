extension Redactor {
    /// The secrets in a file that logging in left.
    ///
    /// Of JSON that is each text of at least ``minimumLength`` bytes, however deep it is and
    /// whatever it looks like, except
    /// - what is stored under a name such as `scopes`, `email` or `serverUrl`;
    /// - a mail address, a time, a server's address, and names in letters alone, unless it is
    ///   stored under a name that says that it is secret, see ``secretValues(in:)``.
    ///
    /// Of anything else it is the whole, each line and each long word.
    ///
    /// - Parameter bytes: What the file holds.
    /// - Returns: The values, each once, sorted by their bytes.
    public static func secretValues(inLogIn bytes: [UInt8]) -> [String] {
        var found: Set<[UInt8]> = []
        if let json = try? JSON(parsing: bytes) {
            collect(json, isSecret: false, into: &found)
        } else {
            let long = 16
            found.insert(bytes)
            for line in bytes.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }) {
                let words = line.split { " \t\"'=,".utf8.contains($0) }
                for part in [line] + words where part.count >= long { found.insert(Array(part)) }
            }
        }
        return found.filter { $0.count >= minimumLength }
            .sorted { $0.lexicographicallyPrecedes($1) }
            .map { String(decoding: $0, as: UTF8.self) }
    }

    private static func collect(
        _ json: JSON, isSecret: Bool, into found: inout Set<[UInt8]>
    ) {
        switch json {
        case .string(let text):
            if isSecret || !isPlain(Array(text.utf8)) { found.insert(Array(text.utf8)) }
        case .array(let elements):
            for element in elements { collect(element, isSecret: isSecret, into: &found) }
        case .object(let members):
            for (key, value) in members {
                let letters = key.lowercased().utf8.filter(isAlphanumeric)
                let plain = String(decoding: letters, as: UTF8.self)
                guard !plainNames.contains(plain), !isPlace(value, named: plain) else { continue }
                collect(value, isSecret: isSecret || Self.isSecret(name: key), into: &found)
            }
        case .null, .bool, .integer, .number: break
        }
    }

    /// Whether a text under no telling name is none that anybody keeps secret.
    private static func isPlain(_ text: [UInt8]) -> Bool {
        isAddress(text) || isTime(text) || isServer(text) || isName(text)
    }

    private static func isAddress(_ text: [UInt8]) -> Bool {
        let halves = text.split(separator: 0x40, omittingEmptySubsequences: false)
        return halves.count == 2 && !halves[0].isEmpty && halves[1].contains(0x2e)
            && halves[0].allSatisfy { isAlphanumeric($0) || "._+-".utf8.contains($0) }
            && halves[1].allSatisfy { isAlphanumeric($0) || $0 == 0x2e || $0 == 0x2d }
    }

    private static func isTime(_ text: [UInt8]) -> Bool {
        text.count >= 10 && text[4] == 0x2d && text[7] == 0x2d
            && text.prefix(4).allSatisfy(isDigit)
            && text.allSatisfy { isDigit($0) || "-:.TZ+ ".utf8.contains($0) }
    }

    private static func isServer(_ text: [UInt8]) -> Bool {
        guard let scheme = ["https://", "http://"].first(where: { text.starts(with: $0.utf8) })
        else { return false }
        let host = text.dropFirst(scheme.utf8.count)
        return host.prefix { $0 != 0x2f }.count >= host.count - 1
            && host.allSatisfy { isAlphanumeric($0) || ".:-/".utf8.contains($0) }
    }

    private static func isPlace(_ value: JSON, named name: String) -> Bool {
        guard ["url", "uri"].contains(where: name.hasSuffix), let text = value.string else {
            return false
        }
        return !text.utf8.contains { "?@#".utf8.contains($0) }
    }

    private static func isName(_ text: [UInt8]) -> Bool {
        text.split(separator: 0x20).allSatisfy { word in
            word.count <= 16 && word.allSatisfy { isAlphanumeric($0) && !isDigit($0) }
        }
    }

    private static let plainNames: Set<String> = [
        "scope", "scopes", "subscriptiontype", "ratelimittier", "authmode", "authmethod",
        "tokentype", "lastrefresh", "plan", "plantype", "email", "emailaddress", "name",
        "displayname", "organizationname", "servername", "issuer",
    ]
}
