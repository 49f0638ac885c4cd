"""CodeDeploy: applications, deployment groups and deployment configurations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.checks import one_of
from rehearsal.provider.kind import Kind, Made, Naming, Problem
from rehearsal.provider.kinds.shapes import camel_tree, outputs, params, pascal_tree, retagged, tag_list, tag_map
from rehearsal.provider.values import Props

SAME = {"serviceRoleArn": "serviceRoleArn", "deploymentConfigName": "deploymentConfigName",
        "autoscalingGroups": "autoScalingGroups", "outdatedInstancesStrategy": "outdatedInstancesStrategy",
        "terminationHookEnabled": "terminationHookEnabled"}
NESTED = {"alarmConfiguration": "alarmConfiguration", "autoRollbackConfiguration": "autoRollbackConfiguration",
          "blueGreenDeploymentConfig": "blueGreenDeploymentConfiguration", "deploymentStyle": "deploymentStyle"}
FILTERS = {"ec2TagFilters": "ec2TagFilters", "onPremisesInstanceTagFilters": "onPremisesInstanceTagFilters"}


# --- applications ----------------------------------------------------------------------------------

def make_application(aws: Aws, inputs: Props) -> Made:
    tags = tag_list(inputs["tagsAll"])
    id_ = aws.codedeploy.create_application(
        applicationName=inputs["name"], computePlatform=inputs["computePlatform"],
        **({"tags": tags} if tags else {}))["applicationId"]
    return Made(id_, {"applicationId": id_, "arn": application_arn(aws, inputs["name"])})


def application_arn(aws: Aws, name: str) -> str:
    return aws.arn("codedeploy", f"application:{name}")


def find_application(aws: Aws, id_: str, properties: Props) -> Props | None:
    live = aws.codedeploy.get_application(applicationName=properties["name"])["application"]
    return {"applicationId": live["applicationId"], "name": live["applicationName"],
            "computePlatform": live["computePlatform"], "arn": application_arn(aws, properties["name"]),
            "tagsAll": tags_of(aws, application_arn(aws, properties["name"]))}


def seek_application(aws: Aws, inputs: Props) -> Iterable[str]:
    if inputs["name"] in aws.pages("codedeploy", "list_applications", "applications"):
        yield aws.codedeploy.get_application(applicationName=inputs["name"])["application"]["applicationId"]


def tags_of(aws: Aws, arn: str) -> dict[str, str]:
    return tag_map(aws.codedeploy.list_tags_for_resource(ResourceArn=arn)["Tags"])


def tag(aws: Aws, id_: str, old: Props, new: Props) -> None:
    add, remove = retagged(old, new)
    if add:
        aws.codedeploy.tag_resource(ResourceArn=new["arn"], Tags=tag_list(add))
    if remove:
        aws.codedeploy.untag_resource(ResourceArn=new["arn"], TagKeys=remove)


# --- deployment groups -----------------------------------------------------------------------------

def group_request(inputs: Props) -> dict[str, Any]:
    """The API spells this service's parameters as Pulumi does, but for a few."""
    found = {**params(inputs, "", **SAME), **{key: inputs[name] for name, key in NESTED.items() if inputs.get(name)}}
    alarms = inputs.get("alarmConfiguration")
    if alarms:
        found["alarmConfiguration"] = {**{k: v for k, v in alarms.items() if k != "alarms"},
                                       "alarms": [{"name": name} for name in alarms.get("alarms", [])]}
    for name, key in FILTERS.items():
        if inputs.get(name):
            found[key] = [pascal_tree(item) for item in inputs[name]]
    if inputs.get("ec2TagSets"):
        found["ec2TagSet"] = {"ec2TagSetList": [[pascal_tree(item) for item in tag_set.get("ec2TagFilters", [])]
                                                for tag_set in inputs["ec2TagSets"]]}
    if inputs.get("loadBalancerInfo"):
        found["loadBalancerInfo"] = load_balancers(inputs["loadBalancerInfo"])
    if inputs.get("triggerConfigurations"):
        found["triggerConfigurations"] = inputs["triggerConfigurations"]
    return found


def load_balancers(given: Props) -> dict[str, Any]:
    return {key: given[name] for name, key in (("targetGroupInfos", "targetGroupInfoList"), ("elbInfos", "elbInfoList"))
            if given.get(name)}


def make_group(aws: Aws, inputs: Props) -> Made:
    tags = tag_list(inputs["tagsAll"])
    return Made(aws.codedeploy.create_deployment_group(
        applicationName=inputs["appName"], deploymentGroupName=inputs["deploymentGroupName"], **group_request(inputs),
        **({"tags": tags} if tags else {}))["deploymentGroupId"])


def group_arn(aws: Aws, properties: Props) -> str:
    return aws.arn("codedeploy", f"deploymentgroup:{properties['appName']}/{properties['deploymentGroupName']}")


def find_group(aws: Aws, id_: str, properties: Props) -> Props | None:
    live = aws.codedeploy.get_deployment_group(
        applicationName=properties["appName"],
        deploymentGroupName=properties["deploymentGroupName"])["deploymentGroupInfo"]
    found = {name: live[key] for name, key in {**SAME, **NESTED}.items() if live.get(key) is not None}
    if "autoscalingGroups" in found:
        found["autoscalingGroups"] = [group["name"] for group in found["autoscalingGroups"]]
    if found.get("alarmConfiguration"):
        names = [alarm["name"] for alarm in found["alarmConfiguration"].get("alarms", [])]
        found["alarmConfiguration"] = {**found["alarmConfiguration"], "alarms": names}
    if live.get("ec2TagFilters"):
        found["ec2TagFilters"] = camel_tree(live["ec2TagFilters"])
    balancers = live.get("loadBalancerInfo") or {}
    if balancers.get("targetGroupInfoList"):
        found["loadBalancerInfo"] = {"targetGroupInfos": balancers["targetGroupInfoList"]}
    return {**{n: v for n, v in found.items() if properties.get(n) is not None},
            **outputs(live, "", computePlatform="computePlatform", deploymentGroupId="deploymentGroupId"),
            "arn": group_arn(aws, properties), "tagsAll": tags_of(aws, group_arn(aws, properties))}


def seek_group(aws: Aws, inputs: Props) -> Iterable[str]:
    names = aws.pages("codedeploy", "list_deployment_groups", "deploymentGroups", applicationName=inputs["appName"])
    if inputs["deploymentGroupName"] in names:
        yield aws.codedeploy.get_deployment_group(
            applicationName=inputs["appName"],
            deploymentGroupName=inputs["deploymentGroupName"])["deploymentGroupInfo"]["deploymentGroupId"]


def change_group(aws: Aws, id_: str, old: Props, new: Props) -> None:
    emptied: dict[str, Any] = {key: [] for name, key in {**FILTERS, "autoscalingGroups": "autoScalingGroups",
                                         "triggerConfigurations": "triggerConfigurations"}.items()
               if old.get(name) and not new.get(name)}
    aws.codedeploy.update_deployment_group(
        applicationName=new["appName"], currentDeploymentGroupName=old["deploymentGroupName"],
        **({"newDeploymentGroupName": new["deploymentGroupName"]}
           if old["deploymentGroupName"] != new["deploymentGroupName"] else {}), **{**emptied, **group_request(new)})


def drop_group(aws: Aws, id_: str, properties: Props) -> None:
    aws.codedeploy.delete_deployment_group(applicationName=properties["appName"],
                                           deploymentGroupName=properties["deploymentGroupName"])


# --- configurations --------------------------------------------------------------------------------

def make_config(aws: Aws, inputs: Props) -> Made:
    given = {name: inputs[name] for name in ("minimumHealthyHosts", "trafficRoutingConfig", "zonalConfig")
             if inputs.get(name)}
    id_ = aws.codedeploy.create_deployment_config(
        deploymentConfigName=inputs["deploymentConfigName"], computePlatform=inputs["computePlatform"],
        **given)["deploymentConfigId"]
    return Made(inputs["deploymentConfigName"], {
        "deploymentConfigId": id_, "arn": aws.arn("codedeploy", f"deploymentconfig:{inputs['deploymentConfigName']}")})


def find_config(aws: Aws, id_: str, properties: Props) -> Props | None:
    live = aws.codedeploy.get_deployment_config(deploymentConfigName=id_)["deploymentConfigInfo"]
    return outputs(live, "", deploymentConfigName="deploymentConfigName", computePlatform="computePlatform",
                   deploymentConfigId="deploymentConfigId", minimumHealthyHosts="minimumHealthyHosts")


def healthy_hosts(inputs: Props) -> Iterable[Problem]:
    if inputs.get("computePlatform") == "Server" and not inputs.get("minimumHealthyHosts"):
        yield Problem("minimumHealthyHosts", "is required for computePlatform Server")


KINDS = (
    Kind(urn_type="aws:codedeploy/application:Application", make=make_application, find=find_application, tag=tag,
         drop=lambda aws, id_, properties: aws.codedeploy.delete_application(applicationName=properties["name"]),
         seek=seek_application, fixed="name computePlatform", naming=Naming(longest=100),
         defaults={"computePlatform": "Server"}, checks=(one_of("computePlatform", "Server", "Lambda", "ECS"),)),
    Kind(urn_type="aws:codedeploy/deploymentGroup:DeploymentGroup", make=make_group, find=find_group, drop=drop_group,
         seek=seek_group, tag=tag, fixed="appName", required="appName deploymentGroupName serviceRoleArn",
         sets="autoscalingGroups ec2TagFilters alarms events triggerConfigurations targetGroupInfos",
         defaults={"deploymentConfigName": "CodeDeployDefault.OneAtATime", "outdatedInstancesStrategy": "UPDATE"},
         changes={" ".join(["deploymentGroupName ec2TagSets loadBalancerInfo triggerConfigurations", *SAME, *NESTED,
                            *FILTERS]): change_group}),
    Kind(urn_type="aws:codedeploy/deploymentConfig:DeploymentConfig", make=make_config, find=find_config,
         drop=lambda aws, id_, properties: aws.codedeploy.delete_deployment_config(deploymentConfigName=id_),
         id_of=lambda inputs: str(inputs["deploymentConfigName"]), naming=Naming("deploymentConfigName", 100),
         fixed="deploymentConfigName computePlatform minimumHealthyHosts trafficRoutingConfig zonalConfig",
         defaults={"computePlatform": "Server"}, checks=(healthy_hosts,)),
)
