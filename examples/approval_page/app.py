"""The page as an application, and what keeps others from it.

The page knows no users: whoever can open it can decide. It answers to its own names only, takes
forms that it has made itself only, and lets only its own script run.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Awaitable, Callable, Collection
from concurrent.futures import Future
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from langgraph.checkpoint.base import BaseCheckpointSaver
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from langchain_quickjs import QuickJSError

from .articles import Form, page_body
from .desk import Desk
from .markup import as_json, tag
from .questions import Fields, UnfitError

MOST_FORM_BYTES = 4_000_000
# How long a browser waits for what came of an answer before it is told that the agent is at work.
PATIENCE_S = 1.0


def approval_page(
    agent: Any, checkpointer: BaseCheckpointSaver[Any], origins: Collection[str]
) -> Starlette:
    """The page for what waits of an agent.

    Args:
        agent: The agent, which keeps its state with the checkpointer.
        checkpointer: The checkpointer.
        origins: The addresses at which browsers find the page, for example
            `http://127.0.0.1:8000`. It answers to no other name, and takes no form from elsewhere.
    """
    page = _Page(Desk(agent, checkpointer))
    routes = [
        Route("/", page.show),
        Route("/answer", page.answer, methods=["POST"]),
        Route("/go-on", page.go_on, methods=["POST"]),
        Route("/arguments", page.arguments),
        Route("/timeline.svg", page.timeline),
        Route("/page.css", _file("page.css", "text/css")),
        Route("/page.js", _file("page.js", "text/javascript")),
    ]
    guard = Middleware(BaseHTTPMiddleware, dispatch=_guard(frozenset(origins)))
    return Starlette(routes=routes, middleware=[guard])


Next = Callable[[Request], Awaitable[Response]]


def _guard(origins: Collection[str]) -> Callable[[Request, Next], Awaitable[Response]]:
    hosts = {urlsplit(origin).netloc for origin in origins}

    async def guard(request: Request, call_next: Next) -> Response:
        headers = request.headers
        response: Response
        if headers.get("host") not in hosts:
            # A name of somebody else that leads to this machine would make their page ours.
            response = PlainTextResponse("This page is not known under this name.", 403)
        elif request.method == "POST" and (
            headers.get("origin") not in origins
            or headers.get("sec-fetch-site", "same-origin") != "same-origin"
        ):
            response = PlainTextResponse("This form does not come from this page.", 403)
        else:
            response = await call_next(request)
        response.headers.setdefault(
            "content-security-policy", "default-src 'none'; frame-ancestors 'none'"
        )
        response.headers["cache-control"] = "no-store"
        response.headers["cross-origin-opener-policy"] = "same-origin"
        response.headers["cross-origin-resource-policy"] = "same-origin"
        # With "no-referrer", browsers would not say either where a form comes from.
        response.headers["referrer-policy"] = "same-origin"
        response.headers["x-content-type-options"] = "nosniff"
        return response

    return guard


class _Page:
    """Answers requests."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._token = secrets.token_urlsafe(24)

    async def show(self, _request: Request) -> Response:
        return await self._page(Form(self._token, {}))

    async def answer(self, request: Request) -> Response:
        fields = await self._fields(request)
        if fields is None:
            return _not_ours()
        try:
            going_on = await run_in_threadpool(self._desk.answer, fields)
        except UnfitError as error:
            return await self._page(Form(self._token, fields, error), 422)
        return await _to_the_page(going_on)

    async def go_on(self, request: Request) -> Response:
        fields = await self._fields(request)
        if fields is None:
            return _not_ours()
        return await _to_the_page(
            await run_in_threadpool(self._desk.go_on, fields.get("thread", ""))
        )

    async def arguments(self, request: Request) -> Response:
        query = request.query_params
        wanted = [query.get(name, "") for name in ("thread", "interrupt", "index")]
        call = await run_in_threadpool(self._desk.call, *wanted)
        if call is None:
            return PlainTextResponse("Nothing waits here.", 404)
        return PlainTextResponse(as_json(call.args))

    async def timeline(self, request: Request) -> Response:
        query = request.query_params
        wanted = [query.get(name, "") for name in ("thread", "program")]
        try:
            drawing = await run_in_threadpool(self._desk.drawing, *wanted)
        except QuickJSError as error:
            return PlainTextResponse(str(error), 404)
        # Whatever is in it, a picture loads nothing and runs nothing.
        policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
        return Response(
            drawing, media_type="image/svg+xml", headers={"content-security-policy": policy}
        )

    async def _page(self, form: Form, status: int = 200) -> Response:
        title, body = await run_in_threadpool(page_body, self._desk, form)
        nonce = secrets.token_urlsafe(16)
        policy = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; "
            "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
            "frame-ancestors 'none'"
        )
        head = [
            tag("meta", charset="utf-8"),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="color-scheme", content="light dark"),
            tag("link", rel="icon", href="data:,"),
            tag("title", title),
            tag("link", rel="stylesheet", href="/page.css", nonce=nonce),
            tag("script", src="/page.js", nonce=nonce, defer=True),
        ]
        main = tag("main", body, data_token=self._token)
        page = tag("html", tag("head", *head), tag("body", main), lang="en")
        headers = {"content-security-policy": policy}
        return HTMLResponse(f"<!doctype html>\n{page}", status, headers=headers)

    async def _fields(self, request: Request) -> Fields | None:
        """What was sent with a form of this page; `None` if it is none."""
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > MOST_FORM_BYTES:
                return None
        fields = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
        token = fields.pop("token", "")
        return fields if hmac.compare_digest(token.encode(), self._token.encode()) else None


def _file(name: str, kind: str) -> Callable[[Request], Awaitable[Response]]:
    text = (Path(__file__).parent / name).read_text(encoding="utf-8")

    async def file(_request: Request) -> Response:
        return Response(text, media_type=kind)

    return file


def _not_ours() -> Response:
    text = "This form is from before the server was started. Reload the page; nothing was done."
    return PlainTextResponse(text, 403)


async def _to_the_page(going_on: Future[None] | None) -> Response:
    """Sends the browser back, with what came of the answer if that is known soon."""
    if going_on is not None:
        await asyncio.wait([asyncio.wrap_future(going_on)], timeout=PATIENCE_S)
    return RedirectResponse("/", 303)
