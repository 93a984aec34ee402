#!/usr/bin/env python3
"""A model that says what a script tells it: Anthropic's and OpenAI's interface on loopback.

Usage: stub_model.py SCRIPT LOG [--bodies] [--key KEY]

Prints its port, and serves until it is killed. LOG gets a line of JSON for each request: what was
asked for, which step answered, and whether the request came with KEY, never a key itself. What the
agent said is in it only with --bodies.
"""

import argparse
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import anthropic_api
import openai_api
from script import Script, folder_in

KEYS = ("x-api-key", "authorization")


class Handler(BaseHTTPRequestHandler):
    """Answers one connection's requests."""

    protocol_version = "HTTP/1.1"
    # What hangs is in threads of its own, and ends with the process.
    timeout = None

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self.note(known=self.path.startswith("/v1/models"))
        if self.headers.get("upgrade"):
            return self.reply(426, {"error": {"message": "no websocket here"}})
        if self.path.startswith("/v1/models"):
            model = {"id": "stub-model", "object": "model", "type": "model"}
            return self.reply(200, {"object": "list", "data": [model], "models": []})
        self.reply(404, {"error": {"message": f"no {self.path} here"}})

    def do_HEAD(self):
        self.note(known=False)
        self.reply(200, {})

    def do_POST(self):
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = self.path.split("?")[0]
        try:
            request = json.loads(raw)
        except ValueError:
            request = None
        interface = anthropic_api if path == anthropic_api.PATH else openai_api
        paths = (anthropic_api.PATH, openai_api.RESPONSES, openai_api.COMPLETIONS)
        if path not in paths or not isinstance(request, dict):
            self.note(known=False)
            return self.reply(404, {"error": {"message": f"no {path} here"}})
        said = interface.text(request)
        turn = interface.turns(request)
        conversation, number, step = self.server.script.step(said, turn, folder_in(said))
        self.note(
            known=True, model=request.get("model"), tools=interface.tools(request), turn=turn,
            conversation=conversation, step=number,
            **({"body": request} if self.server.bodies else {}))
        if step.get("hang") == "before":
            return self.hang()
        if "error" in step:
            return self.reply(step["error"], interface.error(step), step.get("headers", {}))
        if path == anthropic_api.PATH:
            whole, events = anthropic_api.answer(request, step)
        elif path == openai_api.COMPLETIONS:
            whole, events = openai_api.completion(request, step)
        else:
            whole, events = None, openai_api.response(request, step)
        if whole and not request.get("stream"):
            return self.reply(200, whole, step.get("headers", {}))
        self.stream(events, step)

    def stream(self, events, step):
        """Sends the events, or as many as the step allows."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        for name, value in step.get("headers", {}).items():
            self.send_header(name, str(value))
        self.end_headers()
        for count, (name, data) in enumerate(events):
            if count == 3 and step.get("hang") == "within":
                return self.hang()
            if count == 3 and step.get("cut"):
                return
            if "drip" in step:
                time.sleep(step["drip"] / 1000)
            prefix = f"event: {name}\n" if name else ""
            self.wfile.write(f"{prefix}data: {data}\n\n".encode())
            self.wfile.flush()

    def hang(self):
        """Says nothing until the other side hangs up."""
        self.close_connection = True
        try:
            while self.rfile.read(1):
                pass
        except OSError:
            pass

    def reply(self, status, body, headers={}):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def note(self, **facts):
        """Writes a line to the log."""
        given = [self.headers.get(name) for name in KEYS if self.headers.get(name)]
        names = {name.lower(): value for name, value in self.headers.items()}
        line = {
            "method": self.command, "path": self.path,
            "key": [value.removeprefix("Bearer ") == self.server.key for value in given],
            "headers": {k: "" if k in KEYS else v for k, v in sorted(names.items())}, **facts}
        with self.server.lock, open(self.server.log, "a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")


class Server(ThreadingHTTPServer):
    """The stub, with what its handlers share."""

    daemon_threads = True

    def __init__(self, options):
        self.script = Script(options.script)
        self.log = options.log
        self.bodies = options.bodies
        self.key = options.key
        self.lock = threading.Lock()
        open(self.log, "a", encoding="utf-8").close()
        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("script")
    parser.add_argument("log")
    parser.add_argument("--bodies", action="store_true")
    parser.add_argument("--key", default="stub-key")
    server = Server(parser.parse_args())
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
