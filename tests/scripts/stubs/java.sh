#!/usr/bin/env bash
# The plugin manager: one file for each line of plugins.txt.
: "${STUBS:?}"
# shellcheck source=tests/scripts/stubs/any.sh
source "${STUBS}/any.sh"
while [[ $# -gt 0 ]]; do
  case $1 in
    --plugin-file) list=$2 ;;
    --plugin-download-directory) into=$2 ;;
    *) ;;
  esac
  shift
done
mkdir -p "${into:?}"
while IFS=: read -r name version; do
  [[ -z ${version} || ${name} == '#'* ]] || echo "${version}" >"${into}/${name}.jpi"
done <"${list:?}"
