#!/usr/bin/env bash
# The loopback addresses that the test serves are really asked; anything else is a download of a file with its address in it.
: "${STUBS:?}" "${MACHINE:?}" "${COKO_ROOT:?}" "${REAL_CURL:?}"
# shellcheck source=tests/scripts/stubs/any.sh
source "${STUBS}/any.sh"
url=${!#}
for word in "$@"; do
  [[ ${word} != http* ]] || url=${word}
done
case ${url} in
  http://127.0.0.1:*) exec "${REAL_CURL}" "$@" ;;
  *) ;;
esac
while [[ $# -gt 0 ]]; do
  if [[ $1 == -o && $2 != /dev/null ]]; then printf 'from %s\n' "${url}" >"$2"; fi
  shift
done
