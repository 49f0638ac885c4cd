#!/usr/bin/env bash
# Remembers which units there are and which run.
: "${STUBS:?}" "${MACHINE:?}" "${COKO_ROOT:?}"
# shellcheck source=tests/scripts/stubs/any.sh
source "${STUBS}/any.sh"
verb=$1
shift
words=()
for word in "$@"; do
  [[ ${word} == -* ]] || words+=("${word%.service}")
done
for unit in ${words[@]+"${words[@]}"}; do
  case ${verb} in
    cat) [[ -e ${MACHINE}/state/units/${unit} || -e ${COKO_ROOT}/etc/systemd/system/${unit}.service ]] || exit 1 ;;
    enable | start | restart) touch "${MACHINE}/state/active/${unit}" ;;
    is-active) [[ -e ${MACHINE}/state/active/${unit} ]] || exit 3 ;;
    *) ;;
  esac
done
