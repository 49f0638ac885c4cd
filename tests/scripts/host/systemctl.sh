#!/usr/bin/env bash
# In place of systemd on a test's host: records what it is asked, runs the real nginx, and for coko-was a small server.
set -eu
printf '%s\n' "systemctl $*" >>/run/calls
[[ ! -e "/run/refuses-$1" ]] || { echo "Job for it failed." >&2; exit 1; }
case "$*" in
  "reload-or-restart nginx")
    if [[ -s /run/nginx.pid ]]; then nginx -s reload; else nginx; fi ;;
  "restart coko-was")
    [[ ! -s /run/was.pid ]] || kill "$(cat /run/was.pid)" 2>/dev/null || true
    setsid python3 -I /opt/was-server.py >/dev/null 2>&1 &
    echo "$!" >/run/was.pid
    port=$(cat /opt/port)
    until curl -so /dev/null --max-time 1 "http://127.0.0.1:${port}/version"; do /bin/sleep 0.05; done ;;
  *) ;;
esac
