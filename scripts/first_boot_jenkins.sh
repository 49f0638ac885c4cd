#!/usr/bin/env bash
# First boot of the Jenkins host: its data volume, Java, Jenkins and plugins of pinned versions, configuration from git.
# It follows _first_boot.sh in user data. Builds run in an agent under another user, who cannot read Jenkins' home.
# shellcheck disable=SC2154 # exported by user data, or set in what comes before
set -euo pipefail
shopt -s inherit_errexit

: "${JENKINS_VERSION:?}" "${JENKINS_CONFIG_BUCKET:?}" "${JENKINS_CONFIG_KEY:?}" "${JENKINS_CONFIG_VERSION:?}"
: "${JENKINS_DATA_DEVICE:?}" "${JENKINS_URL:?}"
JENKINS_HOME=${COKO_ROOT}/var/lib/jenkins
CONFIGURATION=${COKO_ROOT}/etc/coko/jenkins     # what the zip of jenkins/ held
PLUGIN_MANAGER_VERSION=${PLUGIN_MANAGER_VERSION:-2.14.0}
EMPTY=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855   # SHA-256 of nothing: a GET's body
RESTART=false

# Nitro instances rename the device, and Ubuntu links no name of ours to it: then it is the one disk beside the root's.
find_data_device() {
  local root disks
  DEVICE=${JENKINS_DATA_DEVICE}
  if [[ -b ${DEVICE} ]]; then return 0; fi
  root=$(findmnt -no SOURCE /)
  root=$(lsblk -nplso NAME "${root}")
  disks=$(lsblk -dnpo NAME,TYPE | awk -v "root=${root##*$'\n'}" '$2 == "disk" && $1 != root { print $1 }')
  [[ ${disks} != *$'\n'* ]] || die "data volume" "more than one disk could be it: ${disks//$'\n'/ }" \
    "attach the data volume only, or name its device in JENKINS_DATA_DEVICE"
  DEVICE=${disks}
  [[ -n ${DEVICE} ]]
}

# A volume is formatted only if there is nothing at all on it.
data_volume() {
  local found=0 type='' uuid
  step "data volume"
  # A host that replaces another waits until the volume has moved over.
  retry_until 90 10 find_data_device
  blkid -p "${DEVICE}" >/dev/null || found=$?
  case ${found} in
    0) type=$(blkid -p -o value -s TYPE "${DEVICE}") ;;
    2) note "${DEVICE} is blank"; mkfs.ext4 -q -L jenkins "${DEVICE}"; type=ext4 ;;
    *) ;;
  esac
  [[ ${type} == ext4 ]] || die "data volume" "${DEVICE} is neither blank nor an ext4 file system: '${type}'" \
    "look at it; nothing here will format it"
  uuid=$(blkid -o value -s UUID "${DEVICE}")
  grep -qs "^UUID=${uuid} " "${COKO_ROOT}/etc/fstab" ||
    printf 'UUID=%s /var/lib/jenkins ext4 defaults,nofail,x-systemd.device-timeout=300 0 2\n' "${uuid}" >>"${COKO_ROOT}/etc/fstab"
  mkdir -p "${JENKINS_HOME}"
  mountpoint -q "${JENKINS_HOME}" || mount "${JENKINS_HOME}"
}

# Numbers of their own, so that a volume's files belong to the same user on every host.
users() {
  step "users"
  id jenkins &>/dev/null || useradd --system --user-group --uid 970 --home-dir /var/lib/jenkins --shell /usr/sbin/nologin jenkins
  id builder &>/dev/null || useradd --create-home --user-group --uid 971 --home-dir /var/lib/builder --shell /bin/bash builder
  chown jenkins:jenkins "${JENKINS_HOME}"
  chmod 750 "${JENKINS_HOME}"
}

# The configuration travels as one version of one object; whatever the bucket holds by now does not matter.
configuration() {
  local zip marker=${CONFIGURATION}/version
  step "configuration ${JENKINS_CONFIG_VERSION}"
  [[ ! -f ${marker} || $(<"${marker}") != "${JENKINS_CONFIG_VERSION}" ]] || { note "it is here"; return 0; }
  zip=$(mktemp --suffix=.zip)
  signed s3 "/${JENKINS_CONFIG_BUCKET}/${JENKINS_CONFIG_KEY}?versionId=${JENKINS_CONFIG_VERSION}" \
    -H "x-amz-content-sha256: ${EMPTY}" -o "${zip}"
  rm -rf "${CONFIGURATION}.new"
  python3 -Im zipfile -e "${zip}" "${CONFIGURATION}.new"
  rm -f "${zip}"
  [[ -s ${CONFIGURATION}.new/plugins.txt && -d ${CONFIGURATION}.new/casc ]] ||
    die "configuration" "the object holds no plugins.txt or no casc/" "it is a zip of what is in jenkins/; apply the stack again"
  printf '%s\n' "${JENKINS_CONFIG_VERSION}" >"${CONFIGURATION}.new/version"
  rm -rf "${CONFIGURATION}"
  mv "${CONFIGURATION}.new" "${CONFIGURATION}"
  RESTART=true
}

jenkins_package() {
  local installed key=${COKO_ROOT}/etc/apt/keyrings/jenkins.asc
  step "Jenkins ${JENKINS_VERSION}"
  installed=$(dpkg-query -W -f '${Version}' jenkins 2>/dev/null || true)
  [[ ${installed} != "${JENKINS_VERSION}" ]] || { note "it is installed"; return 0; }
  mkdir -p "${key%/*}"
  download https://pkg.jenkins.io/debian-stable/jenkins.io-2026.key "${key}"    # the one of 2023 expired in March 2026
  write /etc/apt/sources.list.d/jenkins.list \
    "deb [signed-by=/etc/apt/keyrings/jenkins.asc] https://pkg.jenkins.io/debian-stable binary/"
  retry_until 5 10 apt update
  systemctl mask jenkins        # not before it is configured
  retry_until 5 10 apt install -y --allow-downgrades --allow-change-held-packages "jenkins=${JENKINS_VERSION}"
  systemctl unmask jenkins
  apt-mark hold jenkins
  RESTART=true
}

plugin_manager() {
  local from=https://github.com/jenkinsci/plugin-installation-manager-tool/releases/download/${PLUGIN_MANAGER_VERSION} sum
  mkdir -p "${1%/*}"
  download "${from}/${1##*/}.sha256" "$1.sha256"
  download "${from}/${1##*/}" "$1.new"
  sum=$(cut -d' ' -f1 "$1.sha256")
  sha256sum --check --quiet <<<"${sum}  $1.new"
  mv "$1.new" "$1"
}

# Into a new directory, then swapped: what is not in plugins.txt is gone, and a failed download changes nothing.
plugins() {
  local jar=${COKO_ROOT}/usr/local/lib/jenkins-plugin-manager-${PLUGIN_MANAGER_VERSION}.jar want
  step "plugins"
  want=$(cat "${CONFIGURATION}/plugins.txt" - <<<"${JENKINS_VERSION}" | sha256sum)
  [[ ! -f ${JENKINS_HOME}/plugins/installed || $(<"${JENKINS_HOME}/plugins/installed") != "${want}" ]] || return 0
  [[ -s ${jar} ]] || plugin_manager "${jar}"
  rm -rf "${JENKINS_HOME}/plugins.new"
  retry_until 3 20 java -jar "${jar}" --war /usr/share/java/jenkins.war --plugin-file "${CONFIGURATION}/plugins.txt" \
    --plugin-download-directory "${JENKINS_HOME}/plugins.new" --latest false
  mkdir -p "${JENKINS_HOME}/plugins.new"
  printf '%s\n' "${want}" >"${JENKINS_HOME}/plugins.new/installed"
  chown -R jenkins:jenkins "${JENKINS_HOME}/plugins.new"
  rm -rf "${JENKINS_HOME}/plugins"
  mv "${JENKINS_HOME}/plugins.new" "${JENKINS_HOME}/plugins"
  RESTART=true
}

# How the controller reaches its agent on this host: a key pair of this host, SSH on the loopback.
agent() {
  local home=${COKO_ROOT}/var/lib/builder key=${COKO_ROOT}/etc/coko/agent-key
  step "agent"
  [[ -s ${key} ]] || ssh-keygen -q -t ed25519 -N '' -C jenkins -f "${key}"
  chmod 600 "${key}"
  write /var/lib/builder/.ssh/authorized_keys "from=\"127.0.0.1\",restrict $(<"${key}.pub")"
  chown -R builder:builder "${home}/.ssh"
  chmod 700 "${home}/.ssh"
}

# What the configuration names by reference, as files in memory. JCasC takes an unknown name for nothing, and a webhook
# with nothing for a secret believes everybody: so Jenkins does not start before every name has a value.
values() {
  local at=${COKO_ROOT}/run/coko-jenkins found missing
  umask 027
  mkdir -p "${at}"
  cat "${COKO_ROOT}/etc/coko/agent-key" >"${at}/agent-key"
  cut -d' ' -f1,2 "${COKO_ROOT}/etc/ssh/ssh_host_ed25519_key.pub" >"${at}/agent-host-key"
  found=$(signed ssm / -H 'content-type: application/x-amz-json-1.1' -H 'x-amz-target: AmazonSSM.GetParametersByPath' \
    --data-binary "{\"Path\": \"/coko/${COKO_STACK}/jenkins\", \"WithDecryption\": true}")
  missing=$(python3 -Ic 'import json, pathlib, re, sys
at, casc = map(pathlib.Path, sys.argv[1:])
for found in json.load(sys.stdin)["Parameters"]:
    (at / found["Name"].split("/")[-1]).write_text(found["Value"])
text = "".join(file.read_text() for file in casc.glob("*.yaml"))
names = set(re.findall(r"(?<!\^)\$\{([a-z][a-z0-9-]*)\}", text))
print(*sorted(name for name in names if not (at / name).is_file() or not (at / name).read_text().strip()))
' "${at}" "${COKO_ROOT}/etc/coko/jenkins/casc" <<<"${found}")
  chgrp -R jenkins "${at}"
  [[ -z ${missing} ]] || die "what Jenkins' configuration refers to" "no value for: ${missing}" \
    "put each as SecureString /coko/${COKO_STACK}/jenkins/NAME (docs/jenkins.md), then: systemctl restart jenkins"
}

service() {
  local options="-Djava.awt.headless=true -XX:MaxRAMPercentage=50 -Djava.io.tmpdir=/var/lib/jenkins/tmp"
  step "Jenkins starts"
  install -d -m 700 -o jenkins -g jenkins "${JENKINS_HOME}/tmp"
  write /usr/local/sbin/coko-jenkins-values "#!/usr/bin/env bash
set -euo pipefail
COKO_ROOT='${COKO_ROOT}' COKO_STACK='${COKO_STACK}' AWS_REGION='${AWS_REGION}' DIED=${DIED}
$(declare -f die metadata signed values)
values"
  chmod 755 "${COKO_ROOT}/usr/local/sbin/coko-jenkins-values"
  write /etc/systemd/system/jenkins.service.d/coko.conf "[Unit]
RequiresMountsFor=/var/lib/jenkins
[Service]
Environment=\"JAVA_OPTS=${options} -Djenkins.install.runSetupWizard=false\"
Environment=\"CASC_JENKINS_CONFIG=/etc/coko/jenkins/casc\" \"SECRETS=/run/coko-jenkins\"
Environment=\"JENKINS_URL=${JENKINS_URL}\" \"COKO_STACK=${COKO_STACK}\" \"AWS_REGION=${AWS_REGION}\"
ExecStartPre=+/usr/local/sbin/coko-jenkins-values
TimeoutStartSec=900"
  [[ ${CHANGED} == false ]] || RESTART=true
  "${COKO_ROOT}/usr/local/sbin/coko-jenkins-values"
  systemctl daemon-reload
  systemctl enable jenkins
  if [[ ${RESTART} == true ]]; then systemctl restart jenkins; else systemctl start jenkins; fi
  retry_until 60 5 curl -fsS -o /dev/null http://127.0.0.1:8080/login
}

main() {
  begin
  step "packages"
  want ca-certificates test -s /etc/ssl/certs/ca-certificates.crt
  want curl command -v curl
  want git command -v git
  want make command -v make
  want python3-venv python3 -c 'import ensurepip, venv'
  want openssh-server command -v sshd
  want fontconfig command -v fc-list
  want openjdk-21-jre-headless command -v java
  install_wanted
  make_swap
  data_volume
  users
  configuration
  jenkins_package
  plugins
  agent
  service
  optional "the CloudWatch agent" cloudwatch_agent /var/log/syslog
  optional "published SSH host keys" publish_host_keys
  finish
}

main
