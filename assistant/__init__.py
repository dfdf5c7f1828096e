"""A question to a cited answer: understand, retrieve, write, verify."""
