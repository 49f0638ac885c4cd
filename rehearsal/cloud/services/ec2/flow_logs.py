"""Flow logs: to a bucket below a prefix, or to a log group by its ARN; both read back as they were given."""

from __future__ import annotations

from typing import Any

from rehearsal.cloud.answers import Call, Reply
from rehearsal.cloud.errors import AwsError
from rehearsal.cloud.services.ec2.table import ANSWERS

BUCKET, GROUP = "arn:aws:s3:::", ":log-group:"


def given(call: Call) -> dict[str, dict[str, Any]]:
    return call.world.room(f"ec2/flow-logs/{call.region}", dict[str, dict[str, Any]])


@ANSWERS("CreateFlowLogs")
def create(call: Call) -> Reply:
    if _exists(call):
        raise AwsError("FlowLogAlreadyExists", "Error. There is an existing Flow Log with the same configuration and "
                                               "log destination.")
    params = dict(call.params)
    destination = params.get("LogDestination", "")
    kept: dict[str, Any] = call.names("DestinationOptions", "LogDestination")
    if params.get("LogDestinationType") == "s3":
        bucket = destination.removeprefix(BUCKET).split("/")[0]
        _need_bucket(call, bucket)
        params["LogDestination"] = BUCKET + bucket
    elif GROUP in destination:
        params["LogGroupName"] = destination.split(GROUP, 1)[1].removesuffix(":*")
        params.pop("LogDestination")
    params.pop("DestinationOptions", None)
    reply = call.onward(params)
    for log in reply.get("FlowLogIds", []):
        given(call)[log] = kept
        _make_unlike(call, log)
    return reply


@ANSWERS("DescribeFlowLogs")
def describe(call: Call) -> Reply:
    reply = call.onward()
    for log in reply["FlowLogs"]:
        log.update(given(call).get(log["FlowLogId"], {}))
        if GROUP in log.get("LogDestination", ""):
            log.pop("LogGroupName", None)
    return reply


def _need_bucket(call: Call, bucket: str) -> None:
    names = [b["Name"] for b in call.ask("s3", "ListBuckets")["Buckets"]]
    if bucket not in names:
        raise AwsError("InvalidParameter", f"LogDestination: {bucket} does not exist.")


def _exists(call: Call) -> bool:
    where = call.params.get("LogDestination") or call.params.get("LogGroupName")
    return any(log["ResourceId"] in call.params["ResourceIds"] and log["TrafficType"] == call.params.get("TrafficType")
               and where == (log.get("LogDestination") or log.get("LogGroupName"))
               for log in call.ask("ec2", "DescribeFlowLogs")["FlowLogs"])


def _make_unlike(call: Call, log: str) -> None:
    """moto takes two logs into one bucket for twins, whatever their prefixes and traffic; the question is ours."""
    from moto.ec2.models import ec2_backends
    if call.params.get("LogDestinationType") == "s3":
        made = ec2_backends[call.account][call.region].flow_logs[log]
        made.log_destination = f"{call.params['LogDestination']}#{log}"
