#!/usr/bin/env bash
: "${STUBS:?}" "${MACHINE:?}"
# shellcheck source=tests/scripts/stubs/any.sh
source "${STUBS}/any.sh"
if [[ -f ${MACHINE}/state/filesystem ]]; then cat "${MACHINE}/state/filesystem"; else echo ext2/ext3; fi
