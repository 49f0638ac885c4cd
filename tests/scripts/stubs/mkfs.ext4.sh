#!/usr/bin/env bash
: "${STUBS:?}" "${MACHINE:?}"
# shellcheck source=tests/scripts/stubs/any.sh
source "${STUBS}/any.sh"
echo ext4 >"${MACHINE}/state/volume"
