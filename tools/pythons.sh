#!/bin/sh
# Print the Python interpreters of this machine that can run the project (3.10 or newer, with venv and
# pip), one for each minor version, oldest first.  No pre-releases: packages have no wheels for them yet.
for python in python3 python3.10 python3.11 python3.12 python3.13 python3.14 python3.15 \
    "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.*/bin/python; do
    # a pyenv shim is there for versions that are not switched on: only what runs counts.  Of an active
    # environment the interpreter that it was made with: make can't take a path with a blank in it, which
    # an environment inside of a checkout may have.
    "$python" -c 'import ensurepip, os, sys, venv
path = sys.executable if sys.prefix == sys.base_prefix else os.path.realpath(sys.executable)
if sys.version_info >= (3, 10) and sys.version_info.releaselevel == "final" and " " not in path:
    print("%d %d %s" % (*sys.version_info[:2], path))' 2>/dev/null
done | sort -k1,1n -k2,2n -u | cut -d" " -f3
