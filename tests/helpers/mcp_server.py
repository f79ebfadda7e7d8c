"""A server of MCP, with a tool for each kind of result; run as a script, it speaks on stdio."""

from __future__ import annotations

import asyncio
import base64
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from mcp.server.fastmcp import FastMCP, Image
from mcp.types import (
    AudioContent,
    BlobResourceContents,
    CallToolResult,
    ContentBlock,
    EmbeddedResource,
    ImageContent,
    ResourceLink,
    TextContent,
    TextResourceContents,
)
from pydantic import AnyUrl, BaseModel

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
MOST_LOOKS = 3000
BLOB = b"%PDF-1.7"

server = FastMCP("shop", log_level="ERROR")


class Order(BaseModel):
    """An order, as the schema of a result says it."""

    id: str
    price: float
    tags: list[str]
    made: datetime = datetime(2026, 1, 1)


def text(words: str) -> TextContent:
    return TextContent(type="text", text=words)


@server.tool()
def look_up(order_id: str) -> Order:
    """Looks an order up."""
    return Order(id=order_id, price=80, tags=["new"])


@server.tool()
def prices(order_ids: list[str]) -> list[float]:
    """Gives prices."""
    return [len(one) / 2 for one in order_ids]


@server.tool(structured_output=False)
def text_json(order_id: str) -> Any:
    """Gives an order as a text of JSON."""
    return {"id": order_id, "price": 80}


@server.tool(structured_output=False)
def text_items() -> Any:
    """Gives a text of JSON for each item of a list."""
    return [{"price": 1}, {"price": 2}]


@server.tool(structured_output=False)
def plain() -> Any:
    """Gives a text."""
    return "80 {not JSON}"


@server.tool(structured_output=False)
def texts() -> Any:
    """Gives two texts."""
    return ["one", "two"]


@server.tool()
def image() -> Image:
    """Gives an image."""
    return Image(data=PNG, format="png")


@server.tool()
def audio() -> CallToolResult:
    """Gives a sound."""
    data = base64.b64encode(b"RIFF").decode()
    return CallToolResult(content=[AudioContent(type="audio", data=data, mimeType="audio/wav")])


@server.tool()
def resources() -> CallToolResult:
    """Gives resources, as text, as bytes and as a link."""
    note = TextResourceContents(uri=AnyUrl("file:///n"), text='{"n": 1}', mimeType="text/plain")
    blob = BlobResourceContents(
        uri=AnyUrl("file:///b"),
        blob=base64.b64encode(BLOB).decode(),
        mimeType="application/pdf",
    )
    link = ResourceLink(type="resource_link", name="l", uri=AnyUrl("https://example.com/l.csv"))
    return CallToolResult(
        content=[
            EmbeddedResource(type="resource", resource=note),
            EmbeddedResource(type="resource", resource=blob),
            link,
        ]
    )


@server.tool()
def fail(how: str) -> CallToolResult:
    """Fails."""
    said: dict[str, list[ContentBlock]] = {
        "text": [text("no such order"), text("try another")],
        "nothing": [],
        "image": [
            ImageContent(type="image", data=base64.b64encode(PNG).decode(), mimeType="image/png")
        ],
    }
    return CallToolResult(content=said[how], isError=True)


@server.tool()
def crash() -> str:
    """Raises."""
    raise ValueError("out of stock")


@server.tool(structured_output=False)
def nothing() -> Any:
    """Gives nothing."""
    return


@server.tool()
async def meet(folder: str) -> bool:
    """Waits until two calls run at the same time; each runs in a server of its own."""
    Path(folder, str(os.getpid())).touch()
    for _ in range(MOST_LOOKS):
        if len(os.listdir(folder)) == 2:
            return True
        await asyncio.sleep(0.01)
    return False


@server.tool()
def pay(to: str, amount: float) -> str:
    """Pays somebody."""
    return f"paid {amount:g} to {to}"


if __name__ == "__main__":
    server.run("stdio")
