extension JSON {
    /// A setting in the form in which it is stored.
    public init(_ value: PolicyValue) {
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
