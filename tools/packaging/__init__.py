"""What a stranger gets: the package is built, installed from nothing, and used (`make test-install`).

`python -m tools.packaging [build pythons floors frontends]` runs the named parts, all where none is named.
"""
