"""The parts of the web application: texts, HTML, the Gradio page and its server. ``app.py`` puts them together."""
