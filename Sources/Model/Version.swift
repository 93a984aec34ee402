/// The version of the program and of the formats that it writes.
public enum Version {
    /// As `git draft --version` prints it.
    public static let current = "0.1.0"
}
