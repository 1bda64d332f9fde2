"""A server on the official Python SDK, for the matrix of peers. Prints its address as one line of JSON."""

import json
import socket
from typing import Annotated

import uvicorn
from mcp.server.mcpserver import Elicit, MCPServer, Resolve
from pydantic import BaseModel

server = MCPServer("python-peer", version="1.0.0", log_level="ERROR")


class Name(BaseModel):
    name: str


@server.tool()
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


def ask_name() -> Elicit[Name]:
    return Elicit("What is your name?", Name)


@server.tool()
async def greet(name: Annotated[Name, Resolve(ask_name)]) -> str:
    """Asks the user for a name."""
    return f"Hello, {name.name}."


@server.prompt()
def summary(topic: str) -> str:
    """Asks for a summary."""
    return f"Summarise {topic}."


@server.resource("note://one", mime_type="text/plain")
def note() -> str:
    """A note."""
    return "The first note."


def main() -> None:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    app = server.streamable_http_app()
    config = uvicorn.Config(app, log_level="error")
    print(json.dumps({"ready": True, "url": f"http://127.0.0.1:{port}/mcp"}, separators=(",", ":")), flush=True)
    uvicorn.Server(config).run(sockets=[listener])


main()
