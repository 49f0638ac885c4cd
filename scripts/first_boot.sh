#!/usr/bin/env bash
# First boot of a web or WAS host: what a release needs and no release may move.
# It follows _first_boot.sh in user data. The CodeDeploy agent comes last: with it, releases come.
# shellcheck disable=SC2154 # exported by user data, or set in what comes before

: "${CODEDEPLOY_AGENT_VERSION:?}" "${COKO_HEALTH_PATH:?}"
AGENT=codedeploy-agent
UNITS=/etc/systemd/system

# The server and its health check are the host's (as in app/web/nginx/host.conf). A release's site is a part of it.
web_server() {
  step "nginx answers ${COKO_HEALTH_PATH}"
  local web=/opt/coko/web
  write "${web}/no-release/nginx/site.conf" 'location / { default_type text/plain; return 503 "no release yet\n"; }'
  [[ -L ${COKO_ROOT}${web}/current ]] || ln -s no-release "${COKO_ROOT}${web}/current"
  rm -f "${COKO_ROOT}/etc/nginx/sites-enabled/default"
  write /etc/nginx/conf.d/coko.conf "server_tokens off;
server {
  listen 80 default_server backlog=1024;
  server_name _;
  location = ${COKO_HEALTH_PATH} {
    access_log off;
    default_type text/plain;
    add_header Cache-Control no-store;
    return 200 \"ok\\n\";
  }
  include ${web}/current/nginx/site.con[f];
}"
  nginx -tq
  systemctl enable --now nginx
  [[ ${CHANGED} == false ]] || systemctl reload nginx
  retry_until 10 1 curl -fsS -o /dev/null "http://127.0.0.1${COKO_HEALTH_PATH}"
}

# Without a release a WAS host would fail its health check and be replaced, for ever. The release's unit ends this.
placeholder() {
  step "a placeholder answers ${COKO_HEALTH_PATH}"
  id coko &>/dev/null || useradd --system --user-group --home-dir /opt/coko --shell /usr/sbin/nologin coko
  write /etc/coko/placeholder.py "from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class NoRelease(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == '${COKO_HEALTH_PATH}' else 503)
        self.end_headers()

ThreadingHTTPServer(('', ${COKO_PORT:-8000}), NoRelease).serve_forever()"
  write "${UNITS}/coko-placeholder.service" "[Unit]
Description=Health check until the first release
Conflicts=coko-was.service
ConditionPathExists=!${UNITS}/coko-was.service
[Service]
ExecStart=/usr/bin/python3 -I /etc/coko/placeholder.py
User=coko
Restart=always
[Install]
WantedBy=multi-user.target"
  [[ ! -e ${COKO_ROOT}${UNITS}/coko-was.service ]] || return 0
  systemctl daemon-reload
  systemctl enable --now coko-placeholder
}

codedeploy_agent() {
  local installed
  step "CodeDeploy agent"
  installed=$(dpkg-query -W -f '${Version}' "${AGENT}" 2>/dev/null || true)
  if [[ -z ${installed} ]] && has_unit "${AGENT}"; then
    note "the image brought its own"
  elif [[ ${installed} != "${CODEDEPLOY_AGENT_VERSION}" ]]; then
    install_codedeploy_agent
  fi
  # The original system started its agent and did not enable it: every host that it scaled out was lost.
  systemctl enable --now "${AGENT}"
  retry_until 30 1 systemctl is-active --quiet "${AGENT}"
}

# AWS publishes neither signature nor checksum of it: TLS to AWS's bucket, and CODEDEPLOY_AGENT_SHA256 for who keeps one.
install_codedeploy_agent() {
  local deb found name=${AGENT}_${CODEDEPLOY_AGENT_VERSION}_all.deb
  want ruby-full command -v ruby
  install_wanted
  deb=$(mktemp --suffix=.deb)
  download "https://aws-codedeploy-${AWS_REGION}.s3.${AWS_REGION}.amazonaws.com/releases/${name}" "${deb}"
  [[ -z ${CODEDEPLOY_AGENT_SHA256:-} ]] || sha256sum --check --quiet <<<"${CODEDEPLOY_AGENT_SHA256}  ${deb}"
  found=$(dpkg-deb -f "${deb}" Version)
  [[ ${found} == "${CODEDEPLOY_AGENT_VERSION}" ]] ||
    die "CodeDeploy agent" "${name} holds version ${found}" "check coko:hosts.codedeploy_agent"
  retry_until 5 10 apt install -y "${deb}"
  rm -f "${deb}"
  # The package brings an init script, whose daemon nobody restarts.
  write "${UNITS}/${AGENT}.service" "[Unit]
Description=AWS CodeDeploy agent
After=network.target
[Service]
Type=forking
ExecStart=/opt/${AGENT}/bin/${AGENT} start
ExecStop=/opt/${AGENT}/bin/${AGENT} stop
Restart=on-failure
RestartSec=5
OOMScoreAdjust=-500
[Install]
WantedBy=multi-user.target"
  systemctl daemon-reload
  systemctl restart "${AGENT}"
}

main() {
  local logs=(/var/log/aws/codedeploy-agent/codedeploy-agent.log
    /opt/codedeploy-agent/deployment-root/deployment-logs/codedeploy-agent-deployments.log)
  begin
  step "packages"
  want ca-certificates test -s /etc/ssl/certs/ca-certificates.crt
  want curl command -v curl
  want python3-venv python3 -c 'import ensurepip, venv'
  [[ ${COKO_TIER} != web ]] || want nginx command -v nginx
  install_wanted
  make_swap
  case ${COKO_TIER} in
    web) web_server; logs+=(/var/log/nginx/access.log /var/log/nginx/error.log) ;;
    was) placeholder; logs+=(/var/log/syslog) ;;
    *) die "first boot" "there is no tier ${COKO_TIER}" "user data says web or was" ;;
  esac
  optional "the CloudWatch agent" cloudwatch_agent "${logs[@]}"
  optional "published SSH host keys" publish_host_keys
  codedeploy_agent
  finish
}

main
