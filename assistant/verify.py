"""The last check before anyone reads an answer: every quotation is in its source, at its offsets."""

from assistant.types import Citation, Statement
from vectorstore.index import Index


def verify(index: Index, statements: list[Statement], citations: list[Citation]) -> list[str]:
    """What is wrong, as sentences; an empty list means that the answer holds.

    A citation must be the stretch of the canonical text that it says, lie inside its passage, and carry that
    passage's locator and page; a statement must rest on a citation that is there.
    """
    wrong = []
    for citation in citations:
        canonical, passage = index.canonical.get(citation.source_id, ""), index.by_id.get(citation.passage_id)
        if canonical[citation.start : citation.end] != citation.quote or not citation.quote:
            wrong.append(f"citation {citation.number} is not what its source says")
        elif passage is None or not (passage.start <= citation.start and citation.end <= passage.end):
            wrong.append(f"citation {citation.number} is not inside its passage")
        elif (passage.locator, passage.page) != (citation.locator, citation.page):
            wrong.append(f"citation {citation.number} has another passage's locator")
    numbers = {citation.number for citation in citations}
    for statement in statements:
        if not statement.citations or not set(statement.citations) <= numbers:
            wrong.append(f"a statement rests on nothing: {statement.text[:60]}")
    return wrong
