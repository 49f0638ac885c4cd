#!/usr/bin/env bash
: "${STUBS:?}" "${MACHINE:?}" "${COKO_ROOT:?}"
# shellcheck source=tests/scripts/stubs/any.sh
source "${STUBS}/any.sh"
if [[ $1 == --show=NAME ]]; then
  [[ ! -f ${MACHINE}/state/swap ]] || cat "${MACHINE}/state/swap"
else
  echo "$1" >"${MACHINE}/state/swap"
fi
