#!/usr/bin/env bash
# PID 1 of a test's host: this machine, with other directories where a release or a hook writes.
set -eu
home=$1
mount --make-rprivate /
for directory in etc opt run var/log var/lib/nginx; do
  [[ -d "/${directory}" ]] || continue
  mkdir -p "${home}/${directory}"
  mount --bind "${home}/${directory}" "/${directory}"
done
mount -t proc proc /proc
mkdir -p /var/log/nginx
touch /run/calls /run/up
sleep infinity &
wait
