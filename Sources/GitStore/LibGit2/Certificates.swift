/// Takes the place of what libgit2 has the certificates of the machine read with.
///
/// Where it uses Mbed TLS it does so as soon as it is initialised, which is a quarter of what a
/// small command costs. We never talk to a network with it, as the user's git does that; if we
/// did it would now trust nobody.
///
/// - Parameters:
///   - chain: What the certificates would be added to.
///   - path: The file that holds them.
/// - Returns: That there are none.
@c(mbedtls_x509_crt_parse_file)
public func skipCertificates(
    _ chain: UnsafeMutableRawPointer?, _ path: UnsafePointer<CChar>?
) -> Int32 { -1 }
