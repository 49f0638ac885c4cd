#!/usr/bin/env bash
: "${STUBS:?}" "${MACHINE:?}" "${COKO_ROOT:?}" "${CODEDEPLOY_AGENT_VERSION:=}"
# shellcheck source=tests/scripts/stubs/any.sh
source "${STUBS}/any.sh"
echo "${PACKAGE_VERSION:-${CODEDEPLOY_AGENT_VERSION}}"
