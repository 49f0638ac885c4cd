#!/usr/bin/env bash
# Records its call, and fails if the test wants so. Other stubs source it first.
set -eu
: "${MACHINE:?}"
name=${0##*/}
printf '%s\n' "${name} $*" >>"${MACHINE}/calls"
plan=${MACHINE}/state/fail/${name}
if [[ -f ${plan} ]]; then
  read -r times beginning <"${plan}" || true
  if [[ ${times} -gt 0 && $* == *"${beginning}"* ]]; then
    printf '%s %s\n' "$((times - 1))" "${beginning}" >"${plan}"
    echo "${name}: told to fail" >&2
    exit 100
  fi
fi
