#!/usr/bin/env bash
# The root's disk, and beside it those of state/disks.
: "${STUBS:?}" "${MACHINE:?}"
# shellcheck source=tests/scripts/stubs/any.sh
source "${STUBS}/any.sh"
if [[ $1 == -nplso ]]; then
  printf '/dev/nvme0n1p1\n/dev/nvme0n1\n'
else
  printf '/dev/nvme0n1 disk\n'
  [[ ! -f ${MACHINE}/state/disks ]] || cat "${MACHINE}/state/disks"
fi
