#!/usr/bin/env python3
"""A small MCP server on standard input and output, whose one tool doubles a number."""

import json
import sys

TOOL = {
    "name": "double", "description": "Doubles a number.",
    "inputSchema": {
        "type": "object", "properties": {"number": {"type": "number"}}, "required": ["number"]}}


def answer(request):
    """The result of a request."""
    method, parameters = request["method"], request.get("params", {})
    if method == "initialize":
        return {
            "protocolVersion": parameters["protocolVersion"], "capabilities": {"tools": {}},
            "serverInfo": {"name": "numbers", "version": "1"}}
    if method == "tools/list":
        return {"tools": [TOOL]}
    if method == "tools/call":
        number = parameters["arguments"]["number"] * 2
        return {"content": [{"type": "text", "text": str(number)}]}
    return {}


for line in sys.stdin:
    request = json.loads(line)
    if "id" in request:
        answered = {"jsonrpc": "2.0", "id": request["id"], "result": answer(request)}
        print(json.dumps(answered), flush=True)
