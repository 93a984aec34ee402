import Glibc

/// Waits that a signal ends, for commands that follow something until they are stopped.
struct Interrupts {
    private let signals: sigset_t

    /// Keeps SIGINT, SIGTERM and SIGHUP from ending the process; a wait notices them.
    init() {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM, SIGHUP] { unsafe sigaddset(&signals, signal) }
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        self.signals = signals
    }

    /// Waits for so long.
    ///
    /// - Throws: ``Verdict`` with the status of an interrupted command if a signal came.
    func wait(milliseconds: Int) throws {
        var signals = signals
        var time = timespec(
            tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
        let signal = unsafe sigtimedwait(&signals, nil, &time)
        guard signal <= 0 else {
            throw Verdict(status: signal == SIGINT ? ExitStatus.interrupted : 128 + signal)
        }
    }

    /// How long to wait before looking again at something that may have moved.
    static let pace = 500
}
