"""Times commands that take turns, in a repository of their own."""

import os
import shutil
import statistics
import subprocess
import tempfile
import time


class Repository:
    """A repository with a home of its own; nothing of the user's configuration comes in."""

    def __enter__(self):
        self.root = tempfile.mkdtemp(prefix="bench-")
        self.path = os.path.join(self.root, "repo")
        home = os.path.join(self.root, "home")
        os.mkdir(home)
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": home, "LC_ALL": "C.UTF-8", "TERM": "dumb",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_AUTHOR_NAME": "Ann Author", "GIT_AUTHOR_EMAIL": "ann@example.com",
            "GIT_COMMITTER_NAME": "Ann Author", "GIT_COMMITTER_EMAIL": "ann@example.com",
        }
        os.mkdir(self.path)
        self.run("git init --quiet --initial-branch=main")
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.root, ignore_errors=True)

    def write(self, name, text):
        path = os.path.join(self.path, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)

    def spawn(self, command, **options):
        """Runs a shell script if given text, else a program and its arguments."""
        return subprocess.run(
            command, shell=isinstance(command, str), cwd=self.path, env=self.environment,
            stdin=subprocess.DEVNULL, **options)

    def run(self, command, statuses=(0,)):
        """Runs a command that is not timed; returns what it printed."""
        done = self.spawn(command, capture_output=True, text=True)
        if done.returncode not in statuses:
            raise SystemExit(f"error: '{command}' ended with {done.returncode}: {done.stderr}")
        return done.stdout.strip()

    def time(self, command, statuses=(0,)):
        """The milliseconds that a command takes; what it prints goes to a file."""
        with open(os.path.join(self.root, "output"), "w+") as output:
            start = time.perf_counter()
            status = self.spawn(command, stdout=output, stderr=output).returncode
            elapsed = (time.perf_counter() - start) * 1000
            if status not in statuses:
                output.seek(0)
                raise SystemExit(f"error: '{command}' ended with {status}: {output.read()}")
        return elapsed


class Row:
    """One thing to measure: a label, a command, and what each run needs before it."""

    def __init__(self, label, command, before=None, statuses=(0,)):
        self.label, self.command, self.before, self.statuses = label, command, before, statuses
        self.times = []

    def once(self, repository, number):
        given = self.before(number) if self.before else None
        command = self.command(number, given) if callable(self.command) else self.command
        self.times.append(repository.time(command, self.statuses))


def table(repository, title, rows, runs):
    """Lets the rows take turns and prints them beside the last, which is the peer."""
    for number in range(runs + 1):
        for row in rows:
            row.once(repository, number)
    print(f"\n### {title}\n")
    print("| command | runs | min | median | max | to the peer |")
    print("|---|--:|--:|--:|--:|--:|")
    peer = statistics.median(rows[-1].times[1:])
    for row in rows:
        times = row.times[1:]  # the first run warms up
        middle = statistics.median(times)
        ratio = "peer" if row is rows[-1] else f"{middle / peer:.2f} ×"
        print(
            f"| {row.label} | {runs} | {min(times):.1f} | {middle:.1f} | {max(times):.1f} "
            f"| {ratio} |", flush=True)
