"""Serving the page, and keeping its browser from every other host."""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import gradio as gr
from anyio import CapacityLimiter, to_thread
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app_parts.address import port_in_use
from app_parts.page import STATIC
from app_parts.pictures import Pictures
from app_parts.theme import make_theme

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# The browser itself refuses every other host. Gradio's components are compiled in the page, hence 'unsafe-eval'.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'self'"
)
_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
_DRAWN_AT_ONCE = 2
# Gradio's template advertises itself with addresses of other hosts.
_ADVERTISEMENT = re.compile(rb'\s*<meta\s+(?:property="og:|name="twitter:)[^>]*?/?>', re.S)


class OwnHostOnly:
    """ASGI middleware: a content security policy on every answer, and no foreign address in the page's head."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; only pages are held back until they are whole, streams flow through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start: MutableMapping[str, Any] = {}
        page = bytearray()

        async def guarded(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = [*message["headers"], *_HEADERS]
                if dict(headers).get(b"content-type", b"").startswith(b"text/html"):
                    start.update(message, headers=headers)
                else:
                    await send({**message, "headers": headers})
            elif not start:
                await send(message)
            else:
                page.extend(message.get("body", b""))
                if not message.get("more_body"):
                    await _send_page(start, bytes(page), send)

        await self._app(scope, receive, guarded)


async def _send_page(start: MutableMapping[str, Any], page: bytes, send: Send) -> None:
    body = _ADVERTISEMENT.sub(b"", page)
    headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
    await send({**start, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})


def picture_route(pictures: Pictures) -> Route:
    """``/page/{source}/{page}.png?passage={passage}``: the picture of a page, or 404.

    Pictures are drawn in threads of their own limit, so that many at a time hold up neither the answers nor each other's requests.
    """
    limiter = CapacityLimiter(_DRAWN_AT_ONCE)

    async def show(request: Request) -> Response:
        wanted = request.path_params["source"], request.path_params["page"], request.query_params.get("passage", "")
        picture = await to_thread.run_sync(pictures.picture, *wanted, limiter=limiter)
        if picture is None:
            return Response(status_code=404, headers={"Cache-Control": "no-store"})
        return Response(picture, media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})

    return Route("/page/{source}/{page}.png", show)


def serve(blocks: gr.Blocks, pictures: Pictures, host: str, port: int) -> None:
    """Serve *blocks* and *pictures* until the process is interrupted.

    Raises:
        AddressError: another program took the port in the meantime.
    """
    try:
        blocks.launch(
            server_name=host,
            server_port=port,
            prevent_thread_lock=True,
            quiet=True,
            share=False,
            ssr_mode=False,
            mcp_server=False,
            pwa=False,
            enable_monitoring=False,
            run_history=False,
            footer_links=[],
            max_file_size="1kb",
            theme=make_theme(),
            # Not as css=: Gradio rewrites the selectors of that and would break those about the page as a whole.
            head=f"<style>{(STATIC / 'page.css').read_text(encoding='utf-8')}</style>",
            favicon_path=str(STATIC / "favicon.svg"),
            app_kwargs={"middleware": [Middleware(OwnHostOnly)], "routes": [picture_route(pictures)]},
        )
    except OSError:
        raise port_in_use(port) from None
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    print(f"Strategy Assistant: http://{shown}:{port}  (Ctrl+C stops it)", flush=True)
    blocks.block_thread()
