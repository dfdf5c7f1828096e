"""A web server on this machine that plays the site where the documents are published, with its good and bad days."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PDF = b"%PDF-1.4\n% not a real one, but as a server would send it\n%%EOF\n"
ERROR_PAGE = b"<!DOCTYPE html><html><body><h1>The page was not found</h1></body></html>"
Page = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers with the page of the site that the path names."""

    site: Site

    def do_GET(self) -> None:
        self.site.asked.append((self.path, self.headers))
        with suppress(OSError):  # the other side may have gone
            self.site.pages[self.path](self)

    def reply(self, body: bytes = b"", status: int = 200, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if length != -1:
            self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Site:
    """What the server has: ``pages`` by path; ``asked`` holds (path, headers) of each request; ``over`` ends slow pages."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[tuple[str, Message]] = []
        self.over = threading.Event()
        self.port = 0

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def put(self, path: str, body: bytes = PDF, **headers: str) -> str:
        self.pages[path] = lambda page: page.reply(body, **headers)
        return self.url(path)

    def versioned(self, path: str, body: bytes, etag: str) -> str:
        """A page that answers 304 to who has it already."""

        def reply(page: Handler) -> None:
            known = page.headers["If-None-Match"] == etag
            page.reply(b"" if known else body, 304 if known else 200, length=-1 if known else None, ETag=etag, Last_Modified="yesterday")

        self.pages[path] = reply
        return self.url(path)


@contextmanager
def serving() -> Iterator[Site]:
    site = Site()
    handler = type("SiteHandler", (Handler,), {"site": site})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
