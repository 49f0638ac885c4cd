#!/usr/bin/env bash
# Which release this bundle is, and where it goes on its host. Hooks source it; it sources _lib.sh.
# shellcheck disable=SC2034 # hooks use what is set here
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=scripts/_lib.sh
source "${BASH_SOURCE[0]%/*}/_lib.sh"

BUNDLE=${BASH_SOURCE[0]%/*}/..
INCOMING=${COKO_ROOT}/opt/coko/incoming         # where appspec.yml sends files
KEEP=3                                          # releases on a host beside the one that runs

# told NAME: what release.json says.
told() {
  python3 -Ic 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "${BUNDLE}/release/release.json" "$1"
}

# this_release sets TIER, RELEASE, PORT, HOME_OF_TIER, DIRECTORY; refuses a bundle of the other tier.
this_release() {
  host_facts
  TIER=$(told tier)
  RELEASE=$(told release)
  [[ ${TIER} == "${COKO_TIER:-}" ]] || die "a ${TIER} release came to a ${COKO_TIER:-nameless} host" \
    "the deployment group names hosts of the other tier" "coko status --stack ${COKO_STACK:-STACK}"
  case ${TIER} in
    web) PORT=${COKO_PORT:-80} HEALTH=${COKO_HEALTH_PATH:-/healthz} VERSION=/version/web ;;
    was) PORT=${COKO_PORT:-8000} HEALTH=${COKO_HEALTH_PATH:-/readyz} VERSION=/version ;;
    *) die "there is no tier ${TIER}" "release.json says so" "coko package web, or was" ;;
  esac
  HOME_OF_TIER=${COKO_ROOT}/opt/coko/${TIER}
  # A deployment's own directory: deploying a release again does not touch the files of the one that runs.
  DIRECTORY=${HOME_OF_TIER}/releases/${RELEASE}-${DEPLOYMENT_ID:-by-hand}
  readonly TIER RELEASE PORT HEALTH VERSION HOME_OF_TIER DIRECTORY
}

# switch_to TARGET: `current` points there from one moment to the next, never to nothing.
switch_to() {
  ln -sfn "$1" "${HOME_OF_TIER}/current.new"
  mv -fT "${HOME_OF_TIER}/current.new" "${HOME_OF_TIER}/current"
}

runs_now() { readlink "${HOME_OF_TIER}/current" 2>/dev/null || true; }

# end_of TEXT COUNT: its last characters; bash itself gives nothing where there are fewer.
end_of() { if [[ ${#1} -le $2 ]]; then printf '%s' "$1"; else printf '…%s' "${1: -$2}"; fi; }

# ask PATH: the answer of this host's own server.
ask() { curl -fsS --noproxy '*' --connect-timeout 2 --max-time 5 "http://127.0.0.1:${PORT}$1"; }
