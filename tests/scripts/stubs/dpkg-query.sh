#!/usr/bin/env bash
# Knows of one package by its version: the CodeDeploy agent, once it is installed.
: "${STUBS:?}" "${MACHINE:?}" "${COKO_ROOT:?}"
# shellcheck source=tests/scripts/stubs/any.sh
source "${STUBS}/any.sh"
[[ ${!#} == codedeploy-agent && -f ${MACHINE}/state/codedeploy-agent ]] || exit 1
cat "${MACHINE}/state/codedeploy-agent"
