#!/usr/bin/env bash
# The switch: `current` points to this release, and its server is told.
set -euo pipefail
# shellcheck source=scripts/_release.sh
source "${BASH_SOURCE[0]%/*}/_release.sh"

UNITS=${COKO_ROOT}/etc/systemd/system

start_web() {
  local before complaint
  before=$(runs_now)
  switch_to "releases/${DIRECTORY##*/}"
  if ! complaint=$(nginx -tq 2>&1); then
    [[ -z ${before} ]] || switch_to "${before}"
    die "nginx refuses this release's site" "${complaint}" "mend app/web/nginx, then: coko package web; the release before goes on serving"
  fi
  systemctl enable nginx
  systemctl reload-or-restart nginx
}

start_was() {
  local unit
  for unit in "${DIRECTORY}"/systemd/*; do
    install -m 644 "${unit}" "${UNITS}/${unit##*/}"
  done
  systemctl daemon-reload
  switch_to "releases/${DIRECTORY##*/}"
  # The host's stand-in of the time before the first release; its unit may be long gone.
  systemctl disable --now coko-placeholder 2>/dev/null || true
  systemctl enable coko-was coko-collect.timer
  # It returns when gunicorn says that it is ready, with the schema migrated.
  systemctl restart coko-was || did_not_start
  systemctl restart coko-collect.timer
}

did_not_start() {
  local said
  said=$(journalctl -u coko-was -n 20 --no-pager -o cat 2>&1 || true)
  said=$(end_of "${said}" 1200)
  die "coko-was did not start" "${said}" "journalctl -u coko-was on this host; CodeDeploy brings the last good release back"
}

step "starting"
this_release
[[ -d ${DIRECTORY} ]] || die "the release is not installed" "${DIRECTORY} is missing: AfterInstall makes it" "coko deploy ${TIER}"
step "starting ${TIER} ${RELEASE}"
"start_${TIER}"
