"""What a stub model says: the script, and which of its steps answers a request."""

import json
import re
import threading
import time


class Script:
    """A list of steps, or {"conversations": [{"has": TEXT, "steps": [...]}, ...]}.

    Of several conversations the first counts whose text occurs in the request. The
    step that is played is the one after as many as the request has turns of the
    model: a request that is repeated gets the same step, and a session that is
    resumed goes on where it was. The last step is played again and again.

    A step has "text", "calls": [{"tool": NAME, "input": {...}}, ...], "stop" (why the
    model stopped, in the words of Anthropic), "usage": {"input", "output", "cached"},
    "refusal": TEXT. Instead, or besides:

      "error": STATUS, "type", "message", "headers": {...}, "more": {...} in the body
      "times": N, "then": STEP   after N times this one, another
      "hang": "before" | "within"    no answer, or only its beginning
      "drip": MILLISECONDS       between any two events
      "cut": true                the connection ends within the answer

    $CWD in it is the working directory that the agent tells its model, and $NOW+N the
    time in N seconds, as a number of seconds.
    """

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            script = json.load(file)
        if isinstance(script, list):
            script = {"conversations": [{"has": "", "steps": script}]}
        self.conversations = script["conversations"]
        self.played = {}
        self.lock = threading.Lock()

    def step(self, request_text, turns, folder):
        """The conversation's number, the step's, and the step."""
        for number, conversation in enumerate(self.conversations):
            if conversation.get("has", "") in request_text:
                break
        else:
            return None, None, {"error": 500, "message": "the script has nothing for this"}
        steps = conversation["steps"]
        index = min(turns, len(steps) - 1)
        step = steps[index]
        with self.lock:
            plays = self.played[(number, index)] = self.played.get((number, index), 0) + 1
        while "times" in step and plays > step["times"]:
            plays -= step["times"]
            step = step["then"]
        return number, index, filled(step, folder)


def filled(value, folder):
    """The value with $CWD and $NOW+N replaced, wherever they are in it."""
    if isinstance(value, str):
        value = value.replace("$CWD", folder)
        if re.fullmatch(r"\$NOW\+\d+", value):
            return int(time.time()) + int(value[5:])
        return value
    if isinstance(value, dict):
        return {key: filled(item, folder) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, folder) for item in value]
    return value


def texts(value):
    """All texts in a tree of JSON, in their order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def folder_in(text):
    """The working directory of which an agent told its model."""
    found = re.search(r"[Ww]orking directory: *([^\s<]+)|<cwd>([^<]+)</cwd>", text)
    return (found[1] or found[2]) if found else "/nonexistent"


def identifier(prefix, counter=iter(range(1, 1 << 30))):
    """An id that is new in this process."""
    return f"{prefix}_{next(counter):024d}"
