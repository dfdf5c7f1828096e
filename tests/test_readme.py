"""The README says what the product does."""

import re
from pathlib import Path

from assistant.core import Assistant
from ingest.settings import Settings

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_the_question_on_the_first_screen_has_its_real_answer(assistant: Assistant) -> None:
    question = re.search(r"^> \*\*(.+\?)\*\*$", README, re.MULTILINE)
    assert question is not None
    shown = README.partition("<!-- answer:begin -->\n")[2].partition("<!-- answer:end -->")[0]
    lines = [line.removeprefix(">").strip() for line in shown.splitlines()]
    expected = [line.strip() for line in assistant.answer(question.group(1)).text.splitlines()]
    assert [line for line in lines if line] == [line for line in expected if line]


def test_the_settings_table_lists_every_setting() -> None:
    rows = dict(re.findall(r"^\| `ASSISTANT_([A-Z_]+)` \| [^|]* \| (.*) \|$", README, re.MULTILINE))
    fields = Settings.model_fields
    assert set(rows) == {name.upper() for name in fields}
    for name, field in fields.items():
        assert rows[name.upper()] == field.description


def test_the_two_commands_stand_on_the_first_screen() -> None:
    first = "\n".join(README.splitlines()[:12])
    assert "make run" in first and "make test" in first
