"""POST /v1/messages, as Anthropic answers it."""

import json
import re

from script import identifier, texts

PATH = "/v1/messages"


def turns(request):
    """How often the model has spoken in it already."""
    return sum(message["role"] == "assistant" for message in request.get("messages", []))


def text(request):
    """What the agent and the person say in it."""
    return "\n".join(texts([request.get("system"), request.get("messages")]))


def tools(request):
    """The names of the tools that the model may call."""
    return [tool.get("name") for tool in request.get("tools") or []]


def error(step):
    """The body of an answer that is an error."""
    kind = step.get("type", "api_error")
    message = step.get("message", "the stub was told to say this")
    return {"type": "error", "error": {"type": kind, "message": message, **step.get("more", {})}}


def answer(request, step):
    """The message, and the events of the stream that carries it."""
    blocks = []
    if step.get("text") or step.get("refusal"):
        blocks.append({"type": "text", "text": step.get("text") or step["refusal"]})
    for call in step.get("calls", []):
        blocks.append({
            "type": "tool_use", "id": identifier("toolu"), "name": call["tool"],
            "input": call["input"]})
    usage = step.get("usage", {})
    usage = {
        "input_tokens": usage.get("input", 1000), "output_tokens": usage.get("output", 50),
        "cache_read_input_tokens": usage.get("cached", 0), "cache_creation_input_tokens": 0}
    stop = step.get("stop") or (
        "refusal" if step.get("refusal") else "tool_use" if step.get("calls") else "end_turn")
    message = {
        "id": identifier("msg"), "type": "message", "role": "assistant",
        "model": request.get("model"), "content": blocks, "stop_reason": stop,
        "stop_sequence": None, "usage": usage}
    return message, events(message)


def events(message):
    """The events of a stream, as (name, data)."""
    usage = message["usage"]
    start = {**message, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    yield event("message_start", message=start)
    for index, block in enumerate(message["content"]):
        if block["type"] == "text":
            empty, pieces, key = {"type": "text", "text": ""}, block["text"], "text"
            delta = "text_delta"
        else:
            empty, pieces, key = {**block, "input": {}}, json.dumps(block["input"]), "partial_json"
            delta = "input_json_delta"
        yield event("content_block_start", index=index, content_block=empty)
        for piece in re.findall(r".{1,40}", pieces, re.DOTALL):
            yield event("content_block_delta", index=index, delta={"type": delta, key: piece})
        yield event("content_block_stop", index=index)
    delta = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield event("message_delta", delta=delta, usage={"output_tokens": usage["output_tokens"]})
    yield event("message_stop")


def event(name, **data):
    return name, json.dumps({"type": name, **data})
