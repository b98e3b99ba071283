#!/bin/sh
# Print the Python interpreters of this machine that can run the project (3.10 or newer, with venv and
# pip), one for each minor version, oldest first.
for python in python3 python3.10 python3.11 python3.12 python3.13 python3.14 python3.15 \
    "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.*/bin/python; do
    # a pyenv shim is there for versions that are not switched on: only what runs counts
    "$python" -c 'import ensurepip, sys, venv
if sys.version_info >= (3, 10):
    print("%d %d %s" % (*sys.version_info[:2], sys.executable))' 2>/dev/null
done | sort -k1,1n -k2,2n -u | cut -d" " -f3
