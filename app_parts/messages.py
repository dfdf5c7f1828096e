"""Every text of the page in the four languages: one catalogue, so that a missing translation is a type error."""

from collections.abc import Mapping
from dataclasses import dataclass

from app_parts.agency_messages import AGENCIES_EN, AGENCIES_ES, AGENCIES_FR, AGENCIES_PT, AgencyTexts
from app_parts.feedback_messages import FEEDBACK_EN, FEEDBACK_ES, FEEDBACK_FR, FEEDBACK_PT, FeedbackTexts
from app_parts.page_messages import PAGES_EN, PAGES_ES, PAGES_FR, PAGES_PT, PageTexts
from assistant.messages import plurals

AUTOMATIC = "auto"


@dataclass(frozen=True, slots=True)
class Texts:
    """The page's texts in one language; ``{...}`` are fields of ``str.format``. ``units`` are plurals of what lists consist of."""

    name: str
    title: str
    tagline: str
    notice: str
    language: str
    automatic: str
    conversation: str
    welcome: str
    welcome_text: str
    examples: str
    question: str
    hint: str
    ask: str
    stop: str
    retry: str
    clear: str
    copy: str
    copied: str
    searching: str
    stopped: str
    error: str
    sources: str
    no_sources: str
    sources_of: str
    source: str
    status: Mapping[str, str]
    coverage: str
    confidence: str
    bodies: str
    removed: str
    in_document: str
    passage_in: str
    goes_on: str
    back: str
    official: str
    translation: str
    nearest: str
    nearest_note: str
    documents: str
    documents_note: str
    in_index: str
    not_in_index: str
    ready: str
    feedback: FeedbackTexts
    agencies: AgencyTexts
    pages: PageTexts
    units: Mapping[str, str]


_EN = Texts(
    name="English",
    title="Strategy Assistant",
    tagline="Answers from the OAS Regional Strategy on criminal gangs",
    notice="Unofficial assistant. Quotations are verbatim.",
    language="Language",
    automatic="Automatic",
    conversation="Conversation",
    welcome="Ask the Regional Strategy",
    welcome_text="Every statement rests on a verbatim quotation that you can open in its document. "
    "Where the documents do not answer, the assistant says so.",
    examples="Example questions",
    question="Your question",
    hint="Type your question…",
    ask="Ask",
    stop="Stop",
    retry="Retry",
    clear="Clear",
    copy="Copy answer",
    copied="Copied",
    searching="Looking in the documents…",
    stopped="Stopped.",
    error="Something went wrong while this question was being answered. Please try again; the details are in the server's log.",
    sources="Sources",
    no_sources="The passages that an answer rests on appear here, each with a link to its place in the document.",
    sources_of="Sources ({count})",
    source="Source {number}",
    status={"answered": "Answered", "partial": "Partial answer", "not_in_corpus": "Not in the documents", "refused": "Not answered"},
    coverage="{shown} of {total} {unit}",
    confidence="Confidence {percent}%",
    bodies="Bodies named",
    removed="Unsupported sentences removed: {count}",
    in_document="Show in the document",
    passage_in="{title}: the passage in its document",
    goes_on="The document goes on",
    back="Back to the answer",
    official="Official document",
    translation="Unofficial working translation",
    nearest="Nearest passages",
    nearest_note="They do not answer the question.",
    documents="Documents",
    documents_note="{present} in this index, {absent} not",
    in_index="in this index",
    not_in_index="not in this index",
    ready="Answer ready: {status}. Sources: {count}.",
    feedback=FEEDBACK_EN,
    agencies=AGENCIES_EN,
    pages=PAGES_EN,
    units=plurals("en"),
)

_ES = Texts(
    name="Español",
    title="Asistente de la Estrategia",
    tagline="Respuestas basadas en la Estrategia Regional de la OEA sobre pandillas delictivas",
    notice="Asistente no oficial. Las citas son textuales.",
    language="Idioma",
    automatic="Automático",
    conversation="Conversación",
    welcome="Consulte la Estrategia Regional",
    welcome_text="Cada afirmación se apoya en una cita textual que puede abrirse en su documento. "
    "Cuando los documentos no responden, el asistente lo dice.",
    examples="Preguntas de ejemplo",
    question="Su pregunta",
    hint="Escriba su pregunta…",
    ask="Preguntar",
    stop="Detener",
    retry="Reintentar",
    clear="Borrar",
    copy="Copiar respuesta",
    copied="Copiado",
    searching="Buscando en los documentos…",
    stopped="Detenido.",
    error="Se produjo un error al responder a esta pregunta. Inténtelo de nuevo; los detalles constan en el registro del servidor.",
    sources="Fuentes",
    no_sources="Aquí aparecen los pasajes en que se apoya cada respuesta, con un enlace a su lugar en el documento.",
    sources_of="Fuentes ({count})",
    source="Fuente {number}",
    status={
        "answered": "Respondida",
        "partial": "Respuesta parcial",
        "not_in_corpus": "No consta en los documentos",
        "refused": "Sin respuesta",
    },
    coverage="{shown} de {total} {unit}",
    confidence="Confianza {percent} %",
    bodies="Órganos mencionados",
    removed="Frases sin respaldo suprimidas: {count}",
    in_document="Ver en el documento",
    passage_in="{title}: el pasaje en su documento",
    goes_on="El documento continúa",
    back="Volver a la respuesta",
    official="Documento oficial",
    translation="Traducción de trabajo no oficial",
    nearest="Pasajes más cercanos",
    nearest_note="No responden a la pregunta.",
    documents="Documentos",
    documents_note="{present} en este índice, {absent} no",
    in_index="en este índice",
    not_in_index="no está en este índice",
    ready="Respuesta lista: {status}. Fuentes: {count}.",
    feedback=FEEDBACK_ES,
    agencies=AGENCIES_ES,
    pages=PAGES_ES,
    units=plurals("es"),
)

_PT = Texts(
    name="Português",
    title="Assistente da Estratégia",
    tagline="Respostas baseadas na Estratégia Regional da OEA sobre gangues delinquentes",
    notice="Assistente não oficial. As citações são textuais.",
    language="Idioma",
    automatic="Automático",
    conversation="Conversa",
    welcome="Consulte a Estratégia Regional",
    welcome_text="Cada afirmação apoia-se em uma citação textual que pode ser aberta em seu documento. "
    "Quando os documentos não respondem, o assistente o diz.",
    examples="Perguntas de exemplo",
    question="Sua pergunta",
    hint="Escreva sua pergunta…",
    ask="Perguntar",
    stop="Parar",
    retry="Tentar novamente",
    clear="Limpar",
    copy="Copiar resposta",
    copied="Copiado",
    searching="Procurando nos documentos…",
    stopped="Interrompido.",
    error="Ocorreu um erro ao responder a esta pergunta. Tente novamente; os detalhes estão no registro do servidor.",
    sources="Fontes",
    no_sources="Aqui aparecem os trechos em que cada resposta se apoia, com um link para o seu lugar no documento.",
    sources_of="Fontes ({count})",
    source="Fonte {number}",
    status={
        "answered": "Respondida",
        "partial": "Resposta parcial",
        "not_in_corpus": "Não consta nos documentos",
        "refused": "Sem resposta",
    },
    coverage="{shown} de {total} {unit}",
    confidence="Confiança {percent}%",
    bodies="Órgãos mencionados",
    removed="Frases sem apoio suprimidas: {count}",
    in_document="Ver no documento",
    passage_in="{title}: o trecho em seu documento",
    goes_on="O documento continua",
    back="Voltar à resposta",
    official="Documento oficial",
    translation="Tradução de trabalho não oficial",
    nearest="Trechos mais próximos",
    nearest_note="Eles não respondem à pergunta.",
    documents="Documentos",
    documents_note="{present} neste índice, {absent} não",
    in_index="neste índice",
    not_in_index="não está neste índice",
    ready="Resposta pronta: {status}. Fontes: {count}.",
    feedback=FEEDBACK_PT,
    agencies=AGENCIES_PT,
    pages=PAGES_PT,
    units=plurals("pt"),
)

_FR = Texts(
    name="Français",
    title="Assistant de la Stratégie",
    tagline="Réponses fondées sur la Stratégie régionale de l’OEA face aux gangs criminels",
    notice="Assistant non officiel. Les citations sont textuelles.",
    language="Langue",
    automatic="Automatique",
    conversation="Conversation",
    welcome="Interrogez la Stratégie régionale",
    welcome_text="Chaque affirmation repose sur une citation textuelle que vous pouvez ouvrir dans son document. "
    "Lorsque les documents ne répondent pas, l’assistant le dit.",
    examples="Exemples de questions",
    question="Votre question",
    hint="Saisissez votre question…",
    ask="Demander",
    stop="Arrêter",
    retry="Réessayer",
    clear="Effacer",
    copy="Copier la réponse",
    copied="Copié",
    searching="Recherche dans les documents…",
    stopped="Arrêté.",
    error="Une erreur s’est produite pendant la réponse à cette question. Réessayez ; les détails figurent dans le journal du serveur.",
    sources="Sources",
    no_sources="Les passages sur lesquels repose chaque réponse apparaissent ici, avec un lien vers leur place dans le document.",
    sources_of="Sources ({count})",
    source="Source {number}",
    status={
        "answered": "Réponse trouvée",
        "partial": "Réponse partielle",
        "not_in_corpus": "Ne figure pas dans les documents",
        "refused": "Sans réponse",
    },
    coverage="{unit} : {shown} sur {total}",
    confidence="Confiance {percent} %",
    bodies="Organes mentionnés",
    removed="Phrases sans appui supprimées : {count}",
    in_document="Voir dans le document",
    passage_in="{title} : le passage dans son document",
    goes_on="Le document continue",
    back="Revenir à la réponse",
    official="Document officiel",
    translation="Traduction de travail non officielle",
    nearest="Passages les plus proches",
    nearest_note="Ils ne répondent pas à la question.",
    documents="Documents",
    documents_note="{present} dans cet index, {absent} non",
    in_index="dans cet index",
    not_in_index="pas dans cet index",
    ready="Réponse prête : {status}. Sources : {count}.",
    feedback=FEEDBACK_FR,
    agencies=AGENCIES_FR,
    pages=PAGES_FR,
    units=plurals("fr"),
)

TEXTS: Mapping[str, Texts] = {"en": _EN, "es": _ES, "pt": _PT, "fr": _FR}

EXAMPLES = (
    "What prevention programs exist?",
    "What can be done for ex-gang members who need work?",
    "Which body prepared the strategy?",
    "¿Qué se propone para los espacios públicos?",
    "Quais ações envolvem juízes?",
    "À quelle fréquence les annexes sont-elles mises à jour ?",
)


def texts_for(language: str) -> Texts:
    """The texts in *language*, in English where there are none."""
    return TEXTS.get(language, _EN)


def code_of(texts: Texts) -> str:
    """The language that *texts* are in."""
    return next((code for code, found in TEXTS.items() if found is texts), "en")


def preferred_language(accept: str) -> str:
    """The page's language for an ``Accept-Language`` header (RFC 9110, 12.5.4); English when none of the four is wanted.

    >>> preferred_language("de;q=0.9, pt-BR, en;q=0.5")
    'pt'
    """
    wanted: list[tuple[float, int, str]] = []
    for position, entry in enumerate(accept.split(",")):
        tag, _, weight = entry.partition(";")
        code = tag.strip().lower().split("-")[0]
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            quality = 0.0
        if code in TEXTS and quality > 0:
            wanted.append((-quality, position, code))
    return min(wanted)[2] if wanted else "en"
