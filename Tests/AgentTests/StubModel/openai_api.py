"""POST /v1/responses and /v1/chat/completions, as OpenAI answers them."""

import json
import time

from script import identifier, texts

RESPONSES = "/v1/responses"
COMPLETIONS = "/v1/chat/completions"


def turns(request):
    """How often the model has spoken in it already: a text and calls at once are one turn."""
    count, spoke = 0, False
    for item in request.get("input") or request.get("messages") or []:
        kind = item.get("type", "message")
        now = item.get("role") == "assistant" or kind in ("function_call", "custom_tool_call")
        if kind == "reasoning":
            continue
        if now and (not spoke or "messages" in request):
            count += 1
        spoke = now
    return count


def text(request):
    """What the agent and the person say in it."""
    return "\n".join(texts([request.get(key) for key in ("instructions", "input", "messages")]))


def tools(request):
    """The names of the tools that the model may call; those of a namespace bear its name."""
    names = []
    for tool in request.get("tools") or []:
        name = tool.get("name") or tool.get("function", {}).get("name") or tool.get("type")
        names += [f"{name}.{part['name']}" for part in tool["tools"]] if "tools" in tool else [name]
    return names


def error(step):
    """The body of an answer that is an error."""
    message = step.get("message", "the stub was told to say this")
    return {"error": {
        "message": message, "type": step.get("type", "server_error"), "code": step.get("code"),
        "param": None, **step.get("more", {})}}


def counts(step):
    usage = step.get("usage", {})
    return usage.get("input", 1000), usage.get("cached", 0), usage.get("output", 50)


def response(request, step):
    """The events of a stream of /v1/responses, as (name, data)."""
    items = []
    if step.get("text") or step.get("refusal"):
        part = {"type": "refusal", "refusal": step["refusal"]} if step.get("refusal") else {
            "type": "output_text", "text": step["text"], "annotations": []}
        items.append({
            "type": "message", "id": identifier("msg"), "role": "assistant",
            "status": "completed", "content": [part]})
    for call in step.get("calls", []):
        item = {"call_id": identifier("call"), "name": call["tool"], "status": "completed"}
        if isinstance(call["input"], str):
            item |= {"type": "custom_tool_call", "id": identifier("ctc"), "input": call["input"]}
        else:
            item |= {
                "type": "function_call", "id": identifier("fc"),
                "arguments": json.dumps(call["input"])}
        if "namespace" in call:
            item["namespace"] = call["namespace"]
        items.append(item)
    taken, cached, given = counts(step)
    usage = {
        "input_tokens": taken, "input_tokens_details": {"cached_tokens": cached},
        "output_tokens": given, "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": taken + given}
    base = {
        "id": identifier("resp"), "object": "response", "created_at": int(time.time()),
        "model": request.get("model"), "status": "in_progress", "output": []}
    number = iter(range(1 << 30))

    def event(name, **data):
        return name, json.dumps({"type": name, "sequence_number": next(number), **data})

    yield event("response.created", response=base)
    for index, item in enumerate(items):
        begun = {**item, "status": "in_progress"}
        if "content" in item:
            begun["content"] = []
        yield event("response.output_item.added", output_index=index, item=begun)
        for part in item.get("content", []):
            if "text" in part:
                yield event(
                    "response.output_text.delta", item_id=item["id"], output_index=index,
                    content_index=0, delta=part["text"])
        yield event("response.output_item.done", output_index=index, item=item)
    if step.get("stop") == "max_tokens":
        details = {"incomplete_details": {"reason": "max_output_tokens"}}
        done = {**base, **details, "status": "incomplete", "output": items, "usage": usage}
        yield event("response.incomplete", response=done)
        return
    done = {**base, "status": "completed", "output": items, "usage": usage}
    yield event("response.completed", response=done)


def completion(request, step):
    """An answer of /v1/chat/completions, and the chunks of its stream."""
    message = {"role": "assistant", "content": step.get("text") or step.get("refusal")}
    calls = [{
        "id": identifier("call"), "type": "function",
        "function": {"name": call["tool"], "arguments": json.dumps(call["input"])},
    } for call in step.get("calls", [])]
    if calls:
        message["tool_calls"] = calls
    stop = "tool_calls" if calls else "length" if step.get("stop") == "max_tokens" else "stop"
    taken, _, given = counts(step)
    usage = {
        "prompt_tokens": taken, "completion_tokens": given, "total_tokens": taken + given}
    base = {
        "id": identifier("chatcmpl"), "created": int(time.time()), "model": request.get("model")}
    choice = {"index": 0, "message": message, "finish_reason": stop}
    whole = {**base, "object": "chat.completion", "choices": [choice], "usage": usage}
    delta = {**message, **({"tool_calls": [
        {**call, "index": index} for index, call in enumerate(calls)]} if calls else {})}

    def chunks():
        for more in (
            {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]},
            {"choices": [{"index": 0, "delta": {}, "finish_reason": stop}]},
            {"choices": [], "usage": usage},
        ):
            yield None, json.dumps({**base, "object": "chat.completion.chunk", **more})
        yield None, "[DONE]"

    return whole, chunks()
