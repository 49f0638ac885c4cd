#!/usr/bin/env bash
# Does this release answer, and is it well? Not: does anything answer. The old one would, too.
set -euo pipefail
# shellcheck source=scripts/_release.sh
source "${BASH_SOURCE[0]%/*}/_release.sh"

ATTEMPTS=${COKO_VALIDATE_ATTEMPTS:-40}
PAUSE=1

answering() { python3 -Ic 'import json, sys; print(json.load(sys.stdin).get("release", "nothing"))' 2>/dev/null; }

# shellcheck disable=SC2310 # here, a failure is an answer
validate() {
  local attempt body='' found='nothing' complaint=''
  for ((attempt = 1; attempt <= ATTEMPTS; attempt++)); do
    if body=$(ask "${VERSION}" 2>&1); then
      found=$(answering <<<"${body}") || found="something else"
      if [[ ${found} == "${RELEASE}" ]] && complaint=$(ask "${HEALTH}" 2>&1); then return 0; fi
    else
      complaint=${body}
    fi
    [[ ${attempt} -eq ${ATTEMPTS} ]] || sleep "${PAUSE}"
  done
  complaint=$(end_of "${complaint}" 300)
  [[ ${found} == "${RELEASE}" ]] || die "this release does not answer at ${VERSION}" \
    "wanted ${RELEASE}, answering is ${found} ${complaint}" "look at the ${TIER} server's log on this host"
  die "this release answers, and is not well" "${HEALTH}: ${complaint}" "look at the ${TIER} server's log on this host"
}

# The newest ones stay, for a look; which one runs is never removed.
prune() {
  local found running
  running=$(runs_now)
  while read -r found; do
    [[ releases/${found} == "${running}" ]] || rm -rf "${HOME_OF_TIER:?}/releases/${found}"
  done < <(find "${HOME_OF_TIER}/releases" -mindepth 1 -maxdepth 1 -printf '%T@ %f\n' | sort -rn | cut -d' ' -f2 |
    tail -n "+$((KEEP + 2))" || true)
}

step "asking"
this_release
step "asking ${TIER} ${RELEASE} at port ${PORT}"
validate
prune
note "${TIER} ${RELEASE} answers and is well"
