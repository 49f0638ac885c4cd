#!/usr/bin/env bash
# The AWS that the test serves is really asked; anything else is a download of a file with its address in it.
: "${STUBS:?}" "${MACHINE:?}" "${REAL_CURL:?}" "${AWS_ENDPOINT_URL:=none}"
# shellcheck source=tests/scripts/stubs/any.sh
source "${STUBS}/any.sh"
url=
for word in "$@"; do
  [[ ${word} != http* ]] || url=${word}
done
if [[ ${url} == "${AWS_ENDPOINT_URL}"* ]]; then exec "${REAL_CURL}" "$@"; fi
while [[ $# -gt 0 ]]; do
  if [[ $1 == -o && $2 != /dev/null ]]; then
    printf 'from %s\n' "${url%.sha256}" >"$2"
    [[ ${url} != *.sha256 ]] || sha256sum <"$2" >"$2.sum"
    [[ ${url} != *.sha256 ]] || mv "$2.sum" "$2"
  fi
  shift
done
