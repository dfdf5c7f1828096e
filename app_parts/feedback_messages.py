"""The texts of the feedback form in the four languages; part of the catalogue in ``messages``."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FeedbackTexts:
    """What the form under an answer says in one language."""

    ask: str
    yes: str
    no: str
    comment: str
    send: str
    privacy: str
    thanks: str
    failed: str


FEEDBACK_EN = FeedbackTexts(
    ask="Was this answer right?",
    yes="Yes",
    no="No",
    comment="What is missing or wrong? (optional)",
    send="Send",
    privacy="Your feedback stays on this server, with this conversation; no name, no IP address.",
    thanks="Thank you. Your feedback has been saved.",
    failed="Your feedback could not be saved. You can try again; the details are in the server’s log.",
)

FEEDBACK_ES = FeedbackTexts(
    ask="¿Es correcta esta respuesta?",
    yes="Sí",
    no="No",
    comment="¿Qué falta o qué es incorrecto? (opcional)",
    send="Enviar",
    privacy="Su opinión queda en este servidor, con esta conversación; sin nombre ni dirección IP.",
    thanks="Gracias. Su opinión se ha guardado.",
    failed="No se pudo guardar su opinión. Puede intentarlo de nuevo; los detalles constan en el registro del servidor.",
)

FEEDBACK_PT = FeedbackTexts(
    ask="Esta resposta está correta?",
    yes="Sim",
    no="Não",
    comment="O que falta ou está errado? (opcional)",
    send="Enviar",
    privacy="Sua opinião fica neste servidor, com esta conversa; sem nome nem endereço IP.",
    thanks="Agradecemos. Sua opinião foi registrada.",
    failed="Não foi possível registrar sua opinião. Você pode tentar novamente; os detalhes estão no registro do servidor.",
)

FEEDBACK_FR = FeedbackTexts(
    ask="Cette réponse est-elle correcte ?",
    yes="Oui",
    no="Non",
    comment="Que manque-t-il ou qu’est-ce qui est inexact ? (facultatif)",
    send="Envoyer",
    privacy="Votre avis reste sur ce serveur, avec cette conversation ; sans nom ni adresse IP.",
    thanks="Merci. Votre avis a été enregistré.",
    failed="Votre avis n’a pas pu être enregistré. Vous pouvez réessayer ; les détails figurent dans le journal du serveur.",
)
