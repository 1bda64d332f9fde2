"""A client on the official Python SDK: carries out a plan and prints what became of each step as one line of JSON."""

import asyncio
import json
import sys

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import ElicitResult


async def answer(_context, _params) -> ElicitResult:
    return ElicitResult(action="accept", content={"name": "ann"})


def words(content) -> str:
    return " ".join(block.text for block in content if block.type == "text")


async def attempt(steps: dict, step: str, work) -> None:
    try:
        steps[step] = {"ok": True, "said": str(await work())}
    except Exception as error:  # every failure is a result of the matrix
        steps[step] = {"ok": False, "said": f"{type(error).__name__}: {error}"[:300]}


async def run(url: str, bearer: str, mode: str, plan: dict) -> dict:
    steps: dict = {}
    headers = {"Authorization": f"Bearer {bearer}"}
    async with httpx2.AsyncClient(headers=headers, timeout=30, follow_redirects=False) as http:
        transport = streamable_http_client(url, http_client=http)
        async with Client(transport, mode=mode, elicitation_callback=answer) as client:
            steps["connect"] = {"ok": True, "said": str(client.protocol_version)}

            async def tools():
                names = [tool.name for tool in (await client.list_tools()).tools]
                assert plan["tool"]["name"] in names, f"not listed: {names}"
                return len(names)

            async def call(tool):
                result = await client.call_tool(tool["name"], tool.get("args", {}))
                text = words(result.content)
                assert not result.is_error and tool["wants"] in text, text
                return text

            async def prompt():
                wanted = plan["prompt"]
                names = [one.name for one in (await client.list_prompts()).prompts]
                assert wanted["name"] in names, f"not listed: {names}"
                return len((await client.get_prompt(wanted["name"], wanted.get("args", {}))).messages)

            async def resource():
                uris = [str(one.uri) for one in (await client.list_resources()).resources]
                assert plan["resource"] in uris, f"not listed: {uris}"
                return len((await client.read_resource(plan["resource"])).contents)

            await attempt(steps, "tools", tools)
            await attempt(steps, "call", lambda: call(plan["tool"]))
            if "prompt" in plan:
                await attempt(steps, "prompt", prompt)
            if "resource" in plan:
                await attempt(steps, "resource", resource)
            if "question" in plan:
                await attempt(steps, "question", lambda: call(plan["question"]))
    return steps


def main() -> None:
    url, bearer, mode, plan = sys.argv[1:5]
    try:
        steps = asyncio.run(run(url, bearer, mode, json.loads(plan)))
    except BaseException as error:
        steps = {"connect": {"ok": False, "said": f"{type(error).__name__}: {error}"[:300]}}
    print(json.dumps(steps))


main()
