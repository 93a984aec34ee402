import Model

/// What keeps a job apart, and what it may reach all the same.
extension DraftReader {
    /// Reads `sandbox`, a mode or a mapping.
    func readSandbox(into policy: inout Policy) {
        guard let node = root.node("sandbox") else { return }
        if case .scalar = node.value {
            use(root.word("sandbox"), &policy.sandbox)
            return
        }
        let keys = [
            "mode", "require", "network", "writable", "limits", "image", "environment",
        ]
        let section = Section(node, path: "sandbox", known: keys, findings: findings)
        use(section.word("mode"), &policy.sandbox)
        policy.sandbox.require = section.bool("require") ?? false
        if policy.sandbox.require, section.node("mode")?.text == "none" {
            section.fail("require", "contradicts 'sandbox.mode: none'")
        }
        policy.sandbox.network = words(section, "network", "a host", Self.hostFault)
        policy.sandbox.writable = words(section, "writable", "an absolute path") {
            Self.isPlace($0) ? nil : ""
        }
        policy.sandbox.environment = words(
            section, "environment", "the name of a variable"
        ) { Self.isVariable($0) ? nil : "" }
        if let image = section.string("image") {
            if Self.isImage(image) {
                policy.sandbox.image = image
            } else {
                section.fail("image", "must be the name of an image, not '\(shown(image))'")
            }
        }
        readLimits(section, into: &policy.sandbox.limits)
    }

    private func use(_ mode: SandboxMode?, _ settings: inout SandboxSettings) {
        guard let mode else { return }
        settings.mode = mode
        settings.namesMode = true
    }

    private func readLimits(_ section: Section, into limits: inout SandboxLimits) {
        let keys = ["memory", "processes", "disk", "file_size", "cpu_seconds"]
        guard let section = section.section("limits", known: keys) else { return }
        // With less than that not even a shell gets anywhere.
        limits.memory = size(section, "memory", atLeast: 32)
        limits.disk = size(section, "disk", atLeast: 1)
        limits.fileSize = size(section, "file_size", atLeast: 1)
        limits.processes = section.int("processes", in: 16...Int(Int32.max))
        limits.cpuSeconds = section.int("cpu_seconds")
    }

    /// A number of bytes, such as `512M`, that is at least a number of MiB.
    private func size(_ section: Section, _ key: String, atLeast least: Int64) -> Int64? {
        guard let node = section.node(key) else { return nil }
        let size = node.text.flatMap { SandboxLimits.bytes($0) }
        if size == nil { section.fail(key, "must be a number of bytes, such as 512M or 2G") }
        guard let size, size < least << 20 else { return size }
        section.fail(key, "must be \(least)M or more; nothing runs with \(shown(node.text ?? ""))")
        return nil
    }

    /// A list of texts that are all of one shape.
    private func words(
        _ section: Section, _ key: String, _ shape: String, _ fault: (String) -> String?
    ) -> [String] {
        (section.strings(key) ?? []).filter { word in
            guard let reason = fault(word) else { return true }
            let because = reason.isEmpty ? "" : ": \(reason)"
            section.fail(key, "must hold \(shape) each, not '\(shown(word))'\(because)")
            return false
        }
    }

    // MARK: - Shapes

    /// Why a text names no hosts: a name or address, perhaps with `*.` before it or a port.
    private static func hostFault(_ text: String) -> String? {
        do throws(NetworkRuleError) {
            _ = try NetworkRule(parsing: text)
            return nil
        } catch {
            return error.reason
        }
    }

    /// Whether a text is the path of something below the root, with no step back.
    private static func isPlace(_ text: String) -> Bool {
        let steps = text.utf8.split(separator: UInt8(ascii: "/"))
        return text.utf8.first == UInt8(ascii: "/") && !steps.isEmpty
            && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
            && !steps.contains { $0.elementsEqual("..".utf8) }
    }

    private static func isVariable(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.count <= 200
            && text.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "_") }
    }

    private static func isImage(_ text: String) -> Bool {
        let others = Array("./-_:@".utf8)
        guard let first = text.utf8.first, isAlphanumeric(first) else { return false }
        return text.utf8.count <= 300
            && text.utf8.allSatisfy { isAlphanumeric($0) || others.contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte)
            || (0x61...0x7a).contains(byte)
    }
}
