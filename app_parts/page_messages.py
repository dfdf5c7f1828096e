"""The texts around the pictures of pages in the four languages; part of the catalogue in ``messages``."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PageTexts:
    """What stands at the picture of a page in one language; ``{page}`` is its number, ``{title}`` the document's short title.

    ``marked`` describes a picture in which the passage is marked, ``plain`` one in which it cannot be.
    """

    show: str
    marked: str
    plain: str
    enlarge: str
    missing: str
    official: str
    recognised: str


PAGES_EN = PageTexts(
    show="Show the page",
    marked="Page {page} of {title}; the quoted passage is marked",
    plain="Page {page} of {title}",
    enlarge="Enlarge in a new tab",
    missing="The picture of this page cannot be shown.",
    official="Official document, page {page}",
    recognised="Recognised from an image",
)

PAGES_ES = PageTexts(
    show="Ver la página",
    marked="Página {page} de {title}; el pasaje citado está marcado",
    plain="Página {page} de {title}",
    enlarge="Ampliar en otra pestaña",
    missing="No se puede mostrar la imagen de esta página.",
    official="Documento oficial, página {page}",
    recognised="Reconocido a partir de una imagen",
)

PAGES_PT = PageTexts(
    show="Ver a página",
    marked="Página {page} de {title}; o trecho citado está marcado",
    plain="Página {page} de {title}",
    enlarge="Ampliar em outra guia",
    missing="A imagem desta página não pode ser exibida.",
    official="Documento oficial, página {page}",
    recognised="Reconhecido a partir de uma imagem",
)

PAGES_FR = PageTexts(
    show="Voir la page",
    marked="{title}, page {page} ; le passage cité est marqué",
    plain="{title}, page {page}",
    enlarge="Agrandir dans un nouvel onglet",
    missing="L’image de cette page ne peut pas être affichée.",
    official="Document officiel, page {page}",
    recognised="Reconnu à partir d’une image",
)
