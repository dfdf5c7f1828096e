"""The words of the frame around quotations, in four languages; quotations themselves are never translated here."""

from typing import Final

from ingest.blocks import label_of

ANNEX: Final = ("Annex", "Annexe", "Anexo")

_CATALOGUE: Final[dict[str, dict[str, str]]] = {
    "list_intro": {
        "en": "**{where}** lists {count} {unit}:",
        "es": "**{where}** enumera {count} {unit}:",
        "pt": "**{where}** enumera {count} {unit}:",
        "fr": "**{where}** énumère {count} {unit} :",
    },
    "count": {
        "en": "**{count} {unit}** in all.",
        "es": "En total, **{count} {unit}**.",
        "pt": "No total, **{count} {unit}**.",
        "fr": "Au total, **{count} {unit}**.",
    },
    "group": {
        "en": "**{where}**: {shown} of {total} {unit}",
        "es": "**{where}**: {shown} de {total} {unit}",
        "pt": "**{where}**: {shown} de {total} {unit}",
        "fr": "**{where}** : {shown} des {total} {unit}",
    },
    "fact_intro": {
        "en": "The text states:",
        "es": "El texto dice:",
        "pt": "O texto diz:",
        "fr": "Le texte indique :",
    },
    "overview_intro": {
        "en": "In the words of the documents:",
        "es": "En palabras de los documentos:",
        "pt": "Nas palavras dos documentos:",
        "fr": "Selon les termes des documents :",
    },
    "translation": {
        "en": "unofficial translation: {text}",
        "es": "traducción no oficial: {text}",
        "pt": "tradução não oficial: {text}",
        "fr": "traduction non officielle : {text}",
    },
    "short_answer": {"en": "**{span}**.", "es": "**{span}**.", "pt": "**{span}**.", "fr": "**{span}**."},
    "placeholder": {
        "en": "In the text, “{mark}” stands in the place of what was still to be filled in.",
        "es": "En el texto, «{mark}» ocupa el lugar de un dato que quedó por completar.",
        "pt": "No texto, “{mark}” ocupa o lugar de um dado que ficou por preencher.",
        "fr": "Dans le texte, « {mark} » tient la place d’une donnée restée à compléter.",
    },
    "not_stated": {
        "en": "The documents in this index do not answer this.",
        "es": "Los documentos de este índice no responden a esta pregunta.",
        "pt": "Os documentos deste índice não respondem a esta pergunta.",
        "fr": "Les documents de cet index ne répondent pas à cette question.",
    },
    "unknown_terms": {
        "en": "They do not mention {terms}.",
        "es": "No mencionan lo siguiente: {terms}.",
        "pt": "Não mencionam o seguinte: {terms}.",
        "fr": "Ils ne mentionnent pas ce qui suit : {terms}.",
    },
    "looked_at": {
        "en": "I looked at {count} passages of {titles}.",
        "es": "Pasajes consultados: {count} ({titles}).",
        "pt": "Trechos consultados: {count} ({titles}).",
        "fr": "Passages consultés : {count} ({titles}).",
    },
    "nearest": {
        "en": "The nearest passages, which do not answer the question:",
        "es": "Los pasajes más cercanos, que no responden a la pregunta:",
        "pt": "Os trechos mais próximos, que não respondem à pergunta:",
        "fr": "Les passages les plus proches, qui ne répondent pas à la question :",
    },
    "annex_missing": {
        "en": "{annex} may say more; it is not in this index: {url}",
        "es": "El {annex} puede contener más información; no está en este índice: {url}",
        "pt": "O {annex} pode conter mais informações; não está neste índice: {url}",
        "fr": "L’{annex} peut en dire davantage ; elle n’est pas dans cet index : {url}",
    },
    "no_agency": {
        "en": "The index names no agency for these actions. The directory of agencies ({annex}) is not in this index: {url}",
        "es": "El índice no menciona ningún organismo para estas acciones. El directorio de organismos ({annex}) no está en "
        "este índice: {url}",
        "pt": "O índice não menciona nenhum organismo para estas ações. O diretório de organismos ({annex}) não está neste índice: {url}",
        "fr": "L’index ne mentionne aucun organisme pour ces actions. Le répertoire des organismes ({annex}) n’est pas dans "
        "cet index : {url}",
    },
    "agencies": {
        "en": "Bodies named there: {names}.",
        "es": "Órganos mencionados: {names}.",
        "pt": "Órgãos mencionados: {names}.",
        "fr": "Organes mentionnés : {names}.",
    },
    "agencies_count": {
        "en": "{shown} of {total} agencies",
        "es": "{shown} de {total} organismos",
        "pt": "{shown} de {total} organismos",
        "fr": "Organismes : {shown} sur {total}",
    },
    "agencies_none": {
        "en": "No agency found: 0 of {total} agencies in this index.",
        "es": "No se ha encontrado ningún organismo: 0 de {total} organismos en este índice.",
        "pt": "Nenhum organismo encontrado: 0 de {total} organismos neste índice.",
        "fr": "Aucun organisme trouvé : 0 organisme sur {total} dans cet index.",
    },
    "agency_programmes": {"en": "Programs", "es": "Programas", "pt": "Programas", "fr": "Programmes"},
    "directory_missing": {
        "en": "The directory of agencies ({annex}) is not in this index: {url}",
        "es": "El directorio de organismos ({annex}) no está en este índice: {url}",
        "pt": "O diretório de organismos ({annex}) não está neste índice: {url}",
        "fr": "Le répertoire des organismes ({annex}) n’est pas dans cet index : {url}",
    },
    "wrong_number": {
        "en": "The question says {said}; the document lists {actual}.",
        "es": "La pregunta habla de {said}; el documento enumera {actual}.",
        "pt": "A pergunta fala em {said}; o documento enumera {actual}.",
        "fr": "La question parle de {said} ; le document en énumère {actual}.",
    },
    "not_in_documents": {
        "en": "Note: the documents do not mention {terms}; what they do say:",
        "es": "Nota: los documentos no mencionan {terms}; lo que sí dicen:",
        "pt": "Nota: os documentos não mencionam {terms}; o que dizem é:",
        "fr": "Remarque : les documents n’en font pas mention ({terms}) ; ils indiquent en revanche :",
    },
    "none_of_those": {
        "en": "None of the items just listed concerns this.",
        "es": "Ninguno de los puntos anteriores se refiere a ello.",
        "pt": "Nenhum dos itens anteriores trata disso.",
        "fr": "Aucun des points précédents n’y a trait.",
    },
    "refused": {
        "en": "I cannot help with that; I answer questions about the Regional Strategy and its annexes from their text only.",
        "es": "No puedo ayudar con eso; respondo a preguntas sobre la Estrategia Regional y sus anexos, únicamente a partir de su texto.",
        "pt": "Não posso ajudar com isso; respondo a perguntas sobre a Estratégia Regional e seus anexos, unicamente a partir do texto.",
        "fr": "Je ne peux pas vous aider sur ce point ; je réponds aux questions sur la Stratégie régionale et ses "
        "annexes à partir de leur seul texte.",
    },
    "help": {
        "en": "I answer questions about the OAS Regional Strategy on criminal gangs and its work plan, in English, Spanish, Portuguese and "
        "French. Every line rests on a verbatim quotation that you can check in its source; lists are complete; where the documents are "
        "silent I say so. Try: “What prevention programs exist?”, “Which actions involve judges?”, “How often are the annexes updated?”",
        "es": "Respondo a preguntas acerca de la Estrategia Regional de la OEA sobre pandillas delictivas y su "
        "plan de trabajo, en español, inglés, "
        "portugués y francés. Cada línea se apoya en una cita textual que puede verificar en su fuente; las "
        "listas son completas; y cuando los "
        "documentos callan, lo digo. Pruebe: “¿Qué programas de prevención existen?”, “¿Qué acciones incluyen a los "
        "jueces?”, “¿Con qué frecuencia se actualizan los anexos?”",
        "pt": "Respondo a perguntas a respeito da Estratégia Regional da OEA sobre gangues delinquentes e seu "
        "plano de trabalho, em português, espanhol, "
        "inglês e francês. Cada linha se apoia em uma citação literal que pode ser conferida na fonte; as "
        "listas são completas; e quando os "
        "documentos nada dizem, eu aviso. Experimente: “Que programas de prevenção existem?”, “Quais ações envolvem "
        "juízes?”, “Com que frequência os anexos são atualizados?”",
        "fr": "Je réponds aux questions sur la Stratégie régionale de l’OEA relative aux gangs criminels et "
        "son plan de travail, en français, "
        "espagnol, portugais et anglais. Chaque ligne repose sur une citation textuelle vérifiable dans sa "
        "source ; les listes sont complètes ; "
        "et lorsque les documents se taisent, je le dis. Essayez : « Quels programmes de prévention existent ? », « "
        "Quelles actions concernent les juges ? », « À quelle fréquence les annexes sont-elles mises à jour ? »",
    },
    "greeting": {
        "en": "Hello. What would you like to know about the Regional Strategy?",
        "es": "Hola. ¿Qué desea saber sobre la Estrategia Regional?",
        "pt": "Olá. O que deseja saber sobre a Estratégia Regional?",
        "fr": "Bonjour. Que souhaitez-vous savoir sur la Stratégie régionale ?",
    },
    "thanks": {
        "en": "You are welcome.",
        "es": "Con gusto.",
        "pt": "De nada.",
        "fr": "Je vous en prie.",
    },
    "goodbye": {
        "en": "Goodbye, and good work.",
        "es": "Hasta luego, y que tenga una buena jornada.",
        "pt": "Até logo, e bom trabalho.",
        "fr": "Au revoir et bon travail.",
    },
    "empty_question": {
        "en": "The question is empty. Write what you would like to know.",
        "es": "La pregunta está vacía. Escriba lo que desea saber.",
        "pt": "A pergunta está vazia. Escreva o que deseja saber.",
        "fr": "La question est vide. Écrivez ce que vous souhaitez savoir.",
    },
    "long_question": {
        "en": "The question has {count} characters; at most {most} can be taken. Shorten it.",
        "es": "La pregunta tiene {count} caracteres; se admiten {most} como máximo. Acórtela.",
        "pt": "A pergunta tem {count} caracteres; são aceitos no máximo {most}. Encurte-a.",
        "fr": "La question compte {count} caractères ; {most} sont admis au plus. Raccourcissez-la.",
    },
    "and": {"en": "and", "es": "y", "pt": "e", "fr": "et"},
}

_UNITS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "action": {"en": ("action", "actions"), "es": ("acción", "acciones"), "pt": ("ação", "ações"), "fr": ("action", "actions")},
    "voluntary action": {
        "en": ("voluntary action", "voluntary actions"),
        "es": ("acción voluntaria", "acciones voluntarias"),
        "pt": ("ação voluntária", "ações voluntárias"),
        "fr": ("action volontaire", "actions volontaires"),
    },
    "basis": {"en": ("basis", "bases"), "es": ("base", "bases"), "pt": ("base", "bases"), "fr": ("base", "bases")},
    "step": {"en": ("step", "steps"), "es": ("paso", "pasos"), "pt": ("passo", "passos"), "fr": ("étape", "étapes")},
    "mandate": {"en": ("mandate", "mandates"), "es": ("mandato", "mandatos"), "pt": ("mandato", "mandatos"), "fr": ("mandat", "mandats")},
    "activity": {
        "en": ("activity", "activities"),
        "es": ("actividad", "actividades"),
        "pt": ("atividade", "atividades"),
        "fr": ("activité", "activités"),
    },
    "date": {"en": ("date", "dates"), "es": ("fecha", "fechas"), "pt": ("data", "datas"), "fr": ("date", "dates")},
    "Annex": {"en": ("annex", "annexes"), "es": ("anexo", "anexos"), "pt": ("anexo", "anexos"), "fr": ("annexe", "annexes")},
    "entry": {"en": ("entry", "entries"), "es": ("ficha", "fichas"), "pt": ("ficha", "fichas"), "fr": ("fiche", "fiches")},
    "row": {"en": ("row", "rows"), "es": ("fila", "filas"), "pt": ("linha", "linhas"), "fr": ("ligne", "lignes")},
    "paragraph": {
        "en": ("paragraph", "paragraphs"),
        "es": ("párrafo", "párrafos"),
        "pt": ("parágrafo", "parágrafos"),
        "fr": ("paragraphe", "paragraphes"),
    },
    "heading": {
        "en": ("heading", "headings"),
        "es": ("encabezado", "encabezados"),
        "pt": ("título", "títulos"),
        "fr": ("intitulé", "intitulés"),
    },
    "footnote": {
        "en": ("footnote", "footnotes"),
        "es": ("nota al pie", "notas al pie"),
        "pt": ("nota de rodapé", "notas de rodapé"),
        "fr": ("note de bas de page", "notes de bas de page"),
    },
    "signature": {
        "en": ("signature", "signatures"),
        "es": ("firma", "firmas"),
        "pt": ("assinatura", "assinaturas"),
        "fr": ("signature", "signatures"),
    },
    "standing item": {
        "en": ("standing item", "standing items"),
        "es": ("punto permanente", "puntos permanentes"),
        "pt": ("item permanente", "itens permanentes"),
        "fr": ("point permanent", "points permanents"),
    },
    "table row": {
        "en": ("table row", "table rows"),
        "es": ("fila de la tabla", "filas de la tabla"),
        "pt": ("linha da tabela", "linhas da tabela"),
        "fr": ("ligne du tableau", "lignes du tableau"),
    },
    "table head": {
        "en": ("table head", "table heads"),
        "es": ("encabezado de la tabla", "encabezados de la tabla"),
        "pt": ("cabeçalho da tabela", "cabeçalhos da tabela"),
        "fr": ("en-tête du tableau", "en-têtes du tableau"),
    },
    "item": {"en": ("item", "items"), "es": ("punto", "puntos"), "pt": ("item", "itens"), "fr": ("point", "points")},
}

_TITLES: Final[dict[str, dict[str, str]]] = {
    "Regional Strategy": {"es": "Estrategia Regional", "pt": "Estratégia Regional", "fr": "Stratégie régionale"},
    "Work Plan": {"es": "Plan de Trabajo", "pt": "Plano de Trabalho", "fr": "Plan de travail"},
}


def message(key: str, language: str, **values: object) -> str:
    """The sentence *key* in *language* with its values filled in."""
    return _CATALOGUE[key][language].format(**values)


def unit_name(unit: str, count: int, language: str) -> str:
    """What *count* items of a list are called.

    >>> unit_name("action", 2, "pt")
    'ações'
    """
    one, many = _UNITS.get(unit, _UNITS["item"])[language]
    return one if count == 1 else many


def names_unit(unit: str) -> bool:
    """Whether *unit* has a name in all languages."""
    return unit in _UNITS


def annex_name(numeral: str, language: str) -> str:
    """What an annex is called.

    >>> annex_name("IV", "fr")
    'Annexe IV'
    """
    return f"{unit_name('Annex', 1, language).capitalize()} {numeral}"


def title_in(short_title: str, language: str) -> str:
    """A short title in *language*: that of the corpus's own documents by the catalogue, an annex by its numeral, another as it is."""
    if language == "en":
        return short_title
    label = label_of(short_title)
    rest = short_title[len(" ".join(label)) :] if label else ""
    if label and label[0] in ANNEX and (not rest or rest.startswith(" (")):
        return annex_name(label[1], language) + rest
    return _TITLES.get(short_title, {}).get(language, short_title)


def plurals(language: str) -> dict[str, str]:
    """What several items of a list are called, by the name of its unit."""
    return {unit: names[language][1] for unit, names in _UNITS.items()}


def join_names(names: list[str], language: str) -> str:
    """Names joined as a sentence has them: "a, b and c"."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {message('and', language)} {names[-1]}"
