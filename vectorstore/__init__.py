"""Passages to ranked hits: embeddings, Chroma, the lexical index, hybrid search and index versions."""
