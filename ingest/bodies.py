"""The bodies that a text names: departments, councils, committees, secretariats and the like, as written, in four languages."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.entries import fields

# What kinds of bodies are called: English forms, which stand last or before "of"; then those of the Romance languages, which stand first.
HEADS: dict[str, tuple[str, str]] = {
    "department": ("Department", "es pt:Departamento fr:Département"),
    "committee": ("Committee", "es fr:Comité pt:Comitê"),
    "commission": ("Commission", "es:Comisión pt:Comissão fr:Commission"),
    "council": ("Council", "es:Consejo pt:Conselho fr:Conseil"),
    "secretariat": ("Secretariat", "es:Secretaría pt:Secretaria fr:Secrétariat"),
    "assembly": ("Assembly", "es:Asamblea pt:Assembleia fr:Assemblée"),
    "working group": ("Working Group", "es:Grupo de Trabajo pt:Grupo de Trabalho fr:Groupe de travail"),
    "contact group": ("Contact Group", "es:Grupo de Contacto pt:Grupo de Contato fr:Groupe de contact"),
    "group": ("Group", ""),
    "organization": ("Organization|Organisation", "es:Organización pt:Organização fr:Organisation"),
    "ministry": ("Ministry", "es:Ministerio pt:Ministério fr:Ministère"),
    "agency": ("Agency", "es:Agencia pt:Agência fr:Agence"),
    "office": ("Office", "es:Oficina pt:Escritório fr:Office"),
    "institute": ("Institute", "es pt:Instituto fr:Institut"),
    "foundation": ("Foundation", "es:Fundación pt:Fundação fr:Fondation"),
    "centre": ("Centre|Center", "es pt:Centro(?! Am[eé]rica) fr:Centre"),
    "bureau": ("Bureau", "fr:Bureau"),
    "association": ("Association", "es:Asociación pt:Associação fr:Association"),
    "federation": ("Federation", "es:Federación pt:Federação fr:Fédération"),
    "directorate": ("Directorate", "es:Dirección pt:Direção|Diretoria fr:Direction"),
    "unit": ("Unit", "es:Unidad pt:Unidade fr:Unité"),
    "bank": ("Bank", "es pt:Banco fr:Banque"),
    "fund": ("Fund", "es:Fondo pt:Fundo fr:Fonds"),
    "network": ("Network", "es:Red(?= de | Nacional| Inter| Ibero) pt:Rede fr:Réseau"),
    "court": ("Court", "es pt:Corte|Tribunal fr:Cour|Tribunal"),
    "prosecution": ("Prosecution Service", "es:Fiscalía|Procuraduría pt:Procuradoria fr:Parquet"),
    "police": (
        "(?:National|Federal|Civil|Metropolitan|Royal) Police(?: Force)?",
        "es:Policía (?:Nacional|Federal|Civil) pt:Polícia (?:Nacional|Federal|Civil|Militar) fr:Police (?:nationale|fédérale)",
    ),
    "programme": ("(?:United Nations|World)(?: [A-Z]\\w+)+ Program(?:me)?", ""),
}


def _romance(code: str) -> dict[str, str]:
    """Of each kind the form in a language; a kind without one is left out."""
    found = {}
    for kind, (_, forms) in HEADS.items():
        for languages, form in re.findall(r"((?:(?:es|pt|fr) ?)+):(.*?)(?= (?:es|pt|fr)[ :]|$)", forms):
            if code in languages.split():
                found[kind] = form
    return found


_FORMS = {"en": {kind: english for kind, (english, _) in HEADS.items()}, **{code: _romance(code) for code in ("es", "pt", "fr")}}
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December|(?:Mon|Tues|Wednes|Thurs|Fri)day"
_WORD = rf"(?!(?:{_MONTHS})\b)[A-ZÀ-Þ][\w’'-]*\w"
_ENGLISH = "|".join(sorted(_FORMS["en"].values(), key=len, reverse=True))
_LATIN = "|".join(sorted({*_FORMS["es"].values(), *_FORMS["pt"].values()}, key=len, reverse=True))
_FRENCH = "|".join(sorted(_FORMS["fr"].values(), key=len, reverse=True))
_HEAD = rf"(?:{_ENGLISH}|{_LATIN}|{_FRENCH})\b"
_WORDS = rf"(?: (?!{_HEAD}){_WORD}){{0,5}}"  # bounded, so that a page of capitals takes no time
_LINK = r"(?:of|on|for|against|de|del|da|do|das|dos|para|sobre|contra|em|en)"
_THE = r"(?: (?:the|la|el|las|los|o|a|os|as))?"
_AND = rf"(?: (?:and|y|e) (?:{_LINK} )?(?:(?:the|la|el|las|los) (?!{_HEAD}))?(?!{_HEAD}|[A-Z]+\b){_WORD}{_WORDS})?"
_TAIL = rf"(?: {_LINK}{_THE} (?!(?:OAS|OEA)\b){_WORD}{_WORDS}{_AND}){{0,4}}"
_PURPOSE = rf"(?: to {_WORD}(?: (?:an?|the|in|with|of|on|for|to|and|{_WORD})){{0,25}} {_WORD})?"  # "Working Group to Prepare a Strategy"
_QUALITY = (  # adjectives, which French writes in lower case; verbs must not pass for them
    r"(?:(?!signale\b)\w+(?:al|ale|ales|aux|nnels?|nnelles?|aires?|ains?|aines?|iens?|iennes?)|permanente?|exécutif|exécutive|suprême|"
    r"publics?|publiques?|économiques?|juridiques?|politiques?|scientifiques?|techniques?|organisée?|contre)"
)
_OF = r"(?:de la |de l[’']|des |du |de |sur la |sur le |sur les |à la |pour la |pour le |pour les |d[’'])"
_FRENCH_TAIL = rf"(?: {_OF}\w[\w-]+(?: {_QUALITY}\b){{0,2}}(?: et {_OF}\w+(?: {_QUALITY}\b)?)?)"
_IN_ENGLISH = rf"(?:(?!{_HEAD}){_WORD} ){{0,6}}(?:Working Group{_PURPOSE}|(?:{_ENGLISH})\b){_TAIL}"
_IN_LATIN = rf"(?:{_LATIN})\b{_WORDS}{_TAIL}"
_IN_FRENCH = rf"(?:{_FRENCH})\b(?:(?: {_QUALITY}\b){{1,3}}{_FRENCH_TAIL}{{0,3}}|{_FRENCH_TAIL}{{1,3}})"
_NAMES = {
    "fr": re.compile(rf"\b(?:{_IN_FRENCH}|{_IN_LATIN}|{_IN_ENGLISH})"),
    "": re.compile(rf"\b(?:{_IN_ENGLISH}|{_IN_LATIN}|{_IN_FRENCH})"),
}
_ACRONYM = re.compile(r" ?\(“?([A-Z][A-Za-z/&-]*[A-Z])\b[^()]{0,40}\)")
_SHORT = re.compile(r"(?<![\w/.-])[A-Z]{2,8}(?![\w/.-]*[\w/])")
_LEADING = re.compile(
    r"^(?:The|An?|This|That|These|Its|Their|Our|Each|Every|Any|All|In|On|At|By|Through|From|With|For|To|As|If|When|While|Under|And|But|Or|"
    r"Also|See|However|Annex|Draft|Request|Establish|Create|Strengthen|Support|Promote|(?!Working)\w+ing(?= (?:the )?[A-Z])) (?!Group\b)"
)
_NESTED = re.compile(rf" (?:of the|of|de la|del|da|do|du|de l[’']) ?(?=(?:OAS )?(?:General )?{_HEAD})")
_OWNER = re.compile(r"[’']s(?= |$)")
_NO_BODY = re.compile(
    r"Russian Federation|Red Zone|(?:(?:International|Civil Society|Regional|Subregional|Governmental|Public|Private|Local|State|Other|"
    r"Non-?[Gg]overnmental) )+(?:Organi[sz]ation|Agency|Institute|Office|Foundation)"
)


@dataclass(frozen=True, slots=True)
class Body:
    """A body as a text names it: ``kind`` is a key of ``HEADS``, ``acronym`` stands in brackets after the name."""

    name: str
    kind: str
    language: str
    acronym: str | None = None


def named_bodies(text: str, language: str = "en") -> list[Body]:
    """The bodies named in *text*, in order, each as often as it is named.

    A name that may be of two languages is taken to be in *language*. Spaces and line ends count as one space; the values
    of an entry are read one by one.
    """
    parts = [value for _, value in fields(text)] or [text]
    return [body for part in parts for body in _named(" ".join(part.split()), language)]


def _named(text: str, language: str) -> Iterator[Body]:
    pattern = _NAMES.get(language, _NAMES[""])
    position = 0
    while match := pattern.search(text, position):
        name, position = match.group(), match.end()
        owner = _OWNER.search(name)
        if owner and re.search(_HEAD, name[: owner.start()]):  # the committee's group: two bodies
            name, position = name[: owner.start()], match.start() + owner.end()
        pieces = _NESTED.split(name)
        acronym = _ACRONYM.match(text, position)
        for piece in pieces:
            stripped = _strip(piece)
            found = kind_of(stripped, language)
            if found and " " in stripped and not _NO_BODY.fullmatch(stripped):
                yield Body(stripped, *found, acronym.group(1) if acronym and piece is pieces[-1] else None)


def _strip(name: str) -> str:
    while (shorter := _LEADING.sub("", name)) != name:
        name = shorter
    return name


def kind_of(name: str, language: str) -> tuple[str, str] | None:
    """The kind of the body with *name* and the language of its name; ``None`` where no word says that it is a body."""
    for code in dict.fromkeys((language, "en", "es", "pt", "fr")):
        place = "match" if code != "en" else "search"
        for kind, form in sorted(_FORMS.get(code, {}).items(), key=lambda item: -len(item[1])):
            if getattr(re, place)(rf"(?:{form})(?![\w-])", name):
                return kind, code
    return None


def acronyms(text: str) -> list[str]:
    """The words of *text* that may be acronyms: two to eight capitals, in order."""
    return _SHORT.findall(text)


def bodies(text: str) -> list[str]:
    """The names of the bodies in *text*, each once, in order.

    >>> bodies("prepared by the Chair and the Department of Public Security of the OAS Secretariat for Multidimensional Security")
    ['Department of Public Security', 'OAS Secretariat for Multidimensional Security']
    """
    found: list[str] = []
    for body in named_bodies(text):
        if not any(body.name in other for other in found):
            found.append(body.name)
    return found
