"""The bodies that a text names: departments, councils, committees, secretariats and the like, as written."""

import re

_HEAD = (
    r"Department|Committee|Commission|Council|Secretariat|Secretary|Assembly|Working Group|Contact Group|Group|Organization|Ministry|"
    r"Agency|Office|Institute|Foundation|Centre|Center|Bureau|Association|Federation|Directorate|Bank|Fund|Programme|Network|"
    r"(?:National|Federal|Civil|Metropolitan) Police|"
    r"Departamento|Comisión|Comité|Consejo|Secretaría|Asamblea|Grupo de Trabajo|Organización|Ministerio|Agencia|Oficina|Instituto|"
    r"Fundación|Comissão|Comitê|Conselho|Secretaria|Assembleia|Ministério|Fundação|Département|Conseil|Secrétariat|Assemblée|Ministère|"
    r"Agence|Fondation"
)
_WORD = r"[A-ZÀ-Þ][\w’'-]+"
_LINK = r"(?:of|on|for|de|del|da|do|du|des|para|sur|la|the) (?:the |la |el |las |los |l’)?"
_NAME = re.compile(rf"\b(?:(?:{_WORD}) )*(?:{_HEAD})(?: {_LINK}{_WORD}(?: {_WORD})*)*")
_LEADING = re.compile(r"^(?:The|A|An|This|That|El|La|Los|Las|O|Os|As|Le|Les|Annex|Requesting|Establish) ")


def bodies(text: str) -> list[str]:
    """The bodies named in *text*, each once, in order.

    >>> bodies("prepared by the Chair and the Department of Public Security of the OAS Secretariat for Multidimensional Security")
    ['Department of Public Security', 'OAS Secretariat for Multidimensional Security']
    """
    found: list[str] = []
    for match in _NAME.finditer(" ".join(text.split())):
        name = _LEADING.sub("", match.group())
        pieces = re.split(r" of the (?=OAS |Secretariat|Ministry|Organization)", name)
        for piece in pieces:
            if " " in piece and not any(piece in other for other in found):
                found.append(piece)
    return found
