"""Thin read-only views of results: core ipywidgets only, nothing that calls back, no files, no network.

They show the documents of `jpe_magics.core.summary`.  ipywidgets is imported with the first of these
modules, which is when the first result is shown.
"""
