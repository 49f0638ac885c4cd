#!/usr/bin/env bash
# What every script on a host shares: how it speaks, fails and waits, and the one reader of the stack's configuration.
# Hooks source it from their bundle, where ssm_parameter.py lies beside it; first boot carries its text inside user data.
set -euo pipefail
shopt -s inherit_errexit

COKO_ROOT=${COKO_ROOT:-}    # another root than /, for tests
COKO_STEP=starting
DIED=70                     # the exit status of what has told its cause already

step() { COKO_STEP=$*; printf '==> %s\n' "$*"; }
note() { printf '    %s\n' "$*"; }

# die WHAT WHY NEXT. The cause is the last thing printed: only the end of a log travels to the person who reads it.
die() {
  printf 'FAILED: %s\n  why:  %s\n  next: %s\n' "$@" >&2
  exit "${DIED}"
}

last_words() {
  local status=$?
  [[ ${status} -eq 0 || ${status} -eq ${DIED} ]] ||
    printf "FAILED: %s\n  why:  '%s' exited with %d\n  next: mend that, then run this again\n" \
      "${COKO_STEP}" "${BASH_COMMAND}" "${status}" >&2
}
trap last_words EXIT

# retry_until ATTEMPTS PAUSE COMMAND…
retry_until() {
  local attempts=$1 pause=$2 attempt status=0
  shift 2
  for ((attempt = 1; attempt <= attempts; attempt++)); do
    "$@" && return 0
    status=$?
    [[ ${attempt} -eq ${attempts} ]] || sleep "${pause}"
  done
  die "${COKO_STEP}" "'$*' still exited with ${status} at attempt ${attempts}" "read its words above, then run this again"
}

# host_facts: which stack, tier and region this host is; first boot wrote them down.
host_facts() {
  local file=${COKO_ROOT}/etc/coko/host.env
  if [[ -n ${COKO_STACK:-} ]]; then return 0; fi
  [[ -r ${file} ]] || die "this host does not know which stack it is of" "${file} is missing: first boot did not get there" \
    "read /var/log/coko-first-boot.log on this host"
  set -a
  # shellcheck source=/dev/null # written on the host
  source "${file}"
  set +a
}

# setting NAME prints the SSM parameter /coko/<stack>/NAME; without a name, all of them as NAME=value.
setting() { host_facts; python3 -I "${BASH_SOURCE[0]%/*}/ssm_parameter.py" "${COKO_STACK}" "$@"; }
