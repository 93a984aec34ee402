extension Event {
    /// How many bytes an excerpt leaves for what is said about the whole.
    private static let reserve = 512

    /// The most members that an excerpt names as left out.
    private static let mostNames = 32

    /// What of a payload fits into an event, or `nil` if all of it does.
    ///
    /// The largest members are left out, those of an object one by one, and named in `omitted`;
    /// `truncated` says that there is more.
    public static func excerpt(of payload: JSONObject) -> JSONObject? {
        let size = JSON.object(payload).canonical.count
        guard size > maximumPayload else { return nil }
        let parts = payload.flatMap(PayloadPart.parts)
        let places = parts.indices.sorted { (parts[$1].size, $0) < (parts[$0].size, $1) }
        var rest = size + reserve
        var names: [String] = []
        var omitted: Set<Int> = []
        for place in places where rest > maximumPayload {
            omitted.insert(place)
            rest -= parts[place].size
            guard names.count < mostNames else { continue }
            names.append(parts[place].path)
            rest += JSON.string(parts[place].path).canonical.count + 5
        }
        var excerpt = JSONObject()
        for (place, part) in parts.enumerated() where !omitted.contains(place) {
            part.add(to: &excerpt)
        }
        excerpt["omitted"] = JSON(names)
        excerpt["truncated"] = true
        let isSmall = JSON.object(excerpt).canonical.count <= maximumPayload - reserve
        return isSmall ? excerpt : ["truncated": true]
    }
}

/// A member of a payload, or of an object in it.
private struct PayloadPart {
    let member: String
    let inner: String?
    let value: JSON

    /// At most as many bytes as it takes in the payload.
    let size: Int

    /// The names on the way to it.
    var path: String { inner.map { "\(member)/\($0)" } ?? member }

    private init(_ member: String, _ inner: String?, _ value: JSON) {
        (self.member, self.inner, self.value) = (member, inner, value)
        size = value.canonical.count + (inner ?? member).utf8.count + 4
    }

    /// The parts of a member, which is one itself unless it is an object.
    static func parts(_ member: String, _ value: JSON) -> [PayloadPart] {
        guard let members = value.object, !members.isEmpty else {
            return [PayloadPart(member, nil, value)]
        }
        return members.map { PayloadPart(member, $0.key, $0.value) }
    }

    /// Puts it where it was.
    func add(to payload: inout JSONObject) {
        guard let inner else { return payload[member] = value }
        var members = payload[member]?.object ?? [:]
        members[inner] = value
        payload[member] = .object(members)
    }
}
