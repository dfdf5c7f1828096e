"""The settings of the product: ``ASSISTANT_*`` environment variables, read by entry points only."""

from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from ingest.errors import UserError

_ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Every setting with its default; an environment variable ``ASSISTANT_<NAME>`` overrides it."""

    model_config = SettingsConfigDict(env_prefix="ASSISTANT_", frozen=True, extra="ignore", env_ignore_empty=True)

    corpus_dir: Path = Field(_ROOT / "corpus", description="Folder with sources.toml, the documents and the editorial data.")
    data_dir: Path = Field(_ROOT / "data", description="Folder for the index, further documents and the models; created when missing.")
    offline: bool = Field(False, description="`true`: fetch no documents, as `python -m ingest --offline` does.")
    fetch_limit_mb: int = Field(100, ge=1, description="Largest document that is fetched, in megabytes.")
    allow_private_addresses: bool = Field(False, description="`true`: fetch also from private, loopback and link-local addresses.")
    embeddings: str = Field(
        "ensemble", description="`ensemble` (MiniLM and multilingual E5), `minilm`, `e5`, or a sentence-transformers name or path."
    )
    chroma_url: str | None = Field(None, description="URL of a Chroma server; without it Chroma runs embedded in the data folder.")
    model: str | None = Field(
        None,
        description="A LangChain chat model, such as `ollama:llama3.1` (needs langchain-ollama), for checked sentences above quotations.",
    )
    host: str = Field("127.0.0.1", description="Address that the web application listens on.")
    port: int = Field(7860, ge=1, le=65535, description="Port that the web application listens on.")


def load_settings() -> Settings:
    """The settings from the environment; for entry points.

    Raises:
        UserError: a variable has a value that cannot be taken; the message names the variable.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise UserError(f"The setting ASSISTANT_{str(first['loc'][0]).upper()} is wrong: {first['msg']}.") from None
