#!/usr/bin/env bash
: "${STUBS:?}" "${MACHINE:?}" "${COKO_ROOT:?}"
# shellcheck source=tests/scripts/stubs/any.sh
source "${STUBS}/any.sh"
[[ $* != *--verify* ]] || echo "[GNUPG:] VALIDSIG ${SIGNER:-937616F3450B7D806CBD9725D58167303B789C72} 2026-01-01"
