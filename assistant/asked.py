"""What a question asks for, by its form, where no editorial data tell: many things or one, bodies, a document, an attribute.

The lists are of language, not of any corpus: how questions for lists begin, what bodies and documents are called, what the
fields of a directory are called, and words that make a question and say nothing of its subject. All are folded.
"""

import re
from functools import lru_cache
from string import ascii_lowercase

from bm25s.stopwords import STOPWORDS_EN_PLUS, STOPWORDS_FRENCH, STOPWORDS_PORTUGUESE, STOPWORDS_SPANISH

from assistant.expected import expected_kind
from assistant.followup import content_stems
from vectorstore.glossary import load_glossary
from vectorstore.lexical import fold, stems

_MANY = {
    "en": (
        r"(?:which|what) (?:(?!(?:is|was|do|does|has|did|will|can)\b)[\w-]+ ){0,2}?(?!does\b|this\b)\w{3,}s\b|"
        r"who (?:all )?(?:works?|deals?|runs?)\b|list\b|name (?:all|the)\b|"
        r"all (?:the )?(?:[\w-]+ )?\w+s\b|how many\b|enumerate\b|compare\b|"
        r"what (?:does|did|do|can|is being) .*\b(?:do|doing|done|say|report|propose|contribute|prepar\w+|plan\w*)\b|"
        r"what (?:has|have|had|is|are) .*\b(?:put forward|submitted|presented|reported|proposed|contributed|planned|offered|running|done)\b"
    ),
    "es": (
        r"(?:que|cuales|cuantos|cuantas) (?:\w+ ){0,2}?\w{3,}s\b|cuales\b|quienes\b|lista\w*\b|"
        r"enumer[ea]\w*\b|tod[oa]s l[oa]s\b|compar[ae]\w*\b|"
        r"que (?:dice|hace|informa|propone|aporta|prepara|preve|ofrece|presento|propuso|informo|aporto|se (?:puede|hace))\b|"
        r"que han? (?:presentado|propuesto|informado|aportado)\b"
    ),
    "pt": (
        r"(?:que|quais|quantos|quantas) (?:\w+ ){0,2}?\w{3,}s\b|quais\b|quem trabalha\b|list[ea]\w*\b|enumer[ea]\w*\b|tod[oa]s [oa]s\b|"
        r"compar[ae]\w*\b|o que (?:\w+ ){0,2}?(?:diz|faz|informa|propoe|prepara|preve|oferece|apresentou|propos|informou|se)\b"
    ),
    "fr": (
        r"quel(?:le)?s\b|combien d|qui travaille\b|list\w+\b|enumere\w*\b|tou(?:te)?s les\b|compare\w*\b|"
        r"qu(?:e|') ?(?:(?!es)[\w'-]+ ){0,3}?(?:dit|fait|propose|rapporte|prepare|peut|prevoit|offre|presente)\b"
    ),
}
# Plurals by which a question asks for one figure.
_MEASURES = (
    r"\b(?:ages|hours|dates|years|months|days|times|weeks|edades|horas|fechas|anos|meses|dias|semanas|idades|datas|heures|annees|mois|jours|"
    r"semaines)\b"
)
_COUNTED = r"\b(?:how (?:many|much)|cuant[oa]s?|quant[oa]s?|combien)\b"
# "What does it say about …": the whole passage is asked for, not the sentence that is nearest.
_SAID = r"\b(?:say|says|said|tell|explain|describe|dice|dicen|explica|describe|diz|dizem|dit|disent|explique|decrit)\b"
# Bodies in the plural, by which a question asks for agencies and not for what is done.
_BODIES = {
    "en": (
        r"(?:agencies|organi[sz]ations|institutions|ministries|bodies|entities|ngos|associations|foundations|charities|universities|"
        r"who (?:else )?(?:in (?:the )?\w+ )?(?:works?|deals?|helps?|assists?|(?:can|could|would) help|does)(?! not|n't))"
    ),
    "es": (
        r"(?:agencias|organismos|organizaciones|instituciones|ministerios|entidades|ongs|asociaciones|fundaciones|dependencias|"
        r"instancias|universidades|"
        r"quien(?:es)? (?:[mnl]\w{1,2} )?(?:trabajan?|ayudan?|atienden?|(?:pued\w+|podrian?) ayudar\w*|se (?:ocupa|dedica|encarga)n?))"
    ),
    "pt": (
        r"(?:agencias|organismos|organizacoes|instituicoes|ministerios|entidades|orgaos|ongs|associacoes|fundacoes|universidades|"
        r"quem (?:e que )?(?:[mnl]\w{1,2} )?(?:trabalha|ajuda|atende|cuida|pode(?:ria)? (?:[mnl]\w{1,2} )?ajudar|se (?:ocupa|dedica)))"
    ),
    "fr": (
        r"(?:agences|organismes|organisations|institutions|ministeres|entites|(?:les|des|quelles) ong|associations|fondations|"
        r"structures|universites|"
        r"qui (?:travaille|aide|s'occupe|p(?:eut|ourrait|ourra) (?:m'|nous )?aider))"
    ),
}
_BODY = {
    "en": r"(?:agency|organi[sz]ation|institution|ministry|body|entity|ngo|association|foundation|charity|university)",
    "es": r"(?:agencia|organismo|organizacion|institucion|ministerio|entidad|ong|asociacion|fundacion|dependencia|universidad)",
    "pt": r"(?:agencia|organismo|organizacao|instituicao|ministerio|entidade|orgao|ong|associacao|fundacao|universidade)",
    "fr": r"(?:agence|organisme|organisation|institution|ministere|entite|ong|association|fondation|structure|universite)",
}
_WHICH = r"(?:which|what|que|cual|qual|quel|quelle)"
# How a question asks for who leads a body.
_LEADER = (
    r"\b(?:who (?:runs|heads|leads|directs|manages|chairs)|director\w*|directeur|directrice|diretor\w*|head of|chief|president\w*|"
    r"chair(?:man|woman)?|"
    r"(?:quien|quem) (?:dirige|encabeza|preside|chefia|coordena|coordina|lidera)|qui (?:dirige|preside|coordonne|est a la tete))\b"
)
_EVERY = r"(?:every|each|any|cada|tod[oa]|cualquier|qualquer|chaque|toute?)"
# What documents are called.
DOCUMENTS = (
    r"(?:study|studies|estudios?|estudos?|etudes?)\b",
    r"(?:director(?:y|ies)|directorios?|diretorios?|repertoires?|annuaires?)\b",
    r"contribu(?:tions?|cion(?:es)?|ic(?:ao|oes))\b",
    r"expert[oae]?s?\b",
)
# What the fields of a directory are called, as a question names them; one line per field.
_FIELDS = (
    "contact contacts contacto contactos contato contatos address phone telephone email mail website web direccion correo telefono sitio "
    "endereco telefone adresse courriel site joindre",
    "programme programmes program programs project projects programa programas proyecto proyectos projeto projetos projet projets",
    "country countries pais paises pays",
    "sector sectors setor secteur sector publico public publica prive privado privada private",
    "topic topics tema temas theme themes domaine field area works",
)
# Values of a directory's fields that are the same in all languages but for their words.
_VALUES = (
    "private privado privada privados privadas prive privee prives privees",
    "public publico publica publicos publicas publique publiques publics governmental gubernamental gubernamentales governamental "
    "governamentais gouvernemental gouvernementale gouvernementales government gobierno governo gouvernement "
    "estatal estatales estadual estaduais estatais etatique etatiques",
    "ngo ngos ong ongs nonprofit nonprofits",
    "university universities universidad universidades universitario universitaria universitarios universitarias universidade universite "
    "universites universitaire universitaires academic",
)
# Words that make a question and say nothing of what it is about.
_FRAME = {
    "en": (
        "region regional summary summarize summarise overview every consist need want wish like look looking interested require "
        "send supply know learn find see check whole full complete entire total exactly precisely brief note quick quickly thank "
        "thanks hello kindly listed registered recorded altogether overall just only also instead anything something anyone someone "
        "somebody nothing put forward go going get got let that which who whom while here there now already currently work deal run "
        "exist offer provide involve have help carry operate active responsible address concern include mention say tell give "
        "subject topic regarding show thing things report please usually actually really dr mr mrs ms according organisation "
        "organisations programs everything all it its their them other kind type compare name call appear agency organization "
        "institution body entity association foundation programme program project initiative activity country state document annex "
        "directory study contribution delegation"
    ),
    "es": (
        "región regional resumen resumir resuma hágame haga involucrar involucran relacionar relacionan concernir consistir "
        "consisten tratan necesitar necesito querer quiero desear deseo buscar busco interesar interesa interesan solicitar "
        "solicito pedir pido sírvase indicar indique indíqueme facilitar facilite enviar envíe proporcionar saber conocer encontrar "
        "ver consultar completo completa entero entera total exacto exactamente precisamente breve gracias hola estimado estimada "
        "listado registrado registrados solo sólo también algo alguien nada nadie poder podría puedo agradecer agradecería "
        "presentar presentó soy ya actualmente ahora aqui trabajar trabajan ocuparse ocupan dedican dedica existir existen ofrecer "
        "ofrecen haber hay tener tienen tiene atender atienden incluir asunto tema respecto cosa cosas soler suelen según doctor "
        "doctora señor señora mencionar tratar figuran figura aparecen decir dice ruego favor quisiera enumerar enumere comparar "
        "todos todas su sus ello tipo llamar responsable agencia organismo organización institución entidad asociación fundación "
        "programa proyecto iniciativa actividad país estado documento anexo informe directorio estudio contribución delegación "
        "hacer hace hizo hicieron hecho puede ser son"
    ),
    "pt": (
        "região regional resumo resumir resuma faça envolver envolvem relacionar relacionam consistir consistem tratam precisar "
        "querer quero desejar desejo procurar procuro interessar interessa interessam solicitar solicito pedir peço indicar indique "
        "informe enviar envie fornecer forneça saber conhecer encontrar ver consultar completo completa inteiro inteira total exato "
        "exatamente precisamente breve obrigado obrigada olá prezado prezada listagem registrado registrados só somente também algo "
        "alguém nada ninguém poder poderia posso agradecer agradeceria relação apresentar apresentou sou já atualmente agora aqui "
        "trabalhar trabalham ocupar ocupam dedicam dedica existir existem oferecer oferecem haver há ter têm tem atender atendem "
        "incluir assunto tema respeito coisa coisas costumar costumam segundo doutor doutora senhor senhora falar fala mencionar "
        "tratar constam consta aparecem dizer diz preciso gostaria favor enumerar comparar todos todas seu sua isso tipo chamar "
        "responsável agência organismo organização instituição entidade órgão associação fundação programa projeto iniciativa "
        "atividade país estado documento anexo relatório diretório estudo contribuição delegação fazer faz fez fizeram feito pode "
        "ser são"
    ),
    "fr": (
        "région régional résumé résumer résumez impliquer impliquent rapport concerner concernent concerne consister consistent "
        "porter portent porte besoin vouloir veux souhaiter souhaite souhaiterais désirer chercher cherche intéresser intéresse "
        "intéressent demander demande indiquer indiquez transmettre transmettez fournir fournissez envoyer envoyez savoir connaître "
        "trouver voir consulter complet complète entier entière total exact exactement précisément bref bonjour cher chère gré bien "
        "liste répertorié répertoriés recensé recensés seulement aussi quelque rien pouvoir pourriez pourrais puis quoi milieu "
        "saurais présenter présente suis déjà actuellement maintenant ici travailler travaillent travaille occupent occupe exister "
        "existent offrir offrent avoir ont tenir mener inclure mentionner traiter sujet propos chose choses selon docteur monsieur "
        "madame figurent figure dire dit prie voudrais merci donner comparer tous toutes leur leurs cela type sorte nommer appeler "
        "chargé agence organisme organisation institution entité association fondation programme projet initiative activité pays "
        "état document annexe répertoire annuaire étude contribution délégation domaine faire fait font peut être sont elle elles ils"
    ),
}


@lru_cache(maxsize=len(_FRAME))
def frame_stems(language: str) -> frozenset[str]:
    """The stems of the words that make a question."""
    return frozenset(stem for word in _FRAME[language].split() for stem in stems(word, language))


@lru_cache(maxsize=len(_FRAME))
def stop_stems(language: str) -> frozenset[str]:
    """The stems of the words without content of their own, and single letters."""
    words = {"en": STOPWORDS_EN_PLUS, "es": STOPWORDS_SPANISH, "pt": STOPWORDS_PORTUGUESE, "fr": STOPWORDS_FRENCH}[language]
    return frozenset(stem for word in (*words, *ascii_lowercase) for stem in stems(word, language))


def content_keys(text: str, language: str) -> frozenset[frozenset[str]]:
    """The keys (:class:`vectorstore.glossary.Glossary`) of each word of *text* that carries content and is of no question's frame."""
    said = {f"{language}:{stem}" for stem in frozenset(content_stems(text, language)) - frame_stems(language) - stop_stems(language)}
    return frozenset(keys for keys in load_glossary().keys(text, language) if keys & said)


@lru_cache(maxsize=len(_FRAME))
def field_stems(language: str) -> frozenset[str]:
    """The stems of the words for the fields of a directory, as *language* stems them."""
    return frozenset(stem for field in _FIELDS for word in field.split() for stem in stems(word, language))


def asks_many(question: str, language: str) -> bool:
    """Whether *question* asks for all there is of something rather than for one fact."""
    text = re.sub(_MEASURES, "", fold(question))
    return bool(re.search(rf"\b(?:{_MANY[language]})", text)) or bodies_named(text, language)


def counts(question: str) -> bool:
    """Whether *question* asks how many."""
    return bool(re.search(_COUNTED, fold(question)))


def asks_one(question: str) -> bool:
    """Whether *question* asks for one figure, date, person, place or the like, which one item of a list gives.

    >>> asks_one("¿Cuántos años dura?"), asks_one("¿Qué pide el país?")
    (True, False)
    """
    return expected_kind(question) not in ("", "reason")


def asks_leader(question: str) -> bool:
    """Whether *question* asks for who leads a body."""
    return bool(re.search(_LEADER, fold(question)))


def asks_what_is_said(question: str) -> bool:
    """Whether *question* asks what is said of something, so that a whole passage answers it."""
    return bool(re.search(_SAID, fold(question)))


def asks_bodies(question: str, language: str, *, several: bool = False) -> bool:
    """Whether *question* asks which bodies there are ("which agencies", "agencies in …"), or, unless *several*, which one.

    >>> asks_bodies("agencies for sports", "en"), asks_bodies("What is an agency?", "en")
    (True, False)
    >>> asks_bodies("Which agency?", "en"), asks_bodies("Which agency?", "en", several=True)
    (True, False)
    """
    text = fold(question)
    one, each = (rf"\b{words} (?:autre |otra |outra |other )?{_BODY[language]}\b" for words in (_WHICH, _EVERY))
    return bodies_named(question, language) or bool(re.search(each, text)) or (not several and bool(re.search(one, text)))


def bodies_named(text: str, language: str) -> bool:
    """Whether *text* has a word for bodies in the plural."""
    return bool(re.search(rf"\b{_BODIES[language]}\b", fold(text)))


def without_documents(question: str) -> str:
    """*question* without the words for documents and the numerals of annexes, which are no topic of it.

    >>> without_documents("What does the study in Annex IV say of leaders?")
    'What does the in say of leaders?'
    """
    plain = re.sub(r"\b(?:annexe?s?|anexos?) (?:[ivx]+|\d+)\b", " ", question, flags=re.IGNORECASE)
    return " ".join(word for word in plain.split() if not any(re.search(rf"\b{kind}", fold(word)) for kind in DOCUMENTS))


def label_words(question: str) -> set[str]:
    """The words by which *question* names an annex; they are no names to look for in passages."""
    return {word for match in re.finditer(r"\b(annexe?s?|anexos?) ([ivx]+|\d+)\b", fold(question)) for word in match.groups()}


def asks_field(question: str, labels: set[str]) -> bool:
    """Whether *question* names a field of a directory that stands among *labels*, in any of the languages."""
    words = set(re.findall(r"\w+", fold(question)))
    said = {word for label in labels for word in re.findall(r"\w+", fold(label))}
    return any(words & set(field.split()) and said & set(field.split()) for field in _FIELDS)


def asked_values(question: str) -> list[frozenset[str]]:
    """For each value of a field that *question* names, its words in all languages.

    >>> [sorted(words)[:2] for words in asked_values("¿Qué entidades privadas hay?")]
    [['privada', 'privadas']]
    """
    words = set(re.findall(r"\w+", fold(question)))
    return [frozenset(value.split()) for value in _VALUES if words & set(value.split())]
