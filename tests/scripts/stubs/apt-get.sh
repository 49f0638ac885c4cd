#!/usr/bin/env bash
# Installing a package makes its commands appear, as far as the scripts look for them.
shopt -s inherit_errexit
: "${STUBS:?}" "${MACHINE:?}" "${COKO_ROOT:?}" "${CODEDEPLOY_AGENT_VERSION:=}"
# shellcheck source=tests/scripts/stubs/any.sh
source "${STUBS}/any.sh"

appear() {
  local own=${STUBS}/$1.sh
  [[ -f ${own} ]] || own=${STUBS}/any.sh
  mkdir -p "${2:-${MACHINE}/bin}"
  cp "${own}" "${2:-${MACHINE}/bin}/$1"
  chmod 755 "${2:-${MACHINE}/bin}/$1"
}

for word in "$@"; do
  case ${word} in
    -* | update | install | DPkg* | APT*) ;;
    */amazon-cloudwatch-agent.deb) appear amazon-cloudwatch-agent-ctl "${COKO_ROOT}/opt/aws/amazon-cloudwatch-agent/bin" ;;
    */*.deb) echo "${CODEDEPLOY_AGENT_VERSION}" >"${MACHINE}/state/codedeploy-agent" ;;
    *=*) echo "${word#*=}" >"${MACHINE}/state/${word%%=*}" ;;
    gnupg) appear gpg ;;
    ruby-full) appear ruby ;;
    fontconfig) appear fc-list ;;
    openssh-server) appear sshd ;;
    openjdk-21-jre-headless) appear java ;;
    *) appear "${word}" ;;
  esac
done
