"""What the tests of the readers share."""

from __future__ import annotations

from ingest.reading import Reading

Found = tuple[str, int, str, str]


def parts(reading: Reading) -> list[Found]:
    """(kind, level, marker, text) of the blocks, which stand in order."""
    assert reading.blocks is not None
    end = 0
    for block in reading.blocks:
        assert end <= block.start < block.end
        end = block.end
    return [(block.kind, block.level, block.marker, reading.canonical[block.start : block.end]) for block in reading.blocks]
