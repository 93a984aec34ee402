internal import CCurl

/// A handle of libcurl with one owner: one transfer at a time, its connections kept for the next.
///
/// It takes nothing from the environment, follows no redirects, and speaks HTTP/1.1 alone.
@safe final class CurlHandle {
    /// The handle, for calls that have no wrapper here.
    let pointer: UnsafeMutableRawPointer

    private var errors = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
    private var lists: [UnsafeMutablePointer<curl_slist>] = unsafe []

    /// The library, prepared once for the process.
    private static let isReady = ccurl_initialize() == CURLE_OK

    /// Makes a handle; `nil` if there is no memory for it.
    init?() {
        guard Self.isReady, let pointer = unsafe curl_easy_init() else { return nil }
        unsafe self.pointer = unsafe pointer
    }

    deinit {
        unsafe curl_easy_cleanup(pointer)
        dropLists()
    }

    /// Forgets the options of the last transfer; its connection stays.
    func reset() {
        unsafe curl_easy_reset(pointer)
        dropLists()
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_PATH_AS_IS, 1)
        set(CURLOPT_TCP_NODELAY, 1)
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_NOPROXY, "")
        set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
    }

    /// Sets an option to a number.
    func set(_ option: CURLoption, _ number: Int) {
        _ = unsafe ccurl_set_long(pointer, option, number)
    }

    /// Sets an option to a size.
    func set(_ option: CURLoption, size: Int64) {
        _ = unsafe ccurl_set_size(pointer, option, curl_off_t(size))
    }

    /// Sets an option to a text.
    func set(_ option: CURLoption, _ text: String) {
        _ = unsafe ccurl_set_text(pointer, option, text)
    }

    /// Sets an option to a list of lines, which live as long as the options do.
    func set(_ option: CURLoption, lines: [[UInt8]]) {
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            let text = line.filter { $0 != 0 }.map { CChar(bitPattern: $0) } + [0]
            guard let longer = unsafe curl_slist_append(list, text) else { break }
            unsafe list = unsafe longer
        }
        guard let list = unsafe list else { return }
        unsafe lists.append(list)
        _ = unsafe ccurl_set_list(pointer, option, list)
    }

    /// Does what the options say.
    ///
    /// - Returns: `nil` if it succeeded, else why not, in words.
    func perform() -> String? {
        errors[0] = 0
        let code = unsafe errors.withUnsafeMutableBufferPointer { buffer in
            _ = unsafe ccurl_set_pointer(pointer, CURLOPT_ERRORBUFFER, buffer.baseAddress)
            defer { _ = unsafe ccurl_set_pointer(pointer, CURLOPT_ERRORBUFFER, nil) }
            return unsafe curl_easy_perform(pointer)
        }
        guard code != CURLE_OK else { return nil }
        let bytes = errors.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        if !bytes.isEmpty { return String(decoding: bytes, as: UTF8.self) }
        return unsafe String(cString: curl_easy_strerror(code))
    }

    /// The socket of the last connection, still libcurl's; `nil` if there is none.
    var socket: Int32? {
        var number: curl_socket_t = -1
        guard unsafe ccurl_get_socket(pointer, &number) == CURLE_OK, number >= 0 else { return nil }
        return number
    }

    private func dropLists() {
        while let list = unsafe lists.popLast() { unsafe curl_slist_free_all(list) }
    }
}
