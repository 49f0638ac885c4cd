"""CloudWatch: alarms, dashboards and log groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.checks import between, one_of
from rehearsal.provider.kind import Kind, Made, Naming
from rehearsal.provider.kinds.shapes import only, outputs, params, retagged, tag_list, tag_map
from rehearsal.provider.values import Props

PLAIN = ("comparisonOperator evaluationPeriods metricName namespace period statistic extendedStatistic threshold "
         "actionsEnabled alarmDescription datapointsToAlarm treatMissingData unit thresholdMetricId alarmActions "
         "insufficientDataActions")
RENAMED = {"okActions": "OKActions", "evaluateLowSampleCountPercentiles": "EvaluateLowSampleCountPercentile"}


def dimensions(given: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in sorted(given.items())]


def query(given: Props) -> dict[str, Any]:
    found: dict[str, Any] = params(given, "id expression label period accountId returnData")
    metric = given.get("metric")
    if metric:
        found["MetricStat"] = {**params(metric, "period stat unit"), "Metric": {
            **params(metric, "metricName namespace"), "Dimensions": dimensions(metric.get("dimensions") or {})}}
    return found


def put(aws: Aws, inputs: Props, tags: list[dict[str, str]]) -> None:
    queries = [query(given) for given in inputs.get("metricQueries") or []]
    if queries:
        inputs = {name: value for name, value in inputs.items() if name not in ("period", "statistic")}
    aws.cloudwatch.put_metric_alarm(
        AlarmName=inputs["name"], **params(inputs, PLAIN, **RENAMED), **({"Metrics": queries} if queries else {}),
        **({"Dimensions": dimensions(inputs["dimensions"])} if inputs.get("dimensions") else {}),
        **({"Tags": tags} if tags else {}))


def make(aws: Aws, inputs: Props) -> Made:
    put(aws, inputs, tag_list(inputs["tagsAll"]))
    return Made(inputs["name"], {"arn": aws.arn("cloudwatch", f"alarm:{inputs['name']}")})


def find(aws: Aws, id_: str, properties: Props) -> Props | None:
    live = only(aws.cloudwatch.describe_alarms(AlarmNames=[id_])["MetricAlarms"])
    if live is None:
        return None
    tags = aws.cloudwatch.list_tags_for_resource(ResourceARN=live["AlarmArn"])["Tags"]
    found = outputs(live, PLAIN, **RENAMED, name="AlarmName", arn="AlarmArn")
    asked = {name: value for name, value in found.items() if properties.get(name) is not None}
    return {**asked, "tagsAll": tag_map(tags), **({"dimensions": {d["Name"]: d["Value"] for d in live["Dimensions"]}}
                                                  if live.get("Dimensions") else {})}


def tag(aws: Aws, id_: str, old: Props, new: Props) -> None:
    add, remove = retagged(old, new)
    if add:
        aws.cloudwatch.tag_resource(ResourceARN=new["arn"], Tags=tag_list(add))
    if remove:
        aws.cloudwatch.untag_resource(ResourceARN=new["arn"], TagKeys=remove)


# --- dashboards ------------------------------------------------------------------------------------

def make_dashboard(aws: Aws, inputs: Props) -> Made:
    answer = aws.cloudwatch.put_dashboard(DashboardName=inputs["dashboardName"], DashboardBody=inputs["dashboardBody"])
    wrong = [m.get("Message", "") for m in answer.get("DashboardValidationMessages", [])]
    if wrong:
        raise RuntimeError(f"PutDashboard answered: {'; '.join(wrong)}")
    arn = f"arn:aws:cloudwatch::{aws.account}:dashboard/{inputs['dashboardName']}"
    return Made(inputs["dashboardName"], {"dashboardArn": arn})


def find_dashboard(aws: Aws, id_: str, properties: Props) -> Props | None:
    live = aws.cloudwatch.get_dashboard(DashboardName=id_)
    return {"dashboardBody": live["DashboardBody"], "dashboardArn": live["DashboardArn"]}


# --- log groups ------------------------------------------------------------------------------------

def make_logs(aws: Aws, inputs: Props) -> Made:
    aws.logs.create_log_group(
        logGroupName=inputs["name"], **({"kmsKeyId": inputs["kmsKeyId"]} if inputs.get("kmsKeyId") else {}),
        **({"tags": inputs["tagsAll"]} if inputs["tagsAll"] else {}),
        **({"logGroupClass": inputs["logGroupClass"]} if inputs.get("logGroupClass") else {}))
    return Made(inputs["name"], {"arn": aws.arn("logs", f"log-group:{inputs['name']}"), "name": inputs["name"]})


def keep(aws: Aws, id_: str, inputs: Props) -> None:
    if inputs.get("retentionInDays"):
        aws.logs.put_retention_policy(logGroupName=id_, retentionInDays=inputs["retentionInDays"])


def change_retention(aws: Aws, id_: str, old: Props, new: Props) -> None:
    if not new.get("retentionInDays"):
        aws.logs.delete_retention_policy(logGroupName=id_)
    keep(aws, id_, new)


def find_logs(aws: Aws, id_: str, properties: Props) -> Props | None:
    listed = aws.logs.describe_log_groups(logGroupNamePrefix=id_)["logGroups"]
    live = only(group for group in listed if group["logGroupName"] == id_)
    if live is None:
        return None
    arn = live["arn"].removesuffix(":*")
    tags = aws.logs.list_tags_for_resource(resourceArn=arn)["tags"]
    return {"arn": arn, "name": id_, "retentionInDays": live.get("retentionInDays", 0),
            "kmsKeyId": live.get("kmsKeyId", ""), "tagsAll": dict(tags)}


def tag_logs(aws: Aws, id_: str, old: Props, new: Props) -> None:
    add, remove = retagged(old, new)
    if add:
        aws.logs.tag_resource(resourceArn=new["arn"], tags=add)
    if remove:
        aws.logs.untag_resource(resourceArn=new["arn"], tagKeys=remove)


def drop_logs(aws: Aws, id_: str, properties: Props) -> None:
    if not properties.get("skipDestroy"):
        aws.logs.delete_log_group(logGroupName=id_)


KINDS = (
    Kind(urn_type="aws:cloudwatch/metricAlarm:MetricAlarm", make=make, find=find, tag=tag, fixed="name",
         drop=lambda aws, id_, properties: aws.cloudwatch.delete_alarms(AlarmNames=[id_]), naming=Naming(),
         id_of=lambda inputs: str(inputs["name"]), required="comparisonOperator evaluationPeriods",
         changes={" ".join([PLAIN, *RENAMED, "dimensions metricQueries"]):
                  lambda aws, id_, old, new: put(aws, {**new, "name": id_}, [])},
         sets="alarmActions okActions insufficientDataActions metricQueries",
         defaults={"actionsEnabled": True, "treatMissingData": "missing"},
         checks=(one_of("treatMissingData", "missing", "ignore", "breaching", "notBreaching"),
                 between("evaluationPeriods", 1, 1440))),
    Kind(urn_type="aws:cloudwatch/dashboard:Dashboard", make=make_dashboard, find=find_dashboard, fixed="dashboardName",
         drop=lambda aws, id_, properties: aws.cloudwatch.delete_dashboards(DashboardNames=[id_]),
         id_of=lambda inputs: str(inputs["dashboardName"]), required="dashboardName dashboardBody",
         documents="dashboardBody",
         changes={"dashboardBody": lambda aws, id_, old, new: make_dashboard(aws, new)}),
    Kind(urn_type="aws:cloudwatch/logGroup:LogGroup", make=make_logs, complete=keep, find=find_logs, drop=drop_logs,
         tag=tag_logs, id_of=lambda inputs: str(inputs["name"]), fixed="name namePrefix kmsKeyId logGroupClass",
         naming=Naming(longest=512), state_only="skipDestroy", changes={"retentionInDays": change_retention}),
)
