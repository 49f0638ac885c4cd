#!/usr/bin/env bash
# Is this host meant, and has it room? Then an empty directory for the files to land in.
set -euo pipefail
# shellcheck source=scripts/_release.sh
source "${BASH_SOURCE[0]%/*}/_release.sh"

NEEDED_MIB=300      # a WAS release unpacked, with its libraries compiled

room() {
  local free
  free=$(df --output=avail -BM "${COKO_ROOT}/opt" | tail -n 1 | tr -dc '0-9')
  [[ ${free} -ge ${NEEDED_MIB} ]] || die "there is no room for a release" "${free} MiB are free below /opt, ${NEEDED_MIB} are needed" \
    "remove what fills the disk: du -xhd2 / | sort -h | tail"
}

step "checking the host"
this_release
mkdir -p "${COKO_ROOT}/opt"
room
step "making way for ${TIER} ${RELEASE}"
rm -rf "${INCOMING}"
