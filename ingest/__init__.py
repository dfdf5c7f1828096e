"""Documents to passages: the manifest, the readers and the structure of what they read."""
