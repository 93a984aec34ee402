extension Policy {
    /// What an approval binds itself to: 64 hexadecimal digits.
    ///
    /// The SHA-256 of the canonical JSON of ``hashed``.
    public var policyHash: String { SHA256.hex(JSON(.object(hashed)).canonical) }
}
