"""What the labels of a directory's entries mean, in four languages."""

from collections.abc import Sequence

from ingest.folding import fold

# What the labels of a directory mean, by the words in them, in four languages; the first meaning that fits counts.
_LABELS = (
    (
        "contact",
        "contact contacts contacto contactos contato contatos address telephone telephones phone tel fax email mail e website web url site "
        "direccion telefono telefonos correo sitio endereco telefone adresse courriel focal officer",
    ),
    (
        "programmes",
        "programme programmes program programs project projects initiative initiatives activity activities programa programas proyecto "
        "proyectos iniciativa iniciativas actividad actividades projeto projetos atividade atividades projet projets activite activites",
    ),
    ("country", "country pais pays member miembro membro membre"),
    (
        "body",
        "agency institution organization organisation entity ministry body dependencia entidad institucion organizacion organismo organo "
        "orgao instituicao organizacao entidade agencia ministerio organisme organe ministere agence",
    ),
    ("name", "name nombre nome nom"),
)
_MEANS = {word: meaning for meaning, words in reversed(_LABELS) for word in words.split()}
_ORDER = [meaning for meaning, _ in _LABELS]


def meaning_of(label: str) -> str:
    """What a label of a directory stands for: contact, programmes, country, body, name, or "" for anything else.

    >>> meaning_of("Institución responsable"), meaning_of("Name of the project"), meaning_of("Budget")
    ('body', 'programmes', '')
    """
    found = {_MEANS[word] for word in fold(label).split() if word in _MEANS}
    return next((meaning for meaning in _ORDER if meaning in found), "")


def has_name(entry: Sequence[tuple[str, str]]) -> bool:
    """Whether the (label, value) pairs of a directory's *entry* have the name of what it is about."""
    return any(meaning_of(label) in ("body", "name") for label, _ in entry)
