"""The edges: all input and output of the package."""
