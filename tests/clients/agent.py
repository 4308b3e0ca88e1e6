"""An agent: the official MCP client for Python, driven line by line.

Each line read is a JSON object, each answered by one line. The first says where to connect:
{"url": .., "key": .., "era": "auto" | "legacy"}; then {"list": true} or {"tool": NAME, "arguments": {..}}.
A refusal by the server's protocol layer is an answer too: {"refused": TEXT}. The end of input ends the agent.
"""

import asyncio
import json
import sys

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client


def answer(value):
    print(json.dumps(value, ensure_ascii=False), flush=True)


async def lines():
    while line := await asyncio.to_thread(sys.stdin.readline):
        yield json.loads(line)


async def tools(client):
    found, cursor = [], None
    while True:
        page = await client.list_tools(cursor=cursor, cache_mode="bypass")
        found += [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in page.tools]
        cursor = page.next_cursor
        if cursor is None:
            return {"tools": found}


async def call(client, tool, arguments):
    result = await client.call_tool(tool, arguments)
    return {
        "is_error": bool(result.is_error),
        "structured": result.structured_content,
        "text": [block.text for block in result.content if block.type == "text"],
    }


async def main():
    requests = lines()
    where = await anext(requests)
    headers = {"authorization": f"Bearer {where['key']}"}
    async with httpx2.AsyncClient(headers=headers, timeout=30) as http:
        transport = streamable_http_client(where["url"], http_client=http)
        async with Client(transport, mode=where.get("era", "auto"), read_timeout_seconds=30) as client:
            answer({"protocol": client.protocol_version, "server": client.server_info.name})
            async for request in requests:
                try:
                    if request.get("list"):
                        answer(await tools(client))
                    else:
                        answer(await call(client, request["tool"], request.get("arguments", {})))
                except Exception as refused:
                    answer({"refused": f"{type(refused).__name__}: {refused}"})


def root_causes(error):
    if isinstance(error, BaseExceptionGroup):
        return [cause for part in error.exceptions for cause in root_causes(part)]
    return [f"{type(error).__name__}: {error}"]


try:
    asyncio.run(main())
except BaseException as error:  # a connection that was refused is an answer as well
    answer({"refused": "; ".join(root_causes(error))})
    sys.exit(1)
