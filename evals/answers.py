"""The page of answers in full, as the product gives them: ``docs/answers.md``, two in each language and two that are silent."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.core import Assistant

ANSWERS_PAGE = Path(__file__).resolve().parent.parent / "docs" / "answers.md"
QUESTIONS = (
    ("English", "What prevention programs exist?"),
    ("English", "What is there on judges and prosecutors?"),
    ("Español", "¿Qué acciones hay para los jóvenes con problemas de drogas?"),
    ("Español", "¿Cuándo se creó el Grupo de Trabajo y quién firmó el plan de trabajo?"),
    ("Português", "Quais ações envolvem a polícia no pilar de aplicação da lei?"),
    ("Português", "Com que frequência os anexos são atualizados?"),
    ("Français", "Que prévoit la Stratégie pour les espaces publics ?"),
    ("Français", "Quelles sont les bases de la coopération interaméricaine ?"),
    ("Silence", "What is the budget of the Strategy?"),
    ("Silencio", "¿Cuántos homicidios cometieron las maras en Honduras?"),
)


def answers_page(assistant: "Assistant") -> str:
    """The page as Markdown; the same index gives the same page."""
    parts = [
        "# Ten answers",
        "",
        "As the product gives them over the two documents that ship, without a language model and without a network. This page is made by",
        "`python -m evals answers`, and a test holds it to what the assistant answers.",
    ]
    for label, question in QUESTIONS:
        answer = assistant.answer(question)
        quoted = "\n".join(f"> {line}".rstrip() for line in answer.text.strip().split("\n"))
        parts += ["", f"## {label}: {question}", "", f"*{answer.status}*", "", quoted]
    return "\n".join(parts) + "\n"
