#!/usr/bin/env bash
# What the first boot of every host has in common. User data = exports, _lib.sh, this file, the host's own script.
# It adds only what is absent: an image may bring any of it, and running again is harmless.
set -euo pipefail
shopt -s inherit_errexit
: "${COKO_ROOT:=}" "${COKO_STACK:?}" "${COKO_TIER:?}" "${AWS_REGION:?}" "${COKO_SWAP_MIB:?}" "${COKO_LOG_GROUP_PREFIX:?}"
CLOUDWATCH_AGENT_VERSION=${CLOUDWATCH_AGENT_VERSION:-1.300072.0b1766}
CHANGED=false
WANTED=()
WARNINGS=()

begin() {
  local name facts='' log=${COKO_ROOT}/var/log/coko-first-boot.log
  mkdir -p "${log%/*}"
  # shellcheck disable=SC2312 # whether tee lives is not worth a host
  exec > >(tee -a "${log}") 2>&1
  step "first boot of a ${COKO_TIER} host of stack ${COKO_STACK}"
  for name in COKO_STACK COKO_TIER COKO_HEALTH_PATH COKO_PORT AWS_REGION AWS_ENDPOINT_URL; do
    [[ -z ${!name:-} ]] || facts+="${name}='${!name}'"$'\n'
  done
  write /etc/coko/host.env "${facts}"
}

finish() {
  write /etc/coko/first-boot.done "${COKO_TIER}"
  step "done"
  [[ ${#WARNINGS[@]} -eq 0 ]] || printf 'WARNING: working without %s: see above\n' "${WARNINGS[@]}"
}

# write PATH TEXT: whole or not at all. CHANGED tells whether it made a difference.
write() {
  local path=${COKO_ROOT}$1 old=''
  [[ ! -f ${path} ]] || old=$(<"${path}")
  CHANGED=false
  [[ ${old} != "${2%$'\n'}" ]] || return 0
  mkdir -p "${path%/*}"
  printf '%s\n' "${2%$'\n'}" >"${path}.new"
  mv -f "${path}.new" "${path}"
  CHANGED=true
}

# optional WHAT COMMAND…: worth a warning, not a host. (In a condition, bash would go on after errors.)
optional() {
  local status
  set +e
  (set -e; "${@:2}")
  status=$?
  set -e
  [[ ${status} -eq 0 ]] || WARNINGS+=("$1")
}

# want PACKAGE COMMAND…: the package is wanted when the command fails.
want() { "${@:2}" &>/dev/null || WANTED+=("$1"); }

apt() {
  DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a \
    apt-get -qq -o DPkg::Lock::Timeout=300 -o APT::Update::Error-Mode=any --no-install-recommends "$@"
}

install_wanted() {
  [[ ${#WANTED[@]} -gt 0 ]] || return 0
  note "installing ${WANTED[*]}"
  retry_until 5 10 apt update
  retry_until 5 10 apt install -y "${WANTED[@]}"
  WANTED=()
}

download() { retry_until 5 5 curl -fsSL --connect-timeout 10 -o "$2" "$1"; }

make_swap() {
  local active disk file=${COKO_ROOT}/swapfile
  step "swap: ${COKO_SWAP_MIB} MiB"
  active=$(swapon --show=NAME --noheadings)
  disk=$(stat -f -c %T "${COKO_ROOT}/")
  if [[ ${COKO_SWAP_MIB} -eq 0 || ${active} == *"${file}"* || ${disk} == @(tmpfs|overlayfs) ]]; then
    note "nothing to do on ${disk}"
    return 0
  fi
  (umask 077; fallocate -l "${COKO_SWAP_MIB}M" "${file}")
  mkswap "${file}" >/dev/null
  swapon "${file}" || { rm -f "${file}"; note "going on without: the kernel said no"; return 0; }
  grep -qs "^${file} " "${COKO_ROOT}/etc/fstab" || printf '%s none swap sw 0 0\n' "${file}" >>"${COKO_ROOT}/etc/fstab"
}

has_unit() { systemctl cat "$1.service" &>/dev/null; }

# cloudwatch_agent LOG…: memory, disk and swap of this host, and its logs into the group <prefix>/<tier>.
cloudwatch_agent() {
  local file logs='' home=${COKO_ROOT}/opt/aws/amazon-cloudwatch-agent
  step "CloudWatch agent"
  [[ -x ${home}/bin/amazon-cloudwatch-agent-ctl ]] || install_cloudwatch_agent
  for file in /var/log/coko-first-boot.log "$@"; do
    logs+="${logs:+,}"$'\n  '"{\"file_path\": \"${file}\", \"log_stream_name\": \"{instance_id}${file}\",
   \"log_group_name\": \"${COKO_LOG_GROUP_PREFIX}/${COKO_TIER}\"}"
  done
  # shellcheck disable=SC2016 # ${aws:…} is for the agent
  write /etc/coko/cloudwatch-agent.json '{"metrics": {
  "namespace": "'"${COKO_METRICS_NAMESPACE:-COKO}"'",
  "append_dimensions": {"AutoScalingGroupName": "${aws:AutoScalingGroupName}", "InstanceId": "${aws:InstanceId}"},
  "aggregation_dimensions": [["AutoScalingGroupName"]],
  "metrics_collected": {"mem": {"measurement": ["used_percent"]}, "swap": {"measurement": ["used_percent"]},
    "disk": {"measurement": ["used_percent"], "resources": ["/"], "drop_device": true}}},
 "logs": {"logs_collected": {"files": {"collect_list": ['"${logs}"']}}}}'
  [[ ${CHANGED} == false ]] ||
    "${home}/bin/amazon-cloudwatch-agent-ctl" -a fetch-config -m ec2 -s -c "file:${COKO_ROOT}/etc/coko/cloudwatch-agent.json"
  systemctl enable --now amazon-cloudwatch-agent
}

# The package, if the key has signed it whose fingerprint is in AWS's manual.
install_cloudwatch_agent() {
  local arch at name=amazon-cloudwatch-agent path
  want gnupg command -v gpg
  install_wanted
  arch=$(dpkg --print-architecture)
  at=$(mktemp -d)
  for path in {"ubuntu/${arch}/${CLOUDWATCH_AGENT_VERSION}/${name}."{deb,deb.sig},"assets/${name}.gpg"}; do
    download "https://amazoncloudwatch-agent.s3.amazonaws.com/${path}" "${at}/${path##*/}"
  done
  gpg --homedir "${at}" --batch --quiet --import "${at}/${name}.gpg"
  gpg --homedir "${at}" --batch --status-fd 1 --verify "${at}/${name}.deb.sig" "${at}/${name}.deb" >"${at}/status"
  grep -q 'VALIDSIG 937616F3450B7D806CBD9725D58167303B789C72' "${at}/status" ||
    die "CloudWatch agent" "AWS's key has not signed it" "look whether AWS announced another key"
  apt install -y "${at}/${name}.deb"
}

metadata() {
  local at=${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254}/latest token
  token=$(curl -fsS --noproxy '*' --retry 4 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "${at}/api/token")
  curl -fsS --noproxy '*' --retry 4 -H "X-aws-ec2-metadata-token: ${token}" "${at}/$1"
}

# signed SERVICE PATH CURL-ARGUMENT…: one call of AWS in this instance's role, whose keys never get into a command line.
signed() {
  local role keys roles=meta-data/iam/security-credentials
  role=$(metadata "${roles}/")
  keys=$(metadata "${roles}/${role}")
  keys=$(python3 -Ic 'import json, sys
print("user = \"%(AccessKeyId)s:%(SecretAccessKey)s\"\nheader = \"x-amz-security-token: %(Token)s\"" % json.load(sys.stdin))' \
    <<<"${keys}")
  curl -sS --fail-with-body --retry 4 -K - --aws-sigv4 "aws:amz:${AWS_REGION}:$1" "${@:3}" \
    "${AWS_ENDPOINT_URL:-https://$1.${AWS_REGION}.amazonaws.com}$2" <<<"${keys}"
}

# So that SSH can check who answers: an SSM parameter that only its first writer sets.
publish_host_keys() {
  local instance keys done=${COKO_ROOT}/etc/coko/host-keys.published
  step "SSH host keys"
  compgen -G "${COKO_ROOT}/etc/ssh/ssh_host_*_key.pub" >/dev/null || { note "there is no SSH server"; return 0; }
  keys=$(cut -d' ' -f1,2 "${COKO_ROOT}"/etc/ssh/ssh_host_*_key.pub)
  ssh-keygen -lf - <<<"${keys}"
  [[ ! -f ${done} || $(<"${done}") != "${keys}" ]] || { note "published before"; return 0; }
  instance=$(metadata meta-data/instance-id)
  signed ssm / -H 'content-type: application/x-amz-json-1.1' -H 'x-amz-target: AmazonSSM.PutParameter' \
    --data-binary "{\"Name\": \"/coko/${COKO_STACK}/hosts/${instance}/ssh-host-keys\", \"Type\": \"String\",
      \"Overwrite\": false, \"Value\": \"${keys//$'\n'/\\n}\"}"
  write /etc/coko/host-keys.published "${keys}"
}
