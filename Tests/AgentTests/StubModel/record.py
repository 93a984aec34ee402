#!/usr/bin/env python3
"""Records what the real agents print, for the tests that read it.

Usage: record.py [SCENARIO...]

Runs each scenario with .build/agents/claude and .build/agents/codex against the stub, and writes
Tests/ExecutionTests/AgentStreams/AGENT/SCENARIO.jsonl. Paths of this machine and long lists are
taken out, so that two recordings of one version differ only in ids and times.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[2]
STREAMS = TOP / "Tests/ExecutionTests/AgentStreams"


def bash(command):
    return {"tool": "Bash", "input": {"command": command, "description": "run it"}}


def shell(command):
    return {"tool": "exec_command", "input": {"cmd": command}}


COMMIT = "git add --all && git commit --quiet --message 'Say hello' && git log --oneline | head -1"
WAIT = "python3 -c 'import time; time.sleep(600)'"
DONE = {"text": "Done: hello.txt says hello."}
LIMIT = {
    "error": 429, "type": "rate_limit_error", "message": "This request would exceed the limit.",
    "headers": {
        "retry-after": "3600", "x-should-retry": "false",
        "anthropic-ratelimit-unified-status": "rejected",
        "anthropic-ratelimit-unified-reset": "$NOW+3600",
        "anthropic-ratelimit-unified-representative-claim": "five_hour",
        "anthropic-ratelimit-requests-reset": "2030-01-01T00:00:00Z"}}
USAGE_LIMIT = {
    "error": 429, "type": "usage_limit_reached", "message": "The usage limit has been reached",
    "more": {"plan_type": "pro", "resets_at": "$NOW+3600", "resets_in_seconds": 3600}}

# Per scenario: the steps, and further arguments.
CLAUDE = {
    "success": ([
        {"text": "I write the file.", "calls": [
            {"tool": "Write", "input": {"file_path": "$CWD/hello.txt", "content": "hello\n"}}]},
        {"calls": [{"tool": "Edit", "input": {
            "file_path": "$CWD/hello.txt", "old_string": "hello", "new_string": "Hello"}}]},
        {"calls": [bash("cat hello.txt; false")]}, DONE], ["--allowedTools", "Bash"]),
    "commits-itself": ([
        {"calls": [bash(f"echo hello >hello.txt && {COMMIT}")]}, DONE],
        ["--allowedTools", "Bash"]),
    "no-change": ([{"text": "There is nothing to do."}], []),
    "denied-tool": ([{"calls": [bash("echo hello >hello.txt")]}, DONE], []),
    "turn-limit": ([{"calls": [bash("echo again")]}], ["--allowedTools", "Bash", "--max-turns=2"]),
    "budget": (
        [{"calls": [bash("echo again")], "usage": {"input": 100000}}],
        ["--allowedTools", "Bash", "--max-budget-usd=0.02"]),
    "unauthorized": ([
        {"error": 401, "type": "authentication_error", "message": "invalid x-api-key"}], []),
    "rate-limit": ([LIMIT], []),
    "subscription": ([{**DONE, "headers": LIMIT["headers"]}], []),
    "subscription-limit": ([LIMIT], []),
    "rate-limit-short": ([{**LIMIT, "headers": {"retry-after": "1"}}], []),
    "overloaded": ([{"error": 529, "type": "overloaded_error", "message": "Overloaded"}], []),
    "overloaded-once": ([
        {"error": 529, "type": "overloaded_error", "message": "Overloaded", "times": 1,
            "then": DONE}], []),
    "server-error": ([{"error": 500, "message": "Internal server error"}], []),
    "prompt-too-long": ([
        {"error": 400, "type": "invalid_request_error", "message": "prompt is too long"}], []),
    "refusal": ([{"refusal": "I will not do that."}], []),
    "max-tokens": ([{"text": "cut sho", "stop": "max_tokens"}], []),
    "cut": ([{"text": "This never ends.", "cut": True}], []),
    "interrupted": ([{"calls": [bash(WAIT)]}], ["--allowedTools", "Bash"]),
    "terminated": ([{"calls": [bash(WAIT)]}], ["--allowedTools", "Bash"]),
    "killed": ([{"calls": [bash(WAIT)]}], ["--allowedTools", "Bash"]),
    "resumed": ([DONE, {"text": "It is still done."}], []),
    "mcp": ([
        {"calls": [{"tool": "mcp__numbers__double", "input": {"number": 21}}]},
        {"text": "It is 42."}], ["--allowedTools", "mcp__numbers"]),
    "mcp-broken": ([{"text": "There is no such tool."}], []),
    "parallel-calls": ([
        {"text": "Two at once.", "calls": [bash("echo one"), bash("echo two")]}, DONE],
        ["--allowedTools", "Bash"]),
}
PATCH = "*** Begin Patch\n*** Add File: hello.txt\n+hello\n*** End Patch\n"
CODEX = {
    "success": ([
        {"text": "I write the file.", "calls": [shell(f"apply_patch <<'END'\n{PATCH}END\n")]},
        {"calls": [shell("cat hello.txt; false")]}, DONE], ["--sandbox=danger-full-access"]),
    "commits-itself": ([
        {"calls": [shell(f"echo hello >hello.txt && {COMMIT}")]}, DONE],
        ["--sandbox=danger-full-access"]),
    "no-change": ([{"text": "There is nothing to do."}], []),
    "denied-tool": ([{"calls": [shell("echo hello >hello.txt")]}, DONE], ["--sandbox=read-only"]),
    "denied-commit": ([
        {"calls": [shell(f"echo hello >hello.txt && {COMMIT}")]}, DONE],
        ["--sandbox=workspace-write"]),
    "unauthorized": ([
        {"error": 401, "type": "invalid_request_error", "code": "invalid_api_key",
            "message": "Incorrect API key provided"}], []),
    "rate-limit": ([USAGE_LIMIT], []),
    "rate-limit-short": ([{
        "error": 429, "type": "rate_limit_exceeded", "code": "rate_limit_exceeded",
        "message": "Rate limit reached. Please try again in 1s.",
        "headers": {"retry-after": "1"}}], []),
    "quota": ([{
        "error": 429, "type": "insufficient_quota", "code": "insufficient_quota",
        "message": "You exceeded your current quota."}], []),
    "overloaded": ([{"error": 529, "message": "Overloaded"}], []),
    "overloaded-once": ([{"error": 529, "message": "Overloaded", "times": 1, "then": DONE}], []),
    "server-error": ([{"error": 500, "message": "boom"}], []),
    "prompt-too-long": ([{
        "error": 400, "type": "invalid_request_error", "code": "context_length_exceeded",
        "message": "Your input exceeds the context window of this model."}], []),
    "refusal": ([{"refusal": "I will not do that."}], []),
    "max-tokens": ([{"text": "cut sho", "stop": "max_tokens"}], []),
    "cut": ([{"text": "This never ends.", "cut": True}], []),
    "interrupted": ([{"calls": [shell(WAIT)]}], ["--sandbox=danger-full-access"]),
    "terminated": ([{"calls": [shell(WAIT)]}], ["--sandbox=danger-full-access"]),
    "killed": ([{"calls": [shell(WAIT)]}], ["--sandbox=danger-full-access"]),
    "resumed": ([DONE, {"text": "It is still done."}], []),
    "mcp": ([
        {"calls": [{
            "tool": "double", "namespace": "mcp__numbers", "input": {"number": 21}}]},
        {"text": "It is 42."}], []),
    "mcp-broken": ([{"text": "There is no such tool."}], []),
    "parallel-calls": ([
        {"text": "Two at once.", "calls": [shell("echo one"), shell("echo two")]}, DONE], []),
}
SIGNALS = {
    "interrupted": signal.SIGINT, "terminated": signal.SIGTERM, "killed": signal.SIGKILL}


class Place:
    """A repository, a home and a stub for one scenario."""

    def __init__(self, steps):
        # Codex refuses to put its programs below /tmp.
        self.root = pathlib.Path(tempfile.mkdtemp(dir="/var/tmp", prefix="record-"))
        self.work, self.home = self.root / "repo", self.root / "home"
        for folder in (self.work, self.home / ".codex"):
            folder.mkdir(parents=True)
        (self.root / "script.json").write_text(json.dumps(steps))
        self.log = self.root / "log"
        self.stub = subprocess.Popen(
            [HERE / "stub_model.py", self.root / "script.json", self.log],
            stdout=subprocess.PIPE)
        self.url = f"http://127.0.0.1:{int(self.stub.stdout.readline())}"
        self.environment = {
            "HOME": str(self.home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8",
            "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.com",
            "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.com"}
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("commit", "--quiet", "--allow-empty", "--message=first")

    def git(self, *arguments):
        subprocess.run(["git", *arguments], cwd=self.work, env=self.environment, check=True)

    def run(self, command, number=None):
        """What the command prints, its errors, and its status."""
        process = subprocess.Popen(
            command, cwd=self.work, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=open(self.root / "out", "wb"), stderr=open(self.root / "err", "wb"),
            start_new_session=True)
        if number:
            # The tool's child says that the agent is at work.
            deadline = time.time() + 30
            while time.time() < deadline and not self.children():
                time.sleep(0.1)
            process.send_signal(number)
        status = process.wait(120)
        for child in self.children():
            os.kill(child, signal.SIGKILL)
        return (self.root / "out").read_text(), (self.root / "err").read_text(), status

    def children(self):
        """The processes of the scenario's tool that wait."""
        found = []
        for name in os.listdir("/proc"):
            try:
                words = pathlib.Path(f"/proc/{name}/cmdline").read_bytes().split(b"\0")
                if b"import time; time.sleep(600)" in words and (
                        os.readlink(f"/proc/{name}/cwd") == str(self.work)):
                    found.append(int(name))
            except OSError:
                pass
        return found

    def end(self):
        self.stub.kill()
        self.stub.wait()
        shutil.rmtree(self.root)


def claude(place, scenario, arguments):
    place.environment |= {
        "ANTHROPIC_BASE_URL": place.url,
        # The limits of a subscription are told apart from those of a key.
        "CLAUDE_CODE_OAUTH_TOKEN" if "subscription" in scenario else "ANTHROPIC_API_KEY": "stub-key",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "CLAUDE_CODE_MAX_RETRIES": "1"}
    if scenario.startswith("mcp"):
        path = str(HERE / "mcp_numbers.py") if scenario == "mcp" else "/nowhere/numbers"
        servers = {"mcpServers": {"numbers": {"command": path, "args": []}}}
        arguments = [*arguments, "--mcp-config", json.dumps(servers), "--strict-mcp-config"]
    command = [
        str(TOP / ".build/agents/claude"), "--print", "--output-format=stream-json", "--verbose",
        "--permission-mode=acceptEdits", *arguments]
    return command + ["--", "Say hello in hello.txt."], lambda stream: [
        *command, f"--resume={stream[0]['session_id']}", "--", "Is it done?"]


def codex(place, scenario, arguments):
    place.environment |= {"STUB_KEY": "stub-key", "CODEX_HOME": str(place.home / ".codex")}
    path = str(HERE / "mcp_numbers.py") if scenario == "mcp" else "/nowhere/numbers"
    server = f'[mcp_servers.numbers]\ncommand = "{path}"\n' if scenario.startswith("mcp") else ""
    if scenario == "mcp":
        server += 'default_tools_approval_mode = "approve"\n'
    (place.home / ".codex/config.toml").write_text(f"""
model = "stub-model"
model_provider = "stub"
check_for_update_on_startup = false
[model_providers.stub]
name = "stub"
base_url = "{place.url}/v1"
wire_api = "responses"
env_key = "STUB_KEY"
request_max_retries = 1
stream_max_retries = 1
supports_websockets = false
[analytics]
enabled = false
{server}""")
    command = [
        str(TOP / ".build/agents/codex"), "exec", "--json", "--disable=plugins", *arguments]
    return command + ["Say hello in hello.txt."], lambda stream: [
        *command, "resume", stream[0]["thread_id"], "Is it done?"]


def cleaned(value, place, key=None):
    """The value without paths of this machine and without long lists."""
    if isinstance(value, str):
        for path, name in (
            (str(place.work), "/checkout"), (str(place.home), "/home/agent"),
            (re.sub("[^A-Za-z0-9]", "-", str(place.work)), "-checkout"),
            (place.url.removeprefix("http://"), "127.0.0.1:8080"), (str(TOP), "/agent")):
            value = value.replace(path, name)
        return value
    if isinstance(value, dict):
        return {name: cleaned(item, place, name) for name, item in value.items()}
    if isinstance(value, list):
        lists = ("tools", "slash_commands", "agents", "skills", "capabilities", "betas")
        return [cleaned(item, place) for item in (value[:3] if key in lists else value)]
    return value


def record(agent, scenario, steps, arguments):
    place = Place(steps)
    try:
        command, again = agent(place, scenario, arguments)
        begun = time.time()
        out, errors, status = place.run(command, SIGNALS.get(scenario))
        if scenario == "resumed":
            out, errors, status = place.run(again([json.loads(x) for x in out.splitlines()]))
        spent = time.time() - begun
        folder = STREAMS / agent.__name__
        folder.mkdir(parents=True, exist_ok=True)
        lines = [
            json.dumps(cleaned(json.loads(line), place), ensure_ascii=False)
            if line.startswith("{") else line for line in out.splitlines()]
        (folder / f"{scenario}.jsonl").write_text("".join(f"{line}\n" for line in lines))
        requests = [json.loads(line) for line in place.log.read_text().splitlines()]
        strange = sorted({line["path"] for line in requests if not line["known"]})
        print(f"{agent.__name__} {scenario}: status {status}, {spent:.1f} s, "
              f"{len(requests)} requests, {len(lines)} lines", *strange)
        for line in errors.splitlines()[:3]:
            print("    " + line[:160])
    finally:
        place.end()


def main():
    wanted = sys.argv[1:]
    for agent, scenarios in ((claude, CLAUDE), (codex, CODEX)):
        for scenario, (steps, arguments) in scenarios.items():
            if not wanted or scenario in wanted:
                record(agent, scenario, steps, arguments)


if __name__ == "__main__":
    main()
