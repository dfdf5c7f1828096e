"""Starting the application where it cannot start: a plain message, exit code 1, no traceback."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from visits import ROOT, app_environment, free_port


def start(data_dir: Path, port: int, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**app_environment(data_dir, port), **more}
    return subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)


def assert_plain(run: subprocess.CompletedProcess[str], *words: str) -> None:
    assert run.returncode == 1
    assert "Traceback" not in run.stderr and run.stdout == ""
    assert run.stderr.startswith("Error: ")
    for word in words:
        assert word in run.stderr


def test_without_an_index_the_message_names_the_command(tmp_path: Path) -> None:
    assert_plain(start(tmp_path, free_port()), "python -m ingest")


def test_a_port_in_use_names_the_setting(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert_plain(start(tmp_path, port), f"Port {port}", "ASSISTANT_PORT")


@pytest.mark.parametrize("port", ["eighty", "0", "70000"])
def test_a_port_that_is_none_names_the_setting(tmp_path: Path, port: str) -> None:
    assert_plain(start(tmp_path, 1, ASSISTANT_PORT=port), "ASSISTANT_PORT")


def test_a_host_that_is_not_here_names_the_setting(tmp_path: Path) -> None:
    assert_plain(start(tmp_path, free_port(), ASSISTANT_HOST="192.0.2.1"), "ASSISTANT_HOST")
