"""CloudWatch alarms: without data they know nothing yet, a change keeps their state, and a new state does something."""

from __future__ import annotations

import json
from typing import Any

from rehearsal.cloud.answers import Answers, Call, Reply
from rehearsal.cloud.errors import AwsError

ANSWERS = Answers("cloudwatch")
UNKNOWN = ("Unchecked: Initial alarm creation", "{}", "INSUFFICIENT_DATA")
ACTIONS = {"OK": "OKActions", "ALARM": "AlarmActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}


@ANSWERS("PutMetricAlarm")
def put(call: Call) -> Reply:
    alarms = _backend(call).alarms
    old = alarms.get(call.params["AlarmName"])
    state = (old.state_reason, old.state_reason_data, old.state_value) if old else UNKNOWN
    reply = call.onward()
    new = alarms[call.params["AlarmName"]]
    new.state_reason, new.state_reason_data, new.state_value = state
    if old:
        new.state_updated_timestamp, new.history = old.state_updated_timestamp, old.history
    return reply


@ANSWERS("SetAlarmState")
def set_state(call: Call) -> Reply:
    alarm = described(call, call.params["AlarmName"])
    reply = call.onward()
    if alarm and alarm["StateValue"] != call.params["StateValue"]:
        act(call, alarm, call.params["StateValue"], call.params["StateReason"])
    return reply


def described(call: Call, name: str) -> dict[str, Any] | None:
    found = call.ask("cloudwatch", "DescribeAlarms", AlarmNames=[name])["MetricAlarms"]
    return found[0] if found else None


def act(call: Call, alarm: dict[str, Any], state: str, reason: str) -> None:
    """What the alarm is to do in its new state: tell a topic, scale a group. One that fails doesn't stop the others."""
    for action in alarm.get(ACTIONS[state], []) if alarm.get("ActionsEnabled") else ():
        try:
            if ":autoscaling:" in action:
                threshold = float(alarm.get("Threshold", 0))
                call.ask("autoscaling", "ExecutePolicy", PolicyName=action, **_breach(action, call, threshold))
            elif ":sns:" in action:
                message = json.dumps(notice(call, alarm, state, reason))
                call.ask("sns", "Publish", TopicArn=action, Message=message,
                         Subject=f'{state}: "{alarm["AlarmName"]}" in {call.region}'[:100])
        except AwsError as error:
            _backend(call).alarms[alarm["AlarmName"]].history.append(("Action", action, str(error), state, None))


def _breach(policy: str, call: Call, threshold: float) -> dict[str, float]:
    """A step policy wants to know by how much; an alarm that was set by hand is exactly at its threshold."""
    found = call.ask("autoscaling", "DescribePolicies", PolicyNames=[policy])["ScalingPolicies"]
    if found and found[0]["PolicyType"] == "StepScaling":
        return {"MetricValue": threshold, "BreachThreshold": threshold}
    return {}


def notice(call: Call, alarm: dict[str, Any], state: str, reason: str) -> dict[str, Any]:
    """The message that subscribers get."""
    return {
        "AlarmName": alarm["AlarmName"], "AlarmDescription": alarm.get("AlarmDescription"),
        "AlarmArn": alarm["AlarmArn"], "AWSAccountId": call.account, "Region": call.region,
        "NewStateValue": state, "NewStateReason": reason,
        "OldStateValue": alarm["StateValue"], "StateChangeTime": str(alarm["StateUpdatedTimestamp"]),
        "OKActions": alarm["OKActions"], "AlarmActions": alarm["AlarmActions"],
        "InsufficientDataActions": alarm["InsufficientDataActions"],
        "Trigger": {key: alarm[key] for key in ("MetricName", "Namespace", "Threshold", "ComparisonOperator", "Period",
                                                "EvaluationPeriods", "TreatMissingData") if key in alarm},
    }


def _backend(call: Call) -> Any:
    from moto.cloudwatch.models import cloudwatch_backends
    return cloudwatch_backends[call.account][call.region]
