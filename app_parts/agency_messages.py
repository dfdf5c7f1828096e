"""The texts of the list of agencies in the four languages; part of the catalogue in ``messages``."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AgencyTexts:
    """What the list of agencies says in one language; ``{...}`` are fields of ``str.format``."""

    title: str
    filter: str
    hint: str
    count: str
    nothing: str
    named_in: str
    programmes: str
    missing: str


AGENCIES_EN = AgencyTexts(
    title="Agencies",
    filter="Filter by topic or country",
    hint="for example: prevention, Honduras",
    count="{shown} of {total} agencies",
    nothing="No agency in this index fits.",
    named_in="Named in {title}",
    programmes="Programs",
    missing="{annex}, the directory of agencies, is not in this index.",
)

AGENCIES_ES = AgencyTexts(
    title="Organismos",
    filter="Filtrar por tema o país",
    hint="por ejemplo: prevención, Honduras",
    count="{shown} de {total} organismos",
    nothing="Ningún organismo de este índice coincide con el filtro.",
    named_in="Mencionados en: {title}",
    programmes="Programas",
    missing="{annex}, el directorio de organismos, no está en este índice.",
)

AGENCIES_PT = AgencyTexts(
    title="Organismos",
    filter="Filtrar por tema ou país",
    hint="por exemplo: prevenção, Honduras",
    count="{shown} de {total} organismos",
    nothing="Nenhum organismo deste índice corresponde ao filtro.",
    named_in="Mencionados em: {title}",
    programmes="Programas",
    missing="{annex}, o diretório de organismos, não está neste índice.",
)

AGENCIES_FR = AgencyTexts(
    title="Organismes",
    filter="Filtrer par thème ou par pays",
    hint="par exemple : prévention, Honduras",
    count="Organismes : {shown} sur {total}",
    nothing="Aucun organisme de cet index ne correspond au filtre.",
    named_in="Mentionnés dans : {title}",
    programmes="Programmes",
    missing="{annex}, le répertoire des organismes, n’est pas dans cet index.",
)
