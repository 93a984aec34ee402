import Foundation
import Testing

@testable import GitStore

@Suite struct LibGit2CertificateTests {
    @Test func `what reads certificates is ours, which reads none`() {
        let found = unsafe dlsym(dlopen(nil, RTLD_NOW), "mbedtls_x509_crt_parse_file")
        let ours: @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?) -> Int32 =
            unsafe skipCertificates
        let isOurs = unsafe found == unsafeBitCast(ours, to: UnsafeMutableRawPointer.self)
        #expect(isOurs)
        let status = skipCertificates(nil, nil)
        #expect(status < 0)
    }
}
