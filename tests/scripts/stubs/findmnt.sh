#!/usr/bin/env bash
: "${STUBS:?}" "${MACHINE:?}"
# shellcheck source=tests/scripts/stubs/any.sh
source "${STUBS}/any.sh"
echo /dev/nvme0n1p1
