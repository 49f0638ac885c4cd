#!/usr/bin/env bash
# Installing a package makes its commands appear, as far as the scripts look for them.
: "${STUBS:?}" "${MACHINE:?}" "${COKO_ROOT:?}" "${CODEDEPLOY_AGENT_VERSION:=}"
# shellcheck source=tests/scripts/stubs/any.sh
source "${STUBS}/any.sh"
shopt -s inherit_errexit
command_of() {
  case $1 in
    gnupg) echo gpg ;;
    ruby-full) echo ruby ;;
    *) echo "$1" ;;
  esac
}
for word in "$@"; do
  case ${word} in
    -* | update | install | DPkg* | APT*) ;;
    */amazon-cloudwatch-agent.deb)
      mkdir -p "${COKO_ROOT}/opt/aws/amazon-cloudwatch-agent/bin"
      cp "${STUBS}/any.sh" "${COKO_ROOT}/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl"
      chmod 755 "${COKO_ROOT}/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl"
      ;;
    */*.deb) echo "${CODEDEPLOY_AGENT_VERSION}" >"${MACHINE}/state/codedeploy-agent" ;;
    *)
      command=$(command_of "${word}")
      own=${STUBS}/${command}.sh
      [[ -f ${own} ]] || own=${STUBS}/any.sh
      cp "${own}" "${MACHINE}/bin/${command}"
      chmod 755 "${MACHINE}/bin/${command}"
      ;;
  esac
done
