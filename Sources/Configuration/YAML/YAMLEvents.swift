import CYAML

/// One step through a YAML text.
struct YAMLEvent {
    /// What a step is.
    enum Kind {
        /// The text begins or ends, or a document ends.
        case boundary

        /// A document begins; whether `%TAG` directives stand before it.
        case document(tagDirectives: Bool)

        /// The whole text has been read.
        case end

        /// A scalar.
        case scalar(String, Node.Style, anchor: String?, tag: String?)

        /// A repetition of an anchored node.
        case alias(String)

        /// A list begins.
        case sequence(anchor: String?, tag: String?)

        /// A mapping begins.
        case mapping(anchor: String?, tag: String?)

        /// A list or a mapping ends.
        case close
    }

    /// What it is.
    let kind: Kind

    /// Where it begins.
    let place: Place
}

/// What libyaml cannot read, and where.
struct YAMLSyntaxError: Error {
    /// Where it stopped.
    let place: Place

    /// Its own words.
    let message: String
}

/// The one owner of a libyaml parser.
///
/// This is the C boundary: text goes in, copied events come out, and neither
/// a pointer nor an event of the library leaves this file.
@safe struct YAMLEvents: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>

    /// Starts to read a text, which is known to be UTF-8.
    init(_ bytes: [UInt8]) throws(YAMLSyntaxError) {
        unsafe parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        guard unsafe yaml_parser_initialize(parser) == 1 else {
            unsafe parser.deallocate()
            throw YAMLSyntaxError(place: Place(line: 1, column: 1), message: "out of memory")
        }
        // The library reads from the memory that it was given, as long as it lives.
        unsafe input = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
        _ = unsafe input.initialize(from: bytes)
        unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        unsafe yaml_parser_set_input_string(parser, input.baseAddress, bytes.count)
    }

    deinit {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
        unsafe input.deallocate()
    }

    /// Reads the next event.
    mutating func next() throws(YAMLSyntaxError) -> YAMLEvent {
        var event = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw failure }
        defer { unsafe yaml_event_delete(&event) }
        let mark = unsafe event.start_mark
        return YAMLEvent(kind: unsafe kind(of: event), place: place(mark))
    }

    private func kind(of event: yaml_event_t) -> YAMLEvent.Kind {
        switch unsafe event.type {
        case YAML_DOCUMENT_START_EVENT:
            let directives = unsafe event.data.document_start.tag_directives
            return unsafe .document(tagDirectives: directives.start != directives.end)
        case YAML_STREAM_END_EVENT, YAML_NO_EVENT:
            return .end
        case YAML_SCALAR_EVENT:
            let scalar = unsafe event.data.scalar
            let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            let plain = unsafe scalar.style == YAML_PLAIN_SCALAR_STYLE
            return unsafe .scalar(
                String(decoding: bytes, as: UTF8.self), plain ? .plain : .quoted,
                anchor: text(scalar.anchor), tag: text(scalar.tag))
        case YAML_ALIAS_EVENT:
            return unsafe .alias(text(event.data.alias.anchor) ?? "")
        case YAML_SEQUENCE_START_EVENT:
            let start = unsafe event.data.sequence_start
            return unsafe .sequence(anchor: text(start.anchor), tag: text(start.tag))
        case YAML_MAPPING_START_EVENT:
            let start = unsafe event.data.mapping_start
            return unsafe .mapping(anchor: text(start.anchor), tag: text(start.tag))
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
            return .close
        default:
            return .boundary
        }
    }

    private func text(_ pointer: UnsafePointer<yaml_char_t>?) -> String? {
        unsafe pointer.map { unsafe String(decodingCString: $0, as: UTF8.self) }
    }

    private func place(_ mark: yaml_mark_t) -> Place {
        Place(line: mark.line + 1, column: mark.column + 1)
    }

    private var failure: YAMLSyntaxError {
        let problem = unsafe parser.pointee.problem.map { unsafe String(cString: $0) }
        let context = unsafe parser.pointee.context.map { unsafe String(cString: $0) }
        let words = [context, problem].compactMap { $0 }.joined(separator: ", ")
        // Before a text becomes characters there is no mark, only an offset.
        guard unsafe parser.pointee.error == YAML_READER_ERROR else {
            let mark = unsafe parser.pointee.problem_mark
            return YAMLSyntaxError(
                place: place(mark), message: words.isEmpty ? "cannot read the YAML" : words)
        }
        let offset = unsafe parser.pointee.problem_offset
        let before = unsafe input.prefix(offset)
        let line = unsafe before.count { $0 == UInt8(ascii: "\n") } + 1
        let start = unsafe before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return unsafe YAMLSyntaxError(
            place: Place(line: line, column: before.count - start + 1), message: words)
    }
}
