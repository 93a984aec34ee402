public import Model

extension Policy {
    /// What an approval binds itself to: 64 hexadecimal digits.
    ///
    /// The SHA-256 of the canonical JSON of ``hashed``.
    public var policyHash: String { SHA256.hex(JSON(.object(hashed)).canonical) }
}

extension JSON {
    /// A setting in the form in which it is stored.
    init(_ value: PolicyValue) {
        switch value {
        case .null: self = .null
        case .bool(let truth): self = .bool(truth)
        case .int(let number): self = .integer(number)
        case .string(let text): self = .string(text)
        case .array(let values): self = .array(values.map { JSON($0) })
        case .object(let members):
            self = .object(JSONObject(members.map { ($0.key, JSON($0.value)) }))
        }
    }
}
