#!/usr/bin/env bash
: "${STUBS:?}" "${MACHINE:?}"
# shellcheck source=tests/scripts/stubs/any.sh
source "${STUBS}/any.sh"
[[ -f ${MACHINE}/state/user-$1 ]]
