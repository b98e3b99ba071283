"""The verbs: pure functions from a notebook to an artifact.  Nothing here does input or output."""
