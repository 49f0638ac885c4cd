#!/usr/bin/env bash
# From files to a release that could run: its place, the stack's configuration, its own installer. Nothing that runs is touched.
set -euo pipefail
# shellcheck source=scripts/_release.sh
source "${BASH_SOURCE[0]%/*}/_release.sh"

ENVIRONMENT=${COKO_ROOT}/etc/coko/environment

take() {
  [[ -d ${INCOMING} || ! -d ${DIRECTORY} ]] || { note "taken before"; return 0; }
  [[ -d ${INCOMING} ]] || die "the release's files are not there" "CodeDeploy's Install left no ${INCOMING}" "coko deploy ${TIER}"
  mkdir -p "${HOME_OF_TIER}/releases"
  rm -rf "${DIRECTORY}"
  mv -T "${INCOMING}" "${DIRECTORY}"
  chmod -R u=rwX,go=rX "${DIRECTORY}"
}

# From the stack's parameters, read anew at every deployment: KEY=value lines for systemd and for the installers.
environment() {
  : "${AWS_REGION:?}"
  printf 'AWS_REGION=%s\nAWS_DEFAULT_REGION=%s\n' "${AWS_REGION}" "${AWS_REGION}"
  [[ -z ${AWS_ENDPOINT_URL:-} ]] || printf 'AWS_ENDPOINT_URL=%s\n' "${AWS_ENDPOINT_URL}"
  "environment_of_${TIER}"
}

environment_of_web() {
  local upstream
  upstream=$(setting web/upstream)
  # Only the load balancer reaches this host, from inside of the VPC, whatever its addresses are.
  printf 'COKO_WAS_UPSTREAM=%s\nCOKO_TRUSTED_PROXIES=10.0.0.0/8 172.16.0.0/12 192.168.0.0/16\n' "${upstream}"
}

environment_of_was() {
  local host port name secret keys
  host=$(setting database/host)
  port=$(setting database/port)
  name=$(setting database/name)
  secret=$(setting database/secret)
  keys=$(setting collector-secret)
  printf 'COKO_DATABASE_HOST=%s\nCOKO_DATABASE_PORT=%s\nCOKO_DATABASE_NAME=%s\n' "${host}" "${port}" "${name}"
  printf 'COKO_DATABASE_SECRET_ARN=%s\nCOKO_DATABASE_TLS=require\nCOKO_SOURCES_SECRET_ARN=%s\n' "${secret}" "${keys}"
}

write_environment() {
  local text
  text=$(environment)
  mkdir -p "${ENVIRONMENT%/*}"
  (umask 027; printf '%s\n' "${text}" >"${ENVIRONMENT}.new")
  mv -f "${ENVIRONMENT}.new" "${ENVIRONMENT}"
}

step "reading the stack's configuration"
this_release
write_environment
step "taking the files of ${TIER} ${RELEASE}"
take
step "installing ${TIER} ${RELEASE}"
python3 -I "${DIRECTORY}/install.py"
