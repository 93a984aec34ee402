internal import Model

/// Puts keys into the headers of a request to a model's server.
struct Credentials {
    /// What is replaced by what.
    let pairs: [EgressDoor.Replacement]

    /// The headers with keys in the place of placeholders.
    ///
    /// - Throws: ``Fault`` if a header holds the credential of somebody else: it would let a
    ///   program inside write into an account that is not ours.
    func replaced(
        in headers: [(name: String, value: [UInt8])]
    ) throws(Fault) -> [(name: String, value: [UInt8])] {
        guard !pairs.isEmpty else { return headers }
        var result: [(name: String, value: [UInt8])] = []
        for header in headers {
            var value = header.value
            var isOurs = false
            for pair in pairs {
                guard let longer = Self.replace(pair.placeholder, by: pair.value, in: value) else {
                    continue
                }
                value = longer
                isOurs = true
            }
            guard isOurs || !Self.names.contains(header.name.lowercased()) else {
                throw Fault(
                    403,
                    "the request has a credential of its own in '\(header.name)'; only the one of "
                        + "the job is taken to the model")
            }
            result.append((header.name, value))
        }
        return result
    }

    private static let names: Set = ["authorization", "x-api-key", "api-key", "cookie"]

    private static func replace(_ text: String, by other: String, in value: [UInt8]) -> [UInt8]? {
        let wanted = Array(text.utf8)
        var result: [UInt8] = []
        var isFound = false
        var index = 0
        while index < value.count {
            if value[index...].starts(with: wanted) {
                result += other.utf8
                index += wanted.count
                isFound = true
            } else {
                result.append(value[index])
                index += 1
            }
        }
        return isFound ? result : nil
    }
}
