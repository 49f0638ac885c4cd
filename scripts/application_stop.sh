#!/usr/bin/env bash
# Nothing. CodeDeploy runs the copy of the revision that is already on the host, so a mistake here would outlive its mending.
# The service keeps serving until ApplicationStart switches it; without traffic already, where there is a load balancer.
set -euo pipefail
printf '%s\n' "==> the previous release goes on until the next one starts"
