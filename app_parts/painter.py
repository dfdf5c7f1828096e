"""One picture of a page in a process of its own, since a PDF may be made to harm whoever draws it.

``python -m app_parts.painter`` takes a JSON object with ``path``, ``page`` and ``text`` (what to mark) from standard input and
writes a PNG picture to standard output, or ends with exit code 1.
"""

import contextlib
import json
import os
import sys
from pathlib import Path

from ingest.errors import SourceFileError

SECONDS = 20  # of computing; who starts this process bounds the time by the clock
MOST_BYTES = 12_000_000  # of a picture: a page of A4 that is all noise has 6 million
_MEMORY = 1_500_000_000
_SCALE = 2.0  # dots to a point: 1,190 to the width of A4, twice what the panel shows


def _bound() -> None:
    """Set the limits that the system enforces, where it has any."""
    try:
        import resource
    except ImportError:  # Windows
        return
    limits = {"RLIMIT_AS": _MEMORY, "RLIMIT_CPU": SECONDS, "RLIMIT_FSIZE": MOST_BYTES, "RLIMIT_CORE": 0}
    for name, limit in limits.items():
        with contextlib.suppress(OSError, ValueError):  # macOS knows the name of the memory limit and refuses it
            resource.setrlimit(getattr(resource, name), (limit, limit))


def _main() -> int:
    task = json.load(sys.stdin.buffer)
    _bound()
    from ingest.readers.pdf_image import render_page  # here: the application, which imports this module, does without pdfium

    try:
        picture = render_page(Path(task["path"]), task["page"], task["text"], scale=_SCALE)
    except (SourceFileError, MemoryError) as error:
        print(error, file=sys.stderr)
        return 1
    sys.stdout.buffer.write(picture)
    sys.stdout.buffer.flush()
    os._exit(0)  # what native libraries do at their end is no longer of interest


if __name__ == "__main__":
    sys.exit(_main())
