#!/usr/bin/env bash
# The data volume holds what state/volume says: nothing, if there is no such file.
: "${STUBS:?}" "${MACHINE:?}"
# shellcheck source=tests/scripts/stubs/any.sh
source "${STUBS}/any.sh"
[[ -f ${MACHINE}/state/volume ]] || exit 2
case $* in
  *UUID*) echo 0000-1111 ;;
  *) cat "${MACHINE}/state/volume" ;;
esac
