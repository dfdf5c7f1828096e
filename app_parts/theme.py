"""The look: a Gradio theme of system fonts and deep blue; everything finer is in ``static/page.css``."""

from gradio.themes import Base, Color

_FONTS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Noto Sans", "Liberation Sans", "Arial", "sans-serif")
_MONOSPACE = ("ui-monospace", "Menlo", "Consolas", "Liberation Mono", "monospace")

_BLUE = Color(
    name="institutional",
    c50="#f1f5fb",
    c100="#dfe8f5",
    c200="#bfd1ea",
    c300="#93b1da",
    c400="#5f88c3",
    c500="#3766a8",
    c600="#24508f",
    c700="#1b3f75",
    c800="#14305c",
    c900="#0e2344",
    c950="#08162e",
)


def make_theme() -> Base:
    """The theme. Font names are plain strings, which Gradio takes for installed fonts and never fetches."""
    theme = Base(primary_hue=_BLUE, secondary_hue=_BLUE, neutral_hue="slate", font=_FONTS, font_mono=_MONOSPACE, radius_size="md")
    return theme.set(
        body_background_fill="#f4f6fa",
        body_background_fill_dark="#0d1420",
        body_text_color="#17212f",
        body_text_color_dark="#e6ebf3",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#141d2b",
        background_fill_secondary="#f4f6fa",
        background_fill_secondary_dark="#0d1420",
        block_background_fill="#ffffff",
        block_background_fill_dark="#141d2b",
        block_border_width="0px",
        block_shadow="none",
        border_color_primary="#d5dce7",
        border_color_primary_dark="#2c394d",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_hover_dark="*primary_500",
        button_primary_text_color="#ffffff",
        button_secondary_background_fill="#ffffff",
        button_secondary_background_fill_dark="#1b2636",
        button_secondary_background_fill_hover="*primary_50",
        button_secondary_background_fill_hover_dark="#243247",
        button_secondary_text_color="*primary_700",
        button_secondary_text_color_dark="#c9d8ee",
        input_background_fill="#ffffff",
        input_background_fill_dark="#0f1825",
        link_text_color="*primary_700",
        link_text_color_dark="#9dbce8",
    )
