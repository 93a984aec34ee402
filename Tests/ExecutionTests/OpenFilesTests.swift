import Foundation
import Testing

@testable import Execution

/// What files without a name add up to.
@Suite struct OpenFilesTests {
    @Test func `what is mapped far beyond the end of files is a number all the same`() async {
        await #expect(processExitsWith: .success) {
            struct Seen: Error {}
            let script = """
                import ctypes, os, time
                libc = ctypes.CDLL(None)
                libc.mmap.restype = ctypes.c_void_p
                for _ in range(3):
                    file, far = os.memfd_create("far"), ctypes.c_long(0x7fffffffffffa000)
                    place = libc.mmap(None, ctypes.c_size_t(4096), 1, 1, file, far)
                    if place == ctypes.c_void_p(-1).value: os._exit(1)
                    os.close(file)
                print("begun", flush=True)
                time.sleep(60)
                """
            let command = ChildCommand(
                ["python3", "-c", script], environment: testEnvironment, directory: "/")
            var mapped: Int64 = 0
            #expect(throws: Seen.self) {
                try ChildProcess.run(command) { _, _ in
                    let files = OpenFiles(Descendants.current(), areMemory: true)
                    mapped = files.mappedBytes()
                    // What is added to it must be one, too.
                    mapped += files.bytes() + (1 << 60)
                    throw Seen()
                }
            }
            #expect(mapped > 1 << 61)
        }
    }
}
