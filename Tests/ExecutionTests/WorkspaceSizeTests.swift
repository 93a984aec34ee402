import Execution
import Foundation
import GitStore
import TestSupport
import Testing

/// What costs an agent a few bytes, and would cost whoever reads it gigabytes.
@Suite struct WorkspaceSizeTests {
    /// Writes a commit with a file that is a difference to another one and many times as large.
    ///
    /// It takes a few hundred bytes, and the number of bytes that it is to unpack to.
    static let bomb = #"""
        import hashlib, os, struct, subprocess, sys, zlib
        chunk = 1 << 20
        count = int(sys.argv[1]) // chunk
        base = bytes(chunk)
        def git(*words): return subprocess.check_output(('git',) + words, text=True).strip()
        def name(kind, size, parts):
            digest = hashlib.sha1(b'%s %d\0' % (kind, size))
            for part in parts: digest.update(part)
            return digest.digest()
        def number(value):
            out = b''
            while True:
                byte, value = value & 127, value >> 7
                if not value: return out + bytes([byte])
                out += bytes([byte | 128])
        delta = number(chunk) + number(chunk * count) + b'\xc0\x10' * count
        names = [name(b'blob', chunk, [base]), name(b'blob', chunk * count, [base] * count)]
        tree = b'100644 base\0' + names[0] + b'100644 big\0' + names[1]
        names.append(name(b'tree', len(tree), [tree]))
        commit = ('tree %s\nparent %s\nauthor a <a@b> 1 +0000\ncommitter a <a@b> 1 +0000\n\nbig\n'
            % (names[2].hex(), git('rev-parse', 'HEAD'))).encode()
        names.append(name(b'commit', len(commit), [commit]))
        pack, places = b'PACK' + struct.pack('>II', 2, 4), {}
        for id, kind, data, before in (names[0], 3, base, b''), (names[1], 7, delta, names[0]), \
                (names[2], 2, tree, b''), (names[3], 1, commit, b''):
            size, head = len(data), b''
            byte, size = kind << 4 | size & 15, size >> 4
            while size: head, byte, size = head + bytes([byte | 128]), size & 127, size >> 7
            entry = head + bytes([byte]) + before + zlib.compress(data, 9)
            places[id] = len(pack), zlib.crc32(entry)
            pack += entry
        end = hashlib.sha1(pack).digest()
        ids = sorted(places)
        index = b'\377tOc' + struct.pack('>I', 2)
        for byte in range(256): index += struct.pack('>I', sum(id[0] <= byte for id in ids))
        index += b''.join(ids)
        for part in 1, 0: index += b''.join(struct.pack('>I', places[id][part]) for id in ids)
        index += end
        index += hashlib.sha1(index).digest()
        place = git('rev-parse', '--git-path', 'objects') + '/pack/pack-' + end.hex()
        for kind, data in ('.pack', pack + end), ('.idx', index):
            with open(place + kind, 'wb') as file: file.write(data)
        if len(sys.argv) < 3: git('update-ref', 'HEAD', names[3].hex())
        print(names[3].hex())
        """#

    private func open(
        _ bench: WorkspaceBench, _ change: (inout WorkspaceOrigin) -> Void
    ) throws -> Workspace {
        let workspace = try Workspace.open(
            name: "T-1", job: "J-1", origin: bench.origin(change))
        try workspace.renewAgentGit(head: bench.base)
        return workspace
    }

    private func bomb(_ bench: WorkspaceBench, _ words: String) throws -> String {
        let script = bench.sandbox.workTree.deletingLastPathComponent().appending(path: "bomb.py")
        try Data(Self.bomb.utf8).write(to: script)
        return try bench.agent("PYTHONDONTWRITEBYTECODE=1 python3 '\(script.path)' \(words)")
            .trimmingCharacters(in: .newlines)
    }

    @Test func `a commit is not fetched that unpacks to more than may be stored`() throws {
        let bench = try WorkspaceBench()
        let workspace = try open(bench) { $0.bounds.file = 8 << 20 }
        let commit = try bomb(bench, "\(64 << 20)")
        #expect(commit.count == 40, "\(commit)")
        try bench.agent("git cat-file -e \(commit):big && echo 1 >a")
        let snapshot = try bench.snapshot(workspace)
        let words = ".git: cannot store the agent's commits: they hold more than 8.0 MiB, of which"
        #expect(snapshot.skipped == ["\(words) there are 64.0 MiB"])
        #expect(try bench.user("git show \(snapshot.commit):a") == "1")
        #expect(try bench.user("git rev-parse \(snapshot.commit)^") == "\(bench.base)")
        // Nothing of it came in, here or there.
        for directory in [workspace.files.controlGit, "\(bench.sandbox.workTree.path)/.git"] {
            #expect(
                try bench.sandbox.run("git --git-dir='\(directory)' cat-file -e \(commit)").status
                    != 0)
        }
        try bench.expectSound()
    }

    @Test func `what is too large all together is not fetched`() throws {
        let bench = try WorkspaceBench()
        let workspace = try open(bench) { $0.bounds.total = 16 << 20 }
        _ = try bomb(bench, "\(32 << 20)")
        let snapshot = try bench.snapshot(workspace)
        #expect(snapshot.skipped.count == 1 && snapshot.isEmpty)
        #expect(
            snapshot.skipped.first?.contains("more than 16.0 MiB, of which there are 33.0 MiB")
                == true, "\(snapshot.skipped)")
    }

    @Test func `what is too large and of no commit is nobody's business`() throws {
        let bench = try WorkspaceBench()
        let workspace = try open(bench) { $0.bounds.file = 8 << 20 }
        let commit = try bomb(bench, "\(64 << 20) loose")
        try bench.agent(
            "echo 1 >a; git commit -qam one; truncate -s 9M b; git add b; git rm -qf --cached b; rm b"
        )
        let snapshot = try bench.snapshot(workspace)
        #expect(snapshot.skipped == [])
        #expect(try bench.user("git log -1 --format=%s \(snapshot.commit)^") == "one")
        #expect(try bench.sandbox.run("git cat-file -e \(commit)").status != 0)
    }

    @Test func `patterns without end are taken away before git reads them`() throws {
        let bench = try WorkspaceBench(
            """
            mkdir dir; echo a >a; echo b >dir/b; echo build >.gitignore
            yes '# as the user wants it' | head -c 2000000 >dir/.gitignore
            """)
        // With so little, git could not read what it is not to.
        let workspace = try open(bench) { $0.bounds.memory = 200 << 20 }
        try bench.agent(
            """
            mkdir -p p/q build; echo 1 >a; echo 2 >p/q/f; echo 3 >build/o
            truncate -s 300M .gitignore; truncate -s 300M p/q/.gitattributes
            truncate -s 300M p/.gitignore
            """)
        let snapshot = try bench.snapshot(workspace)
        #expect(snapshot.skipped == [".gitignore", "p/.gitignore", "p/q/.gitattributes"])
        #expect(
            try bench.paths(snapshot.commit)
                == [".gitignore", "a", "dir/.gitignore", "dir/b", "p/q/f"])
        #expect(try bench.user("git show \(snapshot.commit):.gitignore") == "build")
        #expect(try bench.agent("cat .gitignore; ls -A p p/q") == "build\np:\nq\n\np/q:\nf\n")
        try bench.agent("truncate -s 300M .gitignore p/.gitignore; echo 4 >n")
        try workspace.restore(to: bench.base)
        #expect(try bench.agent("ls -A") == ".git\n.gitignore\na\nbuild\ndir\n")
    }

    @Test func `a large file is not turned into another encoding`() throws {
        let bench = try WorkspaceBench()
        let workspace = try open(bench) { $0.bounds.memory = 100 << 20 }
        try bench.agent(
            """
            echo '*.txt working-tree-encoding=UTF-16LE' >.gitattributes
            truncate -s 32M large.txt large.bin; printf 'a\\0' >small.txt
            """)
        let snapshot = try bench.snapshot(workspace)
        #expect(snapshot.skipped == ["large.txt"])
        #expect(try bench.user("git show \(snapshot.commit):small.txt") == "a")
        #expect(try bench.paths(snapshot.commit).contains("large.bin"))
    }

    @Test func `git that needs too much memory is ended, and says so`() throws {
        let bench = try WorkspaceBench()
        let workspace = try open(bench) { $0.bounds.memory = 40 << 20 }
        try bench.agent(
            "echo '*.txt ident' >.gitattributes; printf '$Id: 1 $' >large.txt; truncate -s 64M large.txt"
        )
        let error = #expect(throws: ExecutionError.self) { try bench.snapshot(workspace) }
        #expect(error?.code == .memory)
        #expect(error?.reason == "it needs more than 40.0 MiB of memory")
    }

    @Test func `references that are too large or too many are not read`() throws {
        let bench = try WorkspaceBench()
        let workspace = try open(bench) { $0.bounds.memory = 200 << 20 }
        try bench.agent(
            """
            d=$(git rev-parse --absolute-git-dir); echo 1 >a; git commit -qam one
            git branch side; truncate -s 1G $d/refs/heads/large
            """)
        let first = try bench.snapshot(workspace)
        #expect(first.skipped == [])
        #expect(try bench.user("git log -1 --format=%s \(first.commit)^") == "one")
        try workspace.renewAgentGit(head: first.commit)
        try bench.agent(
            """
            d=$(git rev-parse --absolute-git-dir); echo 2 >a; git commit -qam two
            b=$(git rev-parse HEAD~1); seq -w 10001 | sed "s,^,$b refs/x/," >>$d/packed-refs
            """)
        let second = try bench.snapshot(workspace, 2, after: first.commit)
        #expect(second.skipped == [".git: of more than 10000 references only HEAD is kept"])
        #expect(try bench.user("git log -1 --format=%s \(second.commit)^") == "two")
        try workspace.renewAgentGit(head: second.commit)
        try bench.agent(
            """
            d=$(git rev-parse --absolute-git-dir); echo 3 >a; git commit -qam three
            truncate -s 1G $d/packed-refs
            """)
        let third = try bench.snapshot(workspace, 3, after: second.commit)
        #expect(third.skipped.count == 1)
        #expect(try bench.user("git log -1 --format=%s \(third.commit)^") == "three")
    }
}
