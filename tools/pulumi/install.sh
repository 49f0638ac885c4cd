#!/usr/bin/env bash
# A working `pulumi` of the pinned release in .venv/bin: the one on PATH if it fits, else the official archive (checksummed),
# else built from the Go module proxy. Kept in a per-user cache, so that the next checkout only links to it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "${here}/../.." && pwd)

version=3.253.0
# SHA-256 of the official archives of that release.
declare -A checksum=(
  [linux-x64]=33161e521280e6c77395a46344dba5ff9c118a90df254801e662087143b4d1ac
  [linux-arm64]=7d7074d67a76139226c163b2365f14fbd45d8e2251362a2e10dc4602b3b577ea
)
cache=${XDG_CACHE_HOME:-${HOME}/.cache}/coko/pulumi-${version}
bin=${root}/.venv/bin

say() { printf '\033[2m%s\033[0m\n' "$*" >&2; }

# Whether version $1 is at least version $2.
at_least() {
  local sorted
  sorted=$(printf '%s\n%s\n' "$1" "$2" | sort -V)
  [[ ${sorted%%$'\n'*} == "$2" ]]
}

# Newer releases of the same major version run the same programs.
fits() {
  local found
  found=$("$1" version 2>/dev/null) || return 1
  found=${found#v}
  [[ ${found%%.*} == "${version%%.*}" ]] || return 1
  # shellcheck disable=SC2310 # a question
  at_least "${found%%-*}" "${version}"
}

on_path() {
  local candidate
  while read -r candidate; do
    [[ ${candidate} == "${bin}/"* ]] && continue
    # shellcheck disable=SC2310 # a question, not a step
    if fits "${candidate}" && command -v pulumi-language-python >/dev/null; then
      printf '%s' "${candidate}"
      return
    fi
  done < <(type -aP pulumi || true)
}

platform() {
  local machine
  machine=$(uname -sm)
  case ${machine} in
    'Linux x86_64') printf 'linux-x64' ;;
    'Linux aarch64') printf 'linux-arm64' ;;
    *) printf 'none' ;;
  esac
}

# The official archive, into the cache. Prints why not when it cannot.
download() {
  local target archive
  target=$(platform)
  [[ -n ${checksum[${target}]:-} ]] || { printf 'no pinned archive for %s' "$(uname -sm || true)"; return 1; }
  archive=${work}/pulumi.tar.gz
  curl --fail --silent --show-error --location --connect-timeout 5 --max-time 600 --output "${archive}" \
    "https://get.pulumi.com/releases/sdk/pulumi-v${version}-${target}.tar.gz" 2>"${work}/curl" ||
    { head -n 1 "${work}/curl"; return 1; }
  printf '%s  %s\n' "${checksum[${target}]}" "${archive}" | sha256sum --check --status ||
    { printf 'the archive is not the pinned one (SHA-256 differs); it was thrown away'; return 1; }
  mkdir -p "${work}/official"
  tar -xzf "${archive}" -C "${work}/official" --strip-components=1
}

# The same release from its Go modules; the CLI only: the language host is ours (language_host.py). Prints why not when it cannot.
build() {
  local go_version sdk beat status=0
  command -v go >/dev/null || { printf 'there is no Go here'; return 1; }
  go_version=$(go env GOVERSION) || return 1
  # shellcheck disable=SC2310 # a question
  at_least "${go_version#go}" 1.25 ||
    { printf "%s is here, and 1.25 or newer is needed (Debian's own is older)" "${go_version}"; return 1; }
  mkdir -p "${work}/built" || return 1
  say "  fetching the modules and compiling: about 4 minutes on two cores, once per user"
  heartbeat "${work}" &
  beat=$!
  (cd "${here}" && go build -trimpath -ldflags "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${version}" \
    -o "${work}/built/pulumi" github.com/pulumi/pulumi/pkg/v3/cmd/pulumi) >"${work}/go" 2>&1 || status=1
  kill "${beat}" 2>/dev/null || true
  [[ ${status} -eq 0 ]] || { tail -n 3 "${work}/go"; return 1; }
  sdk=$(cd "${here}" && go list -m -f '{{.Dir}}' github.com/pulumi/pulumi/sdk/v3) || return 1
  install -m 755 "${sdk}/python/cmd/pulumi-language-python-exec" "${work}/built/" || return 1
}

# A sign of life on stderr; its stdout is closed, or the caller would wait for it.
heartbeat() {
  exec >/dev/null
  local started=${SECONDS}
  while sleep 15 && [[ -d $1 ]]; do say "  still compiling: $((SECONDS - started)) s"; done
}

link() {
  mkdir -p "${bin}"
  rm -f "${bin}/pulumi" "${bin}/pulumi-language-python"
  # A hard link or a copy where it is ours: the CLI looks for its language host beside its own executable.
  if [[ -x $(dirname "$1")/pulumi-language-python-exec && ! -x $(dirname "$1")/pulumi-language-python ]]; then
    printf '#!/bin/sh\nexec "%s/python" "%s/language_host.py" --runner "%s/pulumi-language-python-exec" "$@"\n' \
      "${bin}" "${here}" "$(dirname "$1")" >"${bin}/pulumi-language-python"
    chmod 755 "${bin}/pulumi-language-python"
    ln -f "$1" "${bin}/pulumi" 2>/dev/null || cp "$1" "${bin}/pulumi"
  else
    ln -sfn "$1" "${bin}/pulumi"
  fi
  say "pulumi ${version} is ready: ${bin#"${root}/"}/pulumi ($2)"
}

main() {
  local found why_not_download why_not_build kind started=${SECONDS}
  found=$(on_path)
  [[ -z ${found} ]] || { link "${found}" "yours, from ${found}"; return; }
  for kind in official built; do
    [[ ! -x ${cache}/${kind}/pulumi ]] || { link "${cache}/${kind}/pulumi" "${kind}, cached"; return; }
  done
  mkdir -p "${cache}"
  work=$(mktemp -d "${cache}/work.XXXXXX")
  trap 'rm -rf "${work}"' EXIT
  say "getting pulumi ${version}: the official archive"
  # shellcheck disable=SC2310 # both ways may fail, and say why on stdout
  if why_not_download=$(download); then
    kind=official
  else
    say "  not to be had: ${why_not_download}"
    say "getting pulumi ${version}: building it with Go"
    # shellcheck disable=SC2310
    if why_not_build=$(build); then kind=built; else
      printf 'pulumi: no working CLI could be made
  why:  the official archive: %s
        a build with Go: %s
  next: install Pulumi %s yourself (https://www.pulumi.com/docs/iac/download-install/) or Go 1.25 or newer (https://go.dev/dl/), then: make pulumi
' "${why_not_download}" "${why_not_build}" "${version}" >&2
      exit 4
    fi
  fi
  [[ -e ${cache}/${kind} ]] || mv -T "${work}/${kind}" "${cache}/${kind}"
  link "${cache}/${kind}/pulumi" "${kind} in $((SECONDS - started)) s"
}

main
