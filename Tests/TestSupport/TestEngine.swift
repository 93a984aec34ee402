internal import Foundation
internal import Glibc

/// Podman for the tests, with images of its own and no need of a network.
///
/// The images hold programs of this machine and the libraries that they are linked with. They
/// stay in a cache, beside that of the agents.
public enum TestEngine {
    /// Where the images are that others are made of.
    public static let registry = "localhost/draft-test"

    /// An image with a shell and git.
    public static let image = "\(registry)/buildpack-deps:bookworm"

    /// Whether containers can be tried here: Podman, and as an ordinary user numbers for more.
    ///
    /// `SKIP_CONTAINERS=1` calls it off.
    public static let isUsable: Bool = {
        guard ProcessInfo.processInfo.environment["SKIP_CONTAINERS"] != "1" else { return false }
        guard geteuid() != 0 else { return true }
        let entry = unsafe getpwuid(geteuid())
        let name = unsafe entry.map { unsafe String(cString: $0.pointee.pw_name) } ?? "nobody"
        let ranges = (try? String(contentsOfFile: "/etc/subuid", encoding: .utf8)) ?? ""
        return ranges.split(separator: "\n").contains { $0.hasPrefix("\(name):") }
    }()

    /// The words of `draft.containerProgram`; the images are made first if need be.
    public static func words() throws -> String {
        try prepared.get()
        return program
    }

    private static let folder: String = {
        let environment = ProcessInfo.processInfo.environment
        let home = environment["XDG_CACHE_HOME"] ?? "\(environment["HOME"] ?? "/tmp")/.cache"
        // Podman takes no longer path than 50 bytes for what runs.
        return geteuid() == 0 ? "/var/cache/git-draft/containers" : "\(home)/draft"
    }()

    /// As Debian's Podman has to be called where there is neither systemd nor cgroups alone.
    private static let program =
        (geteuid() == 0 ? "" : "env XDG_RUNTIME_DIR=\(folder)/runtime ")
        + "podman --root \(folder)/root --runroot \(folder)/run --tmpdir \(folder)/tmp"
        + " --storage-driver overlay --runtime /usr/sbin/runc --cgroup-manager=cgroupfs"

    private static let prepared = Result<Void, any Error> {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        let launch = Child.Launch(
            arguments: ["/bin/bash", "-c", script, "make-images", folder, program, registry],
            environment: [
                "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
                "HOME": ProcessInfo.processInfo.environment["HOME"] ?? "/tmp",
            ], directory: "/", streams: ["/dev/null", "\(folder)/log", "\(folder)/log"])
        let outcome = try Child(launch).wait()
        guard outcome.status == 0 else { throw NoImages(status: outcome.status) }
    }

    private static let script = #"""
        set -eu
        mkdir -p -m 700 "$1" "$1/runtime"
        exec 9>"$1/lock"
        flock 9
        engine=$2
        ! $engine image inspect "$3/python:3.12-bookworm" || exit 0
        root=$(mktemp -d "$1/image-XXXXXX")
        trap 'rm -rf "$root"' EXIT
        mkdir -p "$root/bin" "$root/usr/bin" "$root/usr/local/bin" "$root/tmp" "$root/etc"
        for name in sh git cat ls mkdir rm sed grep id sleep touch head env sort wc test true; do
            path=$(readlink -f "$(type -P "$name")")
            cp "$path" "$root/usr/bin/$name"
            for library in $(ldd "$path" 2>/dev/null | grep -o '/[^ ]*'); do
                mkdir -p "$root$(dirname "$library")"
                cp -Lu "$library" "$root$library"
            done
        done
        ln -sf ../usr/bin/sh "$root/bin/sh"
        echo made for tests >"$root/etc/draft-test"
        tar -C "$root" -c . | $engine import - "$3/buildpack-deps:bookworm"
        printf '#!/bin/sh\necho Python 3.12.0\n' >"$root/usr/local/bin/python3"
        chmod 755 "$root/usr/local/bin/python3"
        tar -C "$root" -c . | $engine import - "$3/python:3.12-bookworm"
        """#
}

/// The images for the tests could not be made.
struct NoImages: Error, CustomStringConvertible {
    /// The status of what makes them.
    let status: Int32

    /// What happened.
    var description: String {
        "the images for the tests could not be made (status \(status)); is podman installed?"
    }
}
