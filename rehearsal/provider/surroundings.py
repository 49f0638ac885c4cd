"""What hangs on each kind of resource, and what stands in the account: the places where strangers turn up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.failures import is_gone
from rehearsal.provider.kinds import balancers, dns, routing
from rehearsal.provider.values import Props

RULES = {True: "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
         False: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"}

ATTACHMENT = "aws:lb/targetGroupAttachment:TargetGroupAttachment"


@dataclass(frozen=True)
class Thing:
    """Something that is there. `owner` names whoever made it, where that is not the program but rightly so."""

    type: str
    id: str
    said: str = ""
    name: str = ""
    owner: str = ""


Look = Callable[[Aws, str, Props], Iterable[Thing]]


def group_rules(aws: Aws, id_: str, properties: Props) -> Iterable[Thing]:
    inline = {False: bool(properties.get("ingress")), True: bool(properties.get("egress"))}
    here = [{"Name": "group-id", "Values": [id_]}]
    for rule in aws.pages("ec2", "describe_security_group_rules", "SecurityGroupRules", Filters=here):
        if not inline[rule["IsEgress"]]:
            yield Thing(RULES[rule["IsEgress"]], rule["SecurityGroupRuleId"], said_of_rule(rule))


def said_of_rule(rule: Mapping[str, Any]) -> str:
    other = rule.get("CidrIpv4") or rule.get("CidrIpv6") or rule.get("PrefixListId")\
        or (rule.get("ReferencedGroupInfo") or {}).get("GroupId", "?")
    ports = "all traffic" if rule["IpProtocol"] == "-1" else f"{rule['IpProtocol']} {rule['FromPort']}" + (
        f"-{rule['ToPort']}" if rule["ToPort"] != rule["FromPort"] else "")
    return f"{'out to' if rule['IsEgress'] else 'in from'} {other}: {ports}"


def routes(aws: Aws, id_: str, properties: Props) -> Iterable[Thing]:
    """But for the VPC's own, and those that a gateway endpoint adds."""
    table = routing.TABLE.live(aws, id_)
    for route in table["Routes"] if table else []:
        target = next((route[t] for t in routing.TARGETS.values() if route.get(t)), "?")
        where = next((route[d] for d in routing.DESTINATIONS.values() if route.get(d)), "?")
        if target != "local" and not target.startswith("vpce-") and route.get("Origin") != "EnableVgwRoutePropagation":
            named = {name: route.get(field) for name, field in routing.DESTINATIONS.items()}
            route_id = routing.id_of_route({**named, "routeTableId": id_})
            yield Thing("aws:ec2/route:Route", route_id, f"{where} to {target}")


def listeners(aws: Aws, id_: str, properties: Props) -> Iterable[Thing]:
    for live in aws.pages("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=id_):
        yield Thing("aws:lb/listener:Listener", live["ListenerArn"], f"{live.get('Protocol')} {live.get('Port')}")


def listener_rules(aws: Aws, id_: str, properties: Props) -> Iterable[Thing]:
    for live in aws.pages("elbv2", "describe_rules", "Rules", ListenerArn=id_):
        if not live["IsDefault"]:
            does = ", ".join(action["Type"] for action in live["Actions"])
            yield Thing("aws:lb/listenerRule:ListenerRule", live["RuleArn"], f"priority {live['Priority']}: {does}")


def targets(aws: Aws, id_: str, properties: Props) -> Iterable[Thing]:
    """Instances of Auto Scaling groups come and go by themselves."""
    fleet = {i["InstanceId"] for group in aws.pages("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups")
             if id_ in group.get("TargetGroupARNs", []) for i in group["Instances"]}
    for found in aws.elbv2.describe_target_health(TargetGroupArn=id_)["TargetHealthDescriptions"]:
        target = found["Target"]["Id"]
        if target not in fleet and found["TargetHealth"]["State"] != "draining":
            yield Thing(ATTACHMENT, f"{id_}-{target}", f"target {target}", target)


def role_policies(aws: Aws, id_: str, properties: Props) -> Iterable[Thing]:
    for name in aws.pages("iam", "list_role_policies", "PolicyNames", RoleName=id_):
        yield Thing("aws:iam/rolePolicy:RolePolicy", f"{id_}:{name}", f"inline policy {name}")
    for policy in aws.pages("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=id_):
        yield Thing("aws:iam/rolePolicyAttachment:RolePolicyAttachment", f"{id_}/{policy['PolicyArn']}",
                    f"attached policy {policy['PolicyName']}")


def zone_records(aws: Aws, id_: str, properties: Props) -> Iterable[Thing]:
    apex = str(properties["name"]).rstrip(".")
    for live in aws.pages("route53", "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=id_):
        name = live["Name"].rstrip(".")
        if not (name == apex and live["Type"] in ("NS", "SOA")):
            yield Thing("aws:route53/record:Record", dns.id_of({"zoneId": id_, "name": name, "type": live["Type"]}),
                        f"{live['Type']} {name}")


def bucket_policy(aws: Aws, id_: str, properties: Props) -> Iterable[Thing]:
    try:
        document = aws.s3.get_bucket_policy(Bucket=id_)["Policy"]
    except aws.s3.exceptions.ClientError as error:
        if is_gone(error):
            return
        raise
    yield Thing("aws:s3/bucketPolicy:BucketPolicy", id_, f"a policy of {len(document)} characters")


def subscriptions(aws: Aws, id_: str, properties: Props) -> Iterable[Thing]:
    for live in aws.pages("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=id_):
        yield Thing("aws:sns/topicSubscription:TopicSubscription", live["SubscriptionArn"],
                    f"{live['Protocol']} to {live['Endpoint']}")


def fleet_parts(aws: Aws, id_: str, properties: Props) -> Iterable[Thing]:
    for policy in aws.pages("autoscaling", "describe_policies", "ScalingPolicies", AutoScalingGroupName=id_):
        yield Thing("aws:autoscaling/policy:Policy", policy["PolicyName"], policy["PolicyType"])
    initial = [hook["name"] for hook in properties.get("initialLifecycleHooks") or []]
    for hook in aws.autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=id_)["LifecycleHooks"]:
        name = hook["LifecycleHookName"]
        if name not in initial:
            yield Thing("aws:autoscaling/lifecycleHook:LifecycleHook", f"{id_}/{name}", hook["LifecycleTransition"],
                        name, "CodeDeploy" if name.startswith("CodeDeploy-") else "")


def network_parts(aws: Aws, id_: str, properties: Props) -> Iterable[Thing]:
    """Everything that stands in the VPC and that somebody made: not its main table, its default group."""
    here = [{"Name": "vpc-id", "Values": [id_]}]
    for subnet in aws.ec2.describe_subnets(Filters=here)["Subnets"]:
        yield Thing("aws:ec2/subnet:Subnet", subnet["SubnetId"], subnet["CidrBlock"])
    for group in aws.ec2.describe_security_groups(Filters=here)["SecurityGroups"]:
        if group["GroupName"] != "default":
            yield Thing("aws:ec2/securityGroup:SecurityGroup", group["GroupId"], group["GroupName"])
    for table in aws.ec2.describe_route_tables(Filters=here)["RouteTables"]:
        if not any(a.get("Main") for a in table["Associations"]):
            yield Thing("aws:ec2/routeTable:RouteTable", table["RouteTableId"])
    for endpoint in aws.ec2.describe_vpc_endpoints(Filters=here)["VpcEndpoints"]:
        if str(endpoint["State"]).lower() not in ("deleted", "deleting"):
            yield Thing("aws:ec2/vpcEndpoint:VpcEndpoint", endpoint["VpcEndpointId"], endpoint["ServiceName"])
    for nat in aws.ec2.describe_nat_gateways(Filters=here)["NatGateways"]:
        if nat["State"] not in ("deleted", "deleting"):
            yield Thing("aws:ec2/natGateway:NatGateway", nat["NatGatewayId"], nat["SubnetId"])


def claims(type_: str, id_: str, inputs: Props) -> set[tuple[str, str]]:
    """The things that a resource of the program accounts for: itself, under the id that the lists above give it."""
    if type_ == ATTACHMENT:      # its own id may hold a port, which the service does not tell apart
        return {(type_, f"{inputs['targetGroupArn']}-{inputs['targetId']}")}
    return {(type_, id_)}


AROUND: dict[str, Look] = {
    "aws:ec2/securityGroup:SecurityGroup": group_rules,
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": group_rules,
    "aws:ec2/routeTable:RouteTable": routes,
    "aws:ec2/vpc:Vpc": network_parts,
    "aws:lb/loadBalancer:LoadBalancer": listeners,
    "aws:lb/listener:Listener": listener_rules,
    "aws:lb/targetGroup:TargetGroup": targets,
    "aws:iam/role:Role": role_policies,
    "aws:route53/zone:Zone": zone_records,
    "aws:s3/bucket:Bucket": bucket_policy,
    "aws:sns/topic:Topic": subscriptions,
    "aws:autoscaling/group:Group": fleet_parts,
}


# --- the account ----------------------------------------------------------------------------------------------------

def account_network(aws: Aws) -> Iterable[Thing]:
    for vpc in aws.ec2.describe_vpcs()["Vpcs"]:
        if not vpc["IsDefault"]:
            yield Thing("aws:ec2/vpc:Vpc", vpc["VpcId"], vpc["CidrBlock"])
    for address in aws.ec2.describe_addresses()["Addresses"]:
        yield Thing("aws:ec2/eip:Eip", address["AllocationId"], address["PublicIp"])
    for live in balancers.listed(aws):
        yield Thing("aws:lb/loadBalancer:LoadBalancer", live["LoadBalancerArn"], live["Type"], live["LoadBalancerName"])


def account_hosts(aws: Aws) -> Iterable[Thing]:
    for reservation in aws.pages("ec2", "describe_instances", "Reservations"):
        for live in reservation["Instances"]:
            tags = {tag["Key"]: tag["Value"] for tag in live.get("Tags", [])}
            group = tags.get("aws:autoscaling:groupName")
            if live["State"]["Name"] not in ("terminated", "shutting-down"):
                yield Thing("aws:ec2/instance:Instance", live["InstanceId"], live["InstanceType"], tags.get("Name", ""),
                            f"the Auto Scaling group {group}" if group else "")
    for live in aws.pages("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups"):
        yield Thing("aws:autoscaling/group:Group", live["AutoScalingGroupName"])


def account_rest(aws: Aws) -> Iterable[Thing]:
    for live in aws.pages("cloudwatch", "describe_alarms", "MetricAlarms"):
        tracked = live["AlarmName"].startswith("TargetTracking-")
        yield Thing("aws:cloudwatch/metricAlarm:MetricAlarm", live["AlarmName"], live.get("MetricName", ""),
                    owner="Auto Scaling, for a target tracking policy" if tracked else "")
    for live in aws.pages("iam", "list_roles", "Roles"):
        service = live["Path"].startswith("/aws-service-role/")
        yield Thing("aws:iam/role:Role", live["RoleName"], live["Path"], owner="an AWS service" if service else "")
    for live in aws.s3.list_buckets()["Buckets"]:
        yield Thing("aws:s3/bucket:Bucket", live["Name"])
    for live in aws.pages("rds", "describe_db_instances", "DBInstances"):
        yield Thing("aws:rds/instance:Instance", live["DbiResourceId"], live["Engine"], live["DBInstanceIdentifier"])


def account_parameters(aws: Aws) -> Iterable[Thing]:
    for live in aws.pages("ssm", "describe_parameters", "Parameters"):
        host = "/hosts/" in live["Name"]
        yield Thing("aws:ssm/parameter:Parameter", live["Name"], live["Type"],
                    owner="a host, at its first boot" if host else "")


ACCOUNT: tuple[Callable[[Aws], Iterable[Thing]], ...] = (
    account_network, account_hosts, account_rest, account_parameters)
