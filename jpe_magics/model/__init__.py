"""The nouns: frozen dataclasses that use the standard library only and do nothing outside themselves."""
