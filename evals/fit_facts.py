"""The weights by which a passage without editorial data is taken for an answer, fitted on cases over such documents.

Each case is asked over its own documents, the answerable ones also over those of the other sets, which do not answer them, and expected
questions on general knowledge over all. What counts is whether the passage that was found has any of the gold.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from assistant.find import Finder
from assistant.relevance import FACT_SIGNS, LIKELY
from evals.cases import Case, load_cases
from evals.spans import resolve, supports
from evals.train import spans_of
from ingest.editorial import ExpectedQuestion
from ingest.errors import UserError
from ingest.settings import Settings
from vectorstore.embeddings import load_embeddings
from vectorstore.index import Index
from vectorstore.store import Store, StoreConfig
from vectorstore.vocabulary import Vocabulary

_WEIGHTS = {"own": 1.0, "other": 0.4, "general": 0.3}  # so that each kind of question has about the same say
_GENERAL = 60
_FOLDS = 10


def fit_facts(
    settings: Settings, sets: Sequence[tuple[Path, Path]], questions: Sequence[ExpectedQuestion]
) -> tuple[dict[str, float], float, dict[str, float]]:
    """Weights, intercept and cross-validated figures, from pairs of a data folder with an index and a file of cases over it.

    *questions* are expected questions that no document answers. Figures at the threshold of the product: the share of right passages
    that are kept, and of each kind of other questions the share that is met with silence.

    Raises:
        UserError: the sets hold no question for a fact.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    cases = [[located.case for located in load_cases(path) if not located.case.history] for _, path in sets]
    chosen = [questions[row] for row in np.random.default_rng(0).permutation(len(questions))[:_GENERAL]]
    embeddings = load_embeddings(settings.embeddings, settings.data_dir / "models")
    signs: list[list[float]] = []
    right: list[bool] = []
    kinds: list[str] = []
    for number, (data, _) in enumerate(sets):
        index = Index.open(Store(StoreConfig(data)), embeddings)
        finder = Finder(
            index, Vocabulary(index.concepts), {quote.source_id for target in index.targets.values() for quote in target.quotes}
        )
        asked: list[tuple[str, str, str, Case | None]] = []
        for other, members in enumerate(cases):
            own = other == number
            asked += [("own" if own else "other", c.question, c.language, c if own else None) for c in members if own or c.answerable]
        asked += [("general", question.text, question.language, None) for question in chosen]
        for kind, question, language, case in asked:
            found = finder.find(question, language)
            if found is None or not found.signs:
                continue
            golds = [resolve([gold, *gold.equivalents], index.canonical) for gold in case.gold] if case else []
            signs.append([dict(found.signs)[sign] for sign in FACT_SIGNS])
            right.append(any(supports(spans_of(found.quotes), gold) for gold in golds))
            kinds.append("near miss" if kind == "own" and case and not case.answerable else kind)
    if len(set(right)) < 2:
        raise UserError("These cases do not tell right passages from wrong ones: none, or all, of the passages found are right.")
    x, y = np.array(signs), np.array(right)
    weights = np.array([_WEIGHTS.get(kind, 1.0) for kind in kinds])
    model = LogisticRegression()
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    held_out = cross_val_predict(model, x, y, cv=folds, method="predict_proba", params={"sample_weight": weights})[:, 1]
    model.fit(x, y, sample_weight=weights)
    silent = held_out < LIKELY
    figures = {"right passages kept": float((~silent)[y].mean())}
    figures |= {f"{kind}: silent": float(silent[np.array(kinds) == kind].mean()) for kind in ("near miss", "other", "general")}
    return dict(zip(FACT_SIGNS, (float(w) for w in model.coef_[0]), strict=True)), float(model.intercept_[0]), figures
