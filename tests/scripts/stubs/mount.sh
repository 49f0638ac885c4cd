#!/usr/bin/env bash
: "${STUBS:?}" "${MACHINE:?}"
# shellcheck source=tests/scripts/stubs/any.sh
source "${STUBS}/any.sh"
touch "${MACHINE}/state/mounted"
