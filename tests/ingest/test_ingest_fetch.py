"""One document from the web: what is taken, what is refused, what is tried again, and where a connection may go."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpcore
import pytest
from web_server import ERROR_PAGE, PDF, Handler, Site, serving

from ingest import fetch
from ingest.fetch import Copy, Fetcher, FetchError, Limits, is_public, shown

LIMITS = Limits(size=10_000, connect=2, read=2, total=10, attempts=3, pause=0, allow_private=True)
TEXT = b"A text of the Organization.\n"


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as made:
        yield made


@pytest.fixture
def get(tmp_path: Path) -> Callable[..., Copy | None]:
    def fetched(url: str, limits: Limits = LIMITS, **validators: str) -> Copy | None:
        return Fetcher(limits).fetch(url, tmp_path / "part.pdf", **validators)

    return fetched


@pytest.fixture
def fault(get: Callable[..., Copy | None], tmp_path: Path) -> Callable[..., str]:
    def said(url: str, limits: Limits = LIMITS) -> str:
        with pytest.raises(FetchError) as caught:
            get(url, limits)
        assert list(tmp_path.iterdir()) == [], "something was left behind"
        return str(caught.value)

    return said


class TestTaken:
    def test_a_document(self, site: Site, get: Callable[..., Copy], tmp_path: Path) -> None:
        copy = get(site.put("/a/CP24469E-1.pdf", ETag='"7"', Last_Modified="Mon, 01 Mar 2010 00:00:00 GMT"))
        assert (tmp_path / "part.pdf").read_bytes() == PDF
        digest = hashlib.sha256(PDF).hexdigest()
        assert copy == Copy(site.url("/a/CP24469E-1.pdf"), "pdf", len(PDF), digest, '"7"', "Mon, 01 Mar 2010 00:00:00 GMT")
        headers = site.asked[0][1]
        assert headers["Accept-Encoding"] == "identity" and headers["Host"] == f"127.0.0.1:{site.port}"
        assert "If-None-Match" not in headers and "If-Modified-Since" not in headers

    @pytest.mark.parametrize(
        ("path", "body", "content_type", "kind"),
        [
            ("/a.pdf", PDF, "application/octet-stream", "pdf"),
            ("/a.asp", PDF, "application/pdf; charset=x", "pdf"),
            ("/a.html", ERROR_PAGE, "text/html", "html"),
            ("/a", ERROR_PAGE, "text/html", "html"),
            ("/a.txt", TEXT, "text/plain", "text"),
            ("/a", TEXT, "text/plain", "text"),
        ],
    )
    def test_of_any_kind(self, site: Site, get: Callable[..., Copy], path: str, body: bytes, content_type: str, kind: str) -> None:
        assert get(site.put(path, body, Content_Type=content_type)).kind == kind

    def test_not_changed(self, site: Site, get: Callable[..., Copy | None], tmp_path: Path) -> None:
        url = site.versioned("/a.pdf", PDF, '"1"')
        first = get(url)
        assert first is not None and first.etag == '"1"'
        assert get(url, etag=first.etag, last_modified=first.last_modified) is None
        assert site.asked[-1][1]["If-Modified-Since"] == "yesterday"

    def test_redirects_are_followed(self, site: Site, get: Callable[..., Copy]) -> None:
        for number in range(5):
            site.put(f"/{number}", b"", status=301 + number % 3, Location=f"{number + 1}" if number % 2 else site.url(f"/{number + 1}"))
        site.put("/5", PDF, Content_Type="application/pdf")
        assert get(site.url("/0")).url == site.url("/5")

    @pytest.mark.parametrize("status", [500, 503, 429])
    def test_a_passing_fault_is_tried_again(self, site: Site, get: Callable[..., Copy], status: int) -> None:
        site.pages["/a.pdf"] = lambda page: page.reply(PDF if len(site.asked) > 2 else ERROR_PAGE, 200 if len(site.asked) > 2 else status)
        assert get(site.url("/a.pdf")).size == len(PDF)
        assert len(site.asked) == 3


class TestRefused:
    def test_not_there(self, site: Site, fault: Callable[..., str]) -> None:
        site.put("/a.pdf", ERROR_PAGE, status=404)
        assert fault(site.url("/a.pdf")) == "127.0.0.1 answered 404 Not Found"
        assert len(site.asked) == 1, "it was asked for again"

    def test_a_fault_that_stays(self, site: Site, fault: Callable[..., str]) -> None:
        site.put("/a.pdf", ERROR_PAGE, status=500)
        assert "500" in fault(site.url("/a.pdf"))
        assert len(site.asked) == LIMITS.attempts

    def test_an_unasked_304(self, site: Site, fault: Callable[..., str]) -> None:
        site.pages["/a.pdf"] = lambda page: page.reply(status=304, length=-1)
        assert "304" in fault(site.url("/a.pdf"))

    @pytest.mark.parametrize("target", ["/0", "/1"])
    def test_redirects_without_end(self, site: Site, fault: Callable[..., str], target: str) -> None:
        site.put("/0", b"", status=302, Location=target)
        site.put("/1", b"", status=302, Location="/0")
        assert fault(site.url("/0")) == "it is redirected more than 5 times"
        assert len(site.asked) == 6

    @pytest.mark.parametrize("target", ["ftp://127.0.0.1/a.pdf", "file:///etc/passwd", "gopher://127.0.0.1/"])
    def test_other_schemes(self, site: Site, fault: Callable[..., str], target: str) -> None:
        assert "only http and https" in fault(target)
        site.put("/0", b"", status=302, Location=target)
        assert "only http and https" in fault(site.url("/0"))

    def test_from_a_secure_to_an_insecure_address(self) -> None:
        with pytest.raises(FetchError, match=r"from a secure to an insecure address, http://oas\.org/a\.pdf$"):
            fetch._checked("http://oas.org/a.pdf?token=secret", fetch._checked("https://oas.org/"))

    @pytest.mark.parametrize("url", ["http://", "http://[", "http:///a.pdf", "annex.pdf", "http://a b/", "http://x:99999999/"])
    def test_no_address(self, fault: Callable[..., str], url: str) -> None:
        assert fault(url)

    def test_credentials_are_not_used_and_not_printed(self, site: Site, fault: Callable[..., str]) -> None:
        url = site.put("/a.pdf").replace("//", "//me:secret@")
        assert "secret" not in fault(url) and "me" not in shown(url) and "secret" not in shown(url + "?token=secret")
        site.put("/0", b"", status=302, Location=url)
        assert "secret" not in fault(site.url("/0"))

    @pytest.mark.parametrize(
        ("path", "body", "content_type", "expected"),
        [
            ("/a.pdf", ERROR_PAGE, "text/html", "a PDF was expected, and a web page came, probably an error page"),
            ("/a.pdf", TEXT, "application/pdf", "a PDF was expected, and plain text came"),
            ("/a", ERROR_PAGE, "application/pdf", "a PDF was expected, and a web page came"),
            ("/a.txt", ERROR_PAGE, "text/plain", "plain text was expected, and a web page came"),
            ("/a.html", PDF, "text/html", "a web page was expected, and a PDF came"),
            ("/a.pdf", b"", "application/pdf", "empty or of a kind that cannot be read"),
            ("/a", b"\x89PNG\r\n", "image/png", "empty or of a kind that cannot be read"),
        ],
    )
    def test_something_else(self, site: Site, fault: Callable[..., str], path: str, body: bytes, content_type: str, expected: str) -> None:
        assert expected in fault(site.put(path, body, Content_Type=content_type))

    def test_too_large_as_announced(self, site: Site, fault: Callable[..., str]) -> None:
        site.pages["/a.pdf"] = lambda page: page.reply(PDF, length=10_001)
        assert "is larger than" in fault(site.url("/a.pdf")) and len(site.asked) == 1

    def test_too_large_without_a_word(self, site: Site, fault: Callable[..., str]) -> None:
        site.pages["/a.pdf"] = lambda page: page.reply(PDF + b" " * 10_000, length=-1)
        assert "ASSISTANT_FETCH_LIMIT_MB" in fault(site.url("/a.pdf"))

    def test_compressed(self, site: Site, fault: Callable[..., str]) -> None:
        site.put("/a.pdf", gzip.compress(b"0" * 5_000_000), Content_Encoding="gzip")
        assert "compressed (gzip)" in fault(site.url("/a.pdf"))

    def test_cut_short(self, site: Site, fault: Callable[..., str]) -> None:
        site.pages["/a.pdf"] = lambda page: page.reply(PDF, length=5000)
        assert "broke off" in fault(site.url("/a.pdf")) and len(site.asked) == 3

    def test_no_http(self, site: Site, fault: Callable[..., str]) -> None:
        site.pages["/a.pdf"] = lambda page: page.wfile.write(b"SSH-2.0-OpenSSH\r\n") and None
        assert "broke off" in fault(site.url("/a.pdf"))


class TestTime:
    def test_no_answer(self, site: Site, fault: Callable[..., str]) -> None:
        site.pages["/a.pdf"] = lambda page: site.over.wait(20) and None
        assert "did not answer within 0.1 seconds" in fault(site.url("/a.pdf"), replace(LIMITS, read=0.1, attempts=2))
        assert len(site.asked) == 2

    def test_a_drip(self, site: Site, fault: Callable[..., str]) -> None:
        """Each byte is in time, the whole never."""

        def drip(page: Handler) -> None:
            for byte in b"HTTP/1.1 200 OK\r\n" + b"X-Header: x\r\n" * 100:
                page.wfile.write(bytes([byte]))
                if site.over.wait(0.02):
                    return

        site.pages["/a.pdf"] = drip
        assert "not there after 0.5 seconds" in fault(site.url("/a.pdf"), replace(LIMITS, total=0.5))
        assert len(site.asked) == 1


class TestAddresses:
    PRIVATE = """127.0.0.1 127.8.8.8 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 0.0.0.0 100.64.0.1 192.0.2.1 198.18.0.1 224.0.0.1
        239.1.1.1 240.0.0.1 255.255.255.255 :: ::1 fe80::1 fe80::1%eth0 fc00::1 fd12::1 ff02::1 2001:db8::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1
        ::ffff:a9fe:a9fe ::127.0.0.1 2002:7f00:1:: 2002:a00:1::1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::a00:1 fec0::1"""

    @pytest.mark.parametrize("address", PRIVATE.split())
    def test_not_public(self, address: str) -> None:
        assert not is_public(address)

    @pytest.mark.parametrize("address", ["8.8.8.8", "200.5.10.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
    def test_public(self, address: str) -> None:
        assert is_public(address)

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "0"])
    def test_this_machine_under_many_names(self, site: Site, fault: Callable[..., str], host: str) -> None:
        site.put("/a.pdf")
        message = fault(site.url("/a.pdf", host), replace(LIMITS, allow_private=False))
        assert "is in a private network" in message or "cannot be found" in message
        assert site.asked == []

    @pytest.fixture
    def names(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
        """A name service of the test, in which 127.0.0.1 counts as a public address; it answers from the right, each answer once."""
        table: dict[str, list[str]] = {}
        monkeypatch.setattr(fetch, "_look_up", lambda host, port, timeout: [table[host].pop()] if table.get(host) else [])
        real = fetch.is_public
        monkeypatch.setattr(fetch, "is_public", lambda address: address == "127.0.0.1" or real(address))
        return table

    def test_a_name_is_looked_up_once(self, site: Site, get: Callable[..., Copy], names: dict[str, list[str]]) -> None:
        names["oas.test"] = ["10.0.0.1", "127.0.0.1"]  # a second look-up would give the private address
        site.put("/0", b"", status=302, Location="/a.pdf")
        site.put("/a.pdf")
        copy = get(site.url("/0", "oas.test"), replace(LIMITS, allow_private=False))
        assert copy.url == site.url("/a.pdf", "oas.test")
        assert [headers["Host"] for _, headers in site.asked] == [f"oas.test:{site.port}"] * 2
        assert names["oas.test"] == ["10.0.0.1"]

    @pytest.mark.parametrize("inside", ["127.0.0.2", "10.0.0.1", "169.254.169.254", "::1"])
    def test_a_redirect_into_a_private_network(
        self, site: Site, fault: Callable[..., str], names: dict[str, list[str]], inside: str
    ) -> None:
        names.update({"oas.test": ["127.0.0.1"], "inside.test": [inside]})
        site.put("/0", b"", status=302, Location=site.url("/a.pdf", "inside.test"))
        message = fault(site.url("/0", "oas.test"), replace(LIMITS, allow_private=False))
        assert message == "inside.test is in a private network (ASSISTANT_ALLOW_PRIVATE_ADDRESSES)"
        assert [path for path, _ in site.asked] == ["/0"]

    def test_a_host_that_is_down_is_not_asked_again(self, tmp_path: Path, names: dict[str, list[str]]) -> None:
        names["gone.test"] = ["127.0.0.1", "127.0.0.1"]
        fetcher = Fetcher(replace(LIMITS, allow_private=False))
        for _ in range(3):
            with pytest.raises(FetchError, match=r"^gone\.test cannot be reached"):
                fetcher.fetch("http://gone.test:9/a.pdf", tmp_path / "part")
            with pytest.raises(FetchError, match=r"^none\.test cannot be found \(no network, or no such name\)$"):
                fetcher.fetch("http://none.test/a.pdf", tmp_path / "part")
        assert names["gone.test"] == ["127.0.0.1"]

    def test_a_silent_address_leaves_time_for_the_next(self, site: Site, get: Callable[..., Copy], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(fetch, "_look_up", lambda host, port, timeout: ["2001:db8::1", "127.0.0.1"])
        real = httpcore.SyncBackend.connect_tcp

        def connect(self: httpcore.SyncBackend, host: str, port: int, timeout: float, *more: object) -> httpcore.NetworkStream:
            if host != "127.0.0.1":
                site.over.wait(timeout)
                raise httpcore.ConnectTimeout("timed out")
            return real(self, host, port, timeout, *more)

        monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
        site.put("/a.pdf")
        assert get(site.url("/a.pdf", "oas.test"), replace(LIMITS, connect=0.4)).size == len(PDF)

    def test_proxies_are_not_used(self, site: Site, get: Callable[..., Copy], monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        assert get(site.put("/a.pdf")).size == len(PDF)

    def test_a_name_that_takes_too_long(self, monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
        monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: site.over.wait(20) and [])
        assert fetch._look_up("slow.test", 80, 0.05) == []


def test_messages_are_clauses() -> None:
    """They stand behind "not at hand: " and "kept the copy of …: "."""
    source = Path(fetch.__file__).read_text(encoding="utf-8")
    said = re.findall(r'(?:FetchError|_PassingError)\(f?"([^"]+)"', source)
    assert len(said) > 8
    assert [text for text in said if text.endswith(".") or (text[0].isupper() and not text.startswith("{"))] == []
