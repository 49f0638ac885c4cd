#!/usr/bin/env bash
# Makes this checkout able to run anything in the Makefile: Debian packages, the virtualenv, the `coko` command.
# Idempotent, and done in well under a second when there is nothing to do.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '\033[2m%s\033[0m\n' "$*" >&2; }
die() { printf 'setup: %s\n' "$*" >&2; exit 2; }

# What happened, why, and the next command: the form of every error in this repository.
lacks() {
  die "Debian packages are missing: $1
  why:  they could not be installed from here (no root, no sudo without a password, or apt said no: see above)
  next: sudo apt-get update && sudo apt-get install -y --no-install-recommends $1"
}

# What makes a command root's: nothing for root, sudo for others.
as_root=()
[[ ${EUID} -eq 0 ]] || as_root=(sudo -n)

missing_packages() {
  local package _
  while read -r package _; do
    [[ -z ${package} || ${package} == '#'* ]] && continue
    [[ $(dpkg-query -W -f '${db:Status-Status}' "${package}" 2>/dev/null || true) == installed ]] || printf '%s ' "${package}"
  done <tools/debian-packages
}

install_packages() {
  local missing
  command -v dpkg-query >/dev/null || die "this is neither Debian nor Ubuntu (there is no dpkg)
  why:  the rehearsal's hosts are made of this machine's own Debian packages
  next: run it on Debian 12 or Ubuntu 24.04, in a virtual machine if need be"
  missing=$(missing_packages)
  missing=${missing% }
  [[ -n ${missing} ]] || return 0
  [[ ${EUID} -eq 0 ]] || sudo -n true 2>/dev/null || lacks "${missing}"
  say "installing Debian packages: ${missing}"
  # Services that a package would start (nginx, mariadb) belong to this machine, not to us: policy-rc.d says no for the while.
  local policy=/usr/sbin/policy-rc.d made=false log
  log=$(mktemp)
  if [[ ! -e ${policy} ]]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "${policy}" >/dev/null
    "${as_root[@]}" chmod 755 "${policy}"
    made=true
  fi
  "${as_root[@]}" apt-get update -qq || say "apt-get update failed: going on with the lists that are there"
  # shellcheck disable=SC2086 # a list of names, split on purpose
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ${missing} >"${log}" 2>&1 ||
    { tail -n 20 "${log}" >&2; failed=true; }
  rm -f "${log}"
  [[ ${made} == false ]] || "${as_root[@]}" rm -f "${policy}"
  [[ ${failed:-false} == false ]] || lacks "${missing}"
}

python() {
  local candidate
  for candidate in /usr/bin/python3 python3 python3.13 python3.12 python3.11; do
    if "${candidate}" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "${candidate}"
      return
    fi
  done
  die "no Python 3.11 or newer with venv was found
  why:  Debian 12 and Ubuntu 24.04 bring one; this machine's python3 is older or has no venv module
  next: sudo apt-get install -y python3 python3-venv"
}

install_python() {
  local want interpreter count
  count=$(grep -c '^[a-z]' requirements.lock)
  want=$(cat requirements.lock pyproject.toml | sha256sum)
  if [[ -x .venv/bin/coko && -f .venv/installed && $(<.venv/installed) == "${want}" ]]; then return 0; fi
  interpreter=$(python)
  rm -f .venv/installed
  if command -v uv >/dev/null; then
    say "installing Python packages into .venv with uv (${count} of them)"
    [[ -x .venv/bin/python ]] || uv venv --quiet --python "${interpreter}" .venv
    uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements.lock
    uv pip install --quiet --python .venv/bin/python --no-build-isolation --no-deps -e .
  else
    say "installing Python packages into .venv with pip (${count} of them; uv would be quicker)"
    [[ -x .venv/bin/pip ]] || "${interpreter}" -m venv .venv
    # --no-compile: pulumi_aws alone is thousands of modules, of which a program imports some thirty.
    .venv/bin/pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
    .venv/bin/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
  fi
  printf '%s' "${want}" >.venv/installed
}

install_packages
install_python
