#!/usr/bin/env bash
: "${STUBS:?}" "${MACHINE:?}" "${COKO_ROOT:?}"
# shellcheck source=tests/scripts/stubs/any.sh
source "${STUBS}/any.sh"
: >"${!#}"
