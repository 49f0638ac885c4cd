#!/usr/bin/env bash
# Prints the version of what has been installed with one.
: "${STUBS:?}" "${MACHINE:?}"
# shellcheck source=tests/scripts/stubs/any.sh
source "${STUBS}/any.sh"
[[ -f ${MACHINE}/state/${!#} ]] || exit 1
cat "${MACHINE}/state/${!#}"
