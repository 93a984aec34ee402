import Execution

/// An amount of micro-dollars as people write it, to the last digit that counts.
func money(_ micros: Int64) -> String {
    let amount = Int64(clamping: micros.magnitude)
    return "\(micros < 0 ? "−" : "")$\(Money.dollars(amount))"
}
