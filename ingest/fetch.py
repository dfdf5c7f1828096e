"""One document from the web into a file: within limits, from public addresses only, and only if it is what was asked for.

The address that was checked is the address that is connected to, on every hop, so that neither a redirect nor a name that
resolves differently the second time leads into a private network. For the same reason no proxy is used, whatever the environment
says: a proxy would resolve and connect by itself. Where there is no other way out, documents are put into the data folder by hand.
"""

import hashlib
import ipaddress
import os
import socket
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import httpcore
import httpx
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, stop_after_delay, wait_exponential

from ingest.errors import CorpusError
from ingest.readers import sniff

SUFFIXES = {"pdf": ".pdf", "docx": ".docx", "html": ".html", "markdown": ".md", "text": ".txt"}  # of the files that are kept
_NAMES = {"pdf": "a PDF", "docx": "a Word document", "html": "a web page", "markdown": "Markdown text", "text": "plain text"}
_BY_SUFFIX = {suffix: kind for kind, suffix in SUFFIXES.items()} | {".htm": "html", ".xhtml": "html", ".markdown": "markdown"}
_BY_TYPE = {  # text/plain is missing: servers say it of anything they do not know
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/markdown": "markdown",
}
_TEXTS = {"markdown", "text"}
_ACCEPTED = {"pdf": {"pdf"}, "docx": {"docx"}, "html": {"html"} | _TEXTS, "markdown": _TEXTS, "text": _TEXTS}
_ADDRESSES = 4  # of one name are tried at most
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class FetchError(CorpusError):
    """A document could not be fetched; the message is a clause that says why, without the address."""


class _PassingError(FetchError):
    """A fault that may be gone at the next try."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a download may cost: ``size`` in bytes, times in seconds, ``pause`` before the second attempt (doubled after it)."""

    size: int = 100 * 2**20
    connect: float = 5.0
    read: float = 15.0
    total: float = 600.0
    redirects: int = 5
    attempts: int = 3
    pause: float = 1.0
    allow_private: bool = False


@dataclass(frozen=True, slots=True)
class Copy:
    """What was downloaded: its kind as :func:`ingest.readers.sniff` names it, and what the server said of it; ``url`` is the last hop."""

    url: str
    kind: str
    size: int
    sha256: str
    etag: str | None
    last_modified: str | None


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet; of an IPv6 address that carries an IPv4 address, that one decides.

    >>> is_public("8.8.8.8"), is_public("127.0.0.1"), is_public("::ffff:10.0.0.1"), is_public("169.254.169.254")
    (True, False, False, False)
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        carried = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            carried = ipaddress.IPv4Address(ip.packed[-4:])
        if carried or ip.is_site_local:
            return carried is not None and is_public(str(carried))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def shown(url: str) -> str:
    """*url* as it may be printed: without user name, password, query and fragment.

    >>> shown("https://me:secret@oas.org/a.pdf?token=1")
    'https://oas.org/a.pdf'
    """
    try:
        return str(httpx.URL(url).copy_with(userinfo=b"", query=None, fragment=None))
    except httpx.InvalidURL:
        return "the address"


class Fetcher:
    """Downloads documents, several at a time; a host that cannot be reached is not asked for its other documents."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._known: dict[str, list[str]] = {}
        self._down: dict[str, str] = {}

    def fetch(self, url: str, target: Path, *, etag: str | None = None, last_modified: str | None = None) -> Copy | None:
        """Download *url* to *target*; ``None`` when the server says that it has not changed since the given validators.

        Raises:
            FetchError: it could not be had; nothing is left at *target*.
        """
        asked = _checked(url)
        headers = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "strategy-assistant (document fetch)"}
        headers |= {"If-None-Match": etag} if etag else {}
        headers |= {"If-Modified-Since": last_modified} if last_modified else {}
        limits, ends = self.limits, time.monotonic() + self.limits.total
        retrying = Retrying(
            stop=stop_after_attempt(limits.attempts) | stop_after_delay(limits.total),
            wait=wait_exponential(multiplier=limits.pause, max=30),
            retry=retry_if_exception_type(_PassingError),
            reraise=True,
        )
        try:
            return retrying(self._attempt, asked, target, headers, ends)
        except BaseException:
            target.unlink(missing_ok=True)
            raise

    def _attempt(self, url: httpx.URL, target: Path, headers: dict[str, str], ends: float) -> Copy | None:
        try:
            with httpcore.ConnectionPool(network_backend=_Backend(self, ends), max_keepalive_connections=0) as pool:
                return self._follow(pool, url, target, headers)
        except httpcore.TimeoutException:
            if time.monotonic() >= ends:
                raise FetchError(f"it was not there after {self.limits.total:g} seconds") from None
            raise _PassingError(f"{url.host} did not answer within {self.limits.read:g} seconds") from None
        except httpcore.ConnectError as error:  # of TLS; connections are made and their errors told in _Backend
            raise FetchError(f"no secure connection to {url.host} ({error})") from None
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise _PassingError(f"the transfer broke off ({error})") from None

    def _follow(self, pool: httpcore.ConnectionPool, url: httpx.URL, target: Path, headers: dict[str, str]) -> Copy | None:
        """Ask for *url* and for where it is redirected to."""
        asked, within = url, dict.fromkeys(("connect", "read", "write", "pool"), self.limits.read)
        for _ in range(self.limits.redirects + 1):
            where = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
            with pool.stream("GET", where, headers=list(headers.items()), extensions={"timeout": within}) as response:
                said = {name.decode("latin-1").lower(): value.decode("utf-8", "replace").strip() for name, value in response.headers}
                if response.status in (301, 302, 303, 307, 308) and said.get("location"):
                    url = _checked(said["location"], url)
                    continue
                if response.status == 304 and {"If-None-Match", "If-Modified-Since"} & set(headers):
                    return None
                if response.status != 200:
                    passing = response.status in (408, 425, 429) or response.status >= 500
                    raise (_PassingError if passing else FetchError)(
                        f"{url.host} answered {response.status} {httpx.codes.get_reason_phrase(response.status)}"
                    )
                size, digest = self._save(response.iter_stream(), said, target)
            kind = _kind(target, asked, said.get("content-type", ""))
            return Copy(shown(str(url)), kind, size, digest, said.get("etag"), said.get("last-modified"))
        raise FetchError(f"it is redirected more than {self.limits.redirects} times")

    def _save(self, chunks: Iterable[bytes], said: dict[str, str], target: Path) -> tuple[int, str]:
        """Write the body; a body shorter than announced raises in *chunks*."""
        if said.get("content-encoding", "identity").lower() not in ("", "identity"):
            raise FetchError(f"it came compressed ({said['content-encoding']}), which was not asked for")
        large = FetchError(f"it is larger than {self.limits.size / 2**20:g} MB (ASSISTANT_FETCH_LIMIT_MB)")
        if said.get("content-length", "").isdigit() and int(said["content-length"]) > self.limits.size:
            raise large
        size, digest = 0, hashlib.sha256()
        with target.open("wb") as stream:
            for chunk in chunks:
                size += len(chunk)
                if size > self.limits.size:
                    raise large
                digest.update(chunk)
                stream.write(chunk)
            stream.flush()
            os.fsync(stream.fileno())
        return size, digest.hexdigest()

    def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of *host* that may be connected to; a name is looked up once.

        Raises:
            FetchError: it has none, or was found to be out of reach.
        """
        with self._guard:
            lock = self._locks.setdefault(host, threading.Lock())
        with lock:
            if host in self._down:
                raise FetchError(self._down[host])
            if host not in self._known:
                found = _look_up(host, port, self.limits.connect)
                if not found:
                    raise self.give_up(host, f"{host} cannot be found (no network, or no such name)")
                self._known[host] = [address for address in found if self.limits.allow_private or is_public(address)][:_ADDRESSES]
            if not self._known[host]:
                raise self.give_up(host, f"{host} is in a private network (ASSISTANT_ALLOW_PRIVATE_ADDRESSES)")
            return self._known[host]

    def give_up(self, host: str, reason: str) -> FetchError:
        """Remember that *host* is out of reach; the error to raise."""
        self._down[host] = reason
        return FetchError(reason)


def _checked(url: str, base: httpx.URL | None = None) -> httpx.URL:
    """*url*, relative to *base* where it is a redirect, if it may be asked for."""
    try:
        found = base.join(url) if base else httpx.URL(url)
    except httpx.InvalidURL as error:
        raise FetchError(f"the address is not well formed ({error})") from None
    if found.scheme not in ("http", "https") or not found.host:
        raise FetchError(f"only http and https addresses are fetched, not {found.scheme or 'this one'}")
    if found.userinfo:
        raise FetchError("the address holds a user name or a password")
    if base and base.scheme == "https" and found.scheme == "http":
        raise FetchError(f"it is redirected from a secure to an insecure address, {shown(str(found))}")
    return found


def _kind(target: Path, url: httpx.URL, content_type: str) -> str:
    """What came, if that is what the address promises, or else the server."""
    try:
        came = sniff(target)
    except CorpusError:
        raise FetchError("what came is empty or of a kind that cannot be read") from None
    said = content_type.partition(";")[0].strip().lower()
    expected = _BY_SUFFIX.get(PurePosixPath(url.path).suffix.lower()) or _BY_TYPE.get(said)
    if expected and came not in _ACCEPTED[expected]:
        guess = ", probably an error page" if came == "html" else ""
        raise FetchError(f"{_NAMES[expected]} was expected, and {_NAMES[came]} came{guess}")
    return came


def _look_up(host: str, port: int, timeout: float) -> list[str]:
    """The addresses of a name; none when there are none in time. The system's own patience cannot be set, hence the thread."""
    found: list[str] = []

    def look_up() -> None:
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return
        found.extend(dict.fromkeys(str(entry[4][0]) for entry in entries))

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(timeout)
    return list(found)


class _Backend(httpcore.SyncBackend):
    """Connects to checked addresses only."""

    def __init__(self, fetcher: Fetcher, ends: float) -> None:
        self._fetcher, self._ends = fetcher, ends

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None, socket_options: Any = None
    ) -> httpcore.NetworkStream:
        """A connection to one of the host's addresses, all tries together within the limit for connecting."""
        limit = self._fetcher.limits.connect
        addresses, until = self._fetcher.addresses(host, port), time.monotonic() + limit
        reason = ""
        for position, address in enumerate(addresses):
            share = max(until - time.monotonic(), 0.1) / (len(addresses) - position)  # else one that is silent leaves no time for others
            try:
                return _Stream(super().connect_tcp(address, port, share, local_address, socket_options), self._ends)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                reason = f" ({error})"
        raise self._fetcher.give_up(host, f"{host} cannot be reached{reason}")


class _Stream(httpcore.NetworkStream):
    """A connection that ends at a point in time, however slowly the other side drips."""

    def __init__(self, stream: httpcore.NetworkStream, ends: float) -> None:
        self._stream, self._ends = stream, ends

    def _left(self, timeout: float | None) -> float:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left if timeout is None else min(left, timeout)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, self._left(timeout)), self._ends)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
