#!/usr/bin/env bash
: "${STUBS:?}"
# shellcheck source=tests/scripts/stubs/any.sh
source "${STUBS}/any.sh"
mkdir -p "${!#}"
