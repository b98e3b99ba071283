#!/bin/sh
# debian.sh PROGRAM PACKAGE: see to it that PROGRAM is there, from Debian's PACKAGE where it is not.
command -v "$1" >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -q && exec apt-get install -q -y --no-install-recommends "$2"
fi
echo "$1 is needed: install it first (on Debian: apt-get install $2)" >&2
exit 1
