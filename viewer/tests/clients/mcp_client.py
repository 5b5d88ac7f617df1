"""Asks the tools of an MCP server with the package `mcp`.

The argument is JSON: `command` (a program with its arguments) or `url` and `token`, and `calls`, a list of names with arguments. Prints
the catalogue and the answers as JSON.
"""

import asyncio
import json
import sys

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client


async def main(task):
    if "command" in task:
        program, *arguments = task["command"]
        server = StdioServerParameters(command=program, args=arguments)
        return await ask(server, task["calls"])
    headers = {"authorization": f"Bearer {task['token']}"}
    async with httpx2.AsyncClient(headers=headers) as http:
        server = streamable_http_client(task["url"], http_client=http)
        return await ask(server, task["calls"])


async def ask(server, calls):
    async with Client(server) as client:
        tools = await client.list_tools()
        results = [await client.call_tool(name, arguments) for name, arguments in calls]
    as_json = {"mode": "json", "by_alias": True, "exclude_none": True}
    return {
        "tools": [tool.model_dump(**as_json) for tool in tools.tools],
        "answers": [
            {"text": result.content[0].text, "isError": bool(result.is_error)}
            for result in results
        ],
    }


print(json.dumps(asyncio.run(main(json.loads(sys.argv[1])))))
