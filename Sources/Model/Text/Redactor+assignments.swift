extension Redactor {
    /// Replaces what lines assign to names that look secret, whatever its shape.
    ///
    /// `NAME=VALUE` loses what follows up to the next blank; `NAME: VALUE` and `NAME = VALUE`
    /// lose the rest of the line, or what is between quotes, and where that is empty or opens
    /// something also the lines below that are indented more. Rather too much than too little:
    /// it is for what is only shown, never for what is kept or compared.
    public static func redactAssigned(_ text: String) -> String {
        var scan = AssignmentScan()
        let lines = Array(text.utf8).split(separator: 10, omittingEmptySubsequences: false)
        let clean = lines.map { scan.redact($0) }
        return String(decoding: Array(clean.joined(separator: [10])), as: UTF8.self)
    }
}

/// Goes through lines, and remembers which of them are still part of a value.
private struct AssignmentScan {
    /// The indentation of the name whose value goes on in the next lines.
    private var open: (indent: Int, isBlock: Bool)?

    private static let marker = Array(Redactor.marker.utf8)

    mutating func redact(_ line: ArraySlice<UInt8>) -> [UInt8] {
        let line = Array(line)
        let indent = line.prefix { isBlank($0) }.count
        if let open {
            if indent == line.count, open.isBlock { return line }
            let isItem =
                !open.isBlock && indent == open.indent && line.dropFirst(indent).first == 0x2d
            if indent < line.count, indent > open.indent || isItem {
                return line.prefix(indent) + Self.marker
            }
            self.open = nil
        }
        var result: [UInt8] = []
        var index = 0
        while index < line.count {
            guard let value = assigned(at: index, in: line) else {
                result.append(line[index])
                index += 1
                continue
            }
            result += line[index..<value.lowerBound]
            let text = line[value].filter { !isBlank($0) }
            if !text.isEmpty { result += Self.marker }
            if value.upperBound == line.count { enter(text, indent) }
            index = value.upperBound
        }
        return result
    }

    /// Notes that a value goes on below, if it does.
    private mutating func enter(_ text: [UInt8], _ indent: Int) {
        let isBlock = text.first == 0x7c || text.first == 0x3e
        let opens = text.last.map { "{[(\\".utf8.contains($0) } ?? true
        if isBlock || opens { open = (indent, !text.isEmpty) }
    }

    /// The value that the separator at a place gives to a secret name.
    private func assigned(at index: Int, in line: [UInt8]) -> Range<Int>? {
        let separator = line[index]
        guard separator == 0x3d || separator == 0x3a || separator == 0x3e else { return nil }
        // Two colons name something inside of another.
        if separator == 0x3a {
            if index + 1 < line.count, line[index + 1] == 0x3a { return nil }
            if index > 0, line[index - 1] == 0x3a { return nil }
        }
        guard let name = name(before: index, in: line) else { return nil }
        if separator == 0x3e {
            // An element of XML.
            guard name.upperBound == index, name.lowerBound > 0, line[name.lowerBound - 1] == 0x3c
            else { return nil }
        }
        guard Redactor.isSecret(name: String(decoding: line[name], as: UTF8.self), anywhere: true)
        else { return nil }
        var start = index + 1
        while start < line.count, isBlank(line[start]) || "=:>".utf8.contains(line[start]) {
            // What opens a block stays to be seen.
            if line[start] == 0x3e, separator == 0x3a { break }
            start += 1
        }
        let isTight = separator == 0x3d && start == index + 1 && name.upperBound == index
        return start..<end(of: start, in: line, isTight: isTight, isElement: separator == 0x3e)
    }

    private func end(
        of start: Int, in line: [UInt8], isTight: Bool, isElement: Bool
    ) -> Int {
        guard start < line.count else { return line.count }
        let first = line[start]
        if isElement { return line[start...].firstIndex(of: 0x3c) ?? line.count }
        if first == 0x22 || first == 0x27 || first == 0x60 {
            var index = start + 1
            while index < line.count, line[index] != first {
                index += line[index] == 0x5c ? 2 : 1
            }
            return min(index + 1, line.count)
        }
        return isTight ? line[start...].firstIndex(where: isBlank) ?? line.count : line.count
    }

    /// The name before a separator; quotes, emphasis and brackets may be in between.
    private func name(before index: Int, in line: [UInt8]) -> Range<Int>? {
        var end = index
        while end > 0, isBlank(line[end - 1]) || "\"'`*:=".utf8.contains(line[end - 1]) { end -= 1 }
        if end > 0, let opening = [0x29: UInt8(0x28), 0x5d: 0x5b][line[end - 1]],
            let start = line[..<end].lastIndex(of: opening)
        {
            let inside = Redactor.isSecret(
                name: String(decoding: line[start..<end], as: UTF8.self), anywhere: true)
            end = inside ? end - 1 : start
            while end > 0, isBlank(line[end - 1]) || "\"'`*".utf8.contains(line[end - 1]) {
                end -= 1
            }
        }
        let name = line[..<end].reversed().prefix { byte in
            isAlphanumeric(byte) || "_-.$".utf8.contains(byte) || byte >= 0x80
        }
        return name.isEmpty ? nil : end - name.count..<end
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }
}
