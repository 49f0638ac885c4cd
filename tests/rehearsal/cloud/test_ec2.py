"""EC2: templates that launch whole, rules with their descriptions, deletes that are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from rehearsal.cloud.services.ec2.instances import unfolded
from tests.rehearsal.cloud import ACCOUNT, Clients, Network, code_of, image, template

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]})


def data(aws: Clients, template_id: str, version: str) -> dict[str, Any]:
    [found] = aws.ec2.describe_launch_template_versions(LaunchTemplateId=template_id, Versions=[version])[
        "LaunchTemplateVersions"]
    return dict(found["LaunchTemplateData"])


def launch(aws: Clients, network: Network, template_id: str, version: str = "$Latest", **words: Any) -> dict[str, Any]:
    made = aws.ec2.run_instances(MinCount=1, MaxCount=1, SubnetId=network.subnets[0], **words, LaunchTemplate={
        "LaunchTemplateId": template_id, "Version": version})["Instances"][0]
    [again] = aws.ec2.describe_instances(InstanceIds=[made["InstanceId"]])["Reservations"][0]["Instances"]
    return dict(again)


def profile(aws: Clients) -> str:
    name = aws.name("role")
    aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    arn = aws.iam.create_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Arn"]
    aws.iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    return str(arn)


def test_a_version_takes_from_its_source_what_it_leaves_out(aws: Clients) -> None:
    made = template(aws, EbsOptimized=True)
    for _ in range(17):      # more than moto shows on one page
        aws.ec2.create_launch_template_version(LaunchTemplateId=made, SourceVersion="1", LaunchTemplateData={
            "UserData": "IyEvYmluL2Jhc2g="})
    assert data(aws, made, "2") == {**data(aws, made, "1"), "UserData": "IyEvYmluL2Jhc2g="}
    assert len(aws.ec2.describe_launch_template_versions(LaunchTemplateId=made)["LaunchTemplateVersions"]) == 18
    aws.ec2.modify_launch_template(LaunchTemplateId=made, DefaultVersion="2")
    [found] = aws.ec2.describe_launch_templates(LaunchTemplateIds=[made])["LaunchTemplates"]
    assert (found["DefaultVersionNumber"], found["LatestVersionNumber"]) == (2, 18)


def test_a_templates_own_tags_are_not_what_it_launches(aws: Clients) -> None:
    made = aws.ec2.create_launch_template(
        LaunchTemplateName=aws.name("tagged"), LaunchTemplateData={"ImageId": image(aws)},
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": [{"Key": "a", "Value": "1"}]}])["LaunchTemplate"]
    assert made["Tags"] == [{"Key": "a", "Value": "1"}]
    assert "TagSpecifications" not in data(aws, made["LaunchTemplateId"], "1")
    aws.ec2.create_tags(Resources=[made["LaunchTemplateId"]], Tags=[{"Key": "b", "Value": "2"}])
    aws.ec2.delete_tags(Resources=[made["LaunchTemplateId"]], Tags=[{"Key": "a"}])
    [found] = aws.ec2.describe_launch_templates(LaunchTemplateIds=[made["LaunchTemplateId"]])["LaunchTemplates"]
    assert found["Tags"] == [{"Key": "b", "Value": "2"}]


def test_an_instance_gets_all_that_its_template_says(aws: Clients, network: Network) -> None:
    arn = profile(aws)
    made = template(aws, IamInstanceProfile={"Arn": arn}, EbsOptimized=True, Monitoring={"Enabled": True},
                    MetadataOptions={"HttpTokens": "required", "InstanceMetadataTags": "enabled"},
                    NetworkInterfaces=[{"Groups": [network.group], "AssociatePublicIpAddress": False}])
    aws.ec2.create_launch_template_version(LaunchTemplateId=made, SourceVersion="1", LaunchTemplateData={
        "UserData": "IyEvYmluL2Jhc2g="})
    found = launch(aws, network, made)
    assert found["IamInstanceProfile"]["Arn"] == arn
    assert (found["MetadataOptions"]["HttpTokens"], found["Monitoring"]["State"]) == ("required", "enabled")
    assert [g["GroupId"] for g in found["SecurityGroups"]] == [network.group]
    assert (found["SubnetId"], found["EbsOptimized"]) == (network.subnets[0], True)
    user_data = aws.ec2.describe_instance_attribute(InstanceId=found["InstanceId"], Attribute="userData")
    assert user_data["UserData"]["Value"] == "IyEvYmluL2Jhc2g="


def test_what_the_call_says_itself_wins() -> None:
    made = unfolded(
        {"ImageId": "ami-1", "InstanceType": "t3.small", "NetworkInterfaces": [{"Groups": ["sg-1"]}],
         "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "1"}]}]},
        {"InstanceType": "t3.large", "SubnetId": "subnet-1",
         "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "2"}]}]})
    assert made == {
        "ImageId": "ami-1", "InstanceType": "t3.large",
        "NetworkInterfaces": [{"DeviceIndex": 0, "Groups": ["sg-1"], "SubnetId": "subnet-1"}],
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "2"}]}]}


def test_an_image_or_version_that_is_not_is_refused(aws: Clients, network: Network) -> None:
    one = {"MinCount": 1, "MaxCount": 1}
    assert code_of(lambda: aws.ec2.run_instances(**one, ImageId="ami-00000000000000000")) == "InvalidAMIID.NotFound"
    assert code_of(lambda: launch(aws, network, template(aws), "9")).startswith("InvalidLaunchTemplateId")


def test_rules_keep_their_descriptions(aws: Clients, network: Network) -> None:
    other = aws.ec2.create_security_group(GroupName="other", Description="other", VpcId=network.vpc)["GroupId"]
    lists = aws.ec2.describe_managed_prefix_lists()["PrefixLists"][0]["PrefixListId"]
    made = aws.ec2.authorize_security_group_ingress(GroupId=network.group, IpPermissions=[
        {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80,
         "UserIdGroupPairs": [{"GroupId": other, "Description": "from the balancer"}]},
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
         "PrefixListIds": [{"PrefixListId": lists, "Description": "from the edge"}],
         "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "from inside"}]}])["SecurityGroupRules"]
    ids = [rule["SecurityGroupRuleId"] for rule in made]
    shown = aws.ec2.describe_security_group_rules(SecurityGroupRuleIds=ids)["SecurityGroupRules"]
    assert sorted(rule["Description"] for rule in shown) == ["from inside", "from the balancer", "from the edge"]
    [mine] = [rule for rule in shown if rule["Description"] == "from the balancer"]
    aws.ec2.modify_security_group_rules(GroupId=network.group, SecurityGroupRules=[{
        "SecurityGroupRuleId": mine["SecurityGroupRuleId"], "SecurityGroupRule": {
            "IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "ReferencedGroupId": other,
            "Description": "moved"}}])
    [again] = aws.ec2.describe_security_group_rules(SecurityGroupRuleIds=[mine["SecurityGroupRuleId"]])[
        "SecurityGroupRules"]
    assert (again["Description"], again["FromPort"]) == ("moved", 8080)


def test_what_an_instance_uses_cannot_be_deleted(aws: Clients, network: Network) -> None:
    instance = launch(aws, network, template(aws, SecurityGroupIds=[network.group]))["InstanceId"]
    calls: list[Callable[[], object]] = [lambda: aws.ec2.delete_subnet(SubnetId=network.subnets[0]),
                                         lambda: aws.ec2.delete_security_group(GroupId=network.group)]
    assert [code_of(call) for call in calls] == ["DependencyViolation"] * 2
    aws.ec2.terminate_instances(InstanceIds=[instance])
    for call in calls:
        call()


def test_what_the_network_uses_cannot_be_deleted(aws: Clients, network: Network) -> None:
    ec2 = aws.ec2
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=network.vpc)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=network.subnets[0], AllocationId=address)["NatGateway"]["NatGatewayId"]
    table = ec2.create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=network.subnets[1])
    balancer = aws.elbv2.create_load_balancer(Name=aws.name("front"), Subnets=network.subnets[:2],
                                              SecurityGroups=[network.group])["LoadBalancers"][0]
    assert code_of(lambda: ec2.delete_subnet(SubnetId=network.subnets[1])) == "DependencyViolation"
    aws.elbv2.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])
    assert code_of(lambda: ec2.delete_subnet(SubnetId=network.subnets[0])) == "DependencyViolation"
    assert code_of(lambda: ec2.release_address(AllocationId=address)) == "InvalidIPAddress.InUse"
    assert code_of(lambda: ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=network.vpc)) == \
        "DependencyViolation"
    assert code_of(lambda: ec2.delete_route_table(RouteTableId=table)) == "DependencyViolation"
    ec2.delete_nat_gateway(NatGatewayId=nat)
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=network.vpc)
    ec2.release_address(AllocationId=address)


def test_a_group_that_another_names_cannot_be_deleted(aws: Clients, network: Network) -> None:
    other = aws.ec2.create_security_group(GroupName="other", Description="other", VpcId=network.vpc)["GroupId"]
    rule = {"GroupId": network.group, "IpPermissions": [
        {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": other}]}]}
    aws.ec2.authorize_security_group_ingress(**rule)
    assert code_of(lambda: aws.ec2.delete_security_group(GroupId=other)) == "DependencyViolation"
    aws.ec2.revoke_security_group_ingress(**rule)
    aws.ec2.delete_security_group(GroupId=other)


@pytest.mark.parametrize("options", [{}, {"DestinationOptions": {
    "FileFormat": "parquet", "HiveCompatiblePartitions": True, "PerHourPartition": True}}])
def test_flow_logs_go_below_a_prefix(aws: Clients, network: Network, options: dict[str, Any]) -> None:
    bucket = aws.name("flow-logs-bucket")
    aws.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
    words = {"ResourceIds": [network.vpc], "ResourceType": "VPC", "TrafficType": "ALL", "LogDestinationType": "s3",
             "LogDestination": f"arn:aws:s3:::{bucket}/vpc/", **options}
    [made] = aws.ec2.create_flow_logs(**words)["FlowLogIds"]
    [found] = aws.ec2.describe_flow_logs(FlowLogIds=[made])["FlowLogs"]
    assert found["LogDestination"] == f"arn:aws:s3:::{bucket}/vpc/"
    assert found.get("DestinationOptions") == options.get("DestinationOptions")
    assert code_of(lambda: aws.ec2.create_flow_logs(**words)) == "FlowLogAlreadyExists"
    aws.ec2.create_flow_logs(**{**words, "LogDestination": f"arn:aws:s3:::{bucket}/other/"})
    nowhere = {**words, "LogDestination": "arn:aws:s3:::there-is-none/"}
    assert code_of(lambda: aws.ec2.create_flow_logs(**nowhere)) == "InvalidParameter"


def test_flow_logs_go_to_a_log_group_by_its_arn(aws: Clients, network: Network) -> None:
    name = f"/coko/{aws.name('flow')}"
    aws.logs.create_log_group(logGroupName=name)
    arn = f"arn:aws:logs:ap-northeast-2:{ACCOUNT}:log-group:{name}"
    [made] = aws.ec2.create_flow_logs(
        ResourceIds=[network.vpc], ResourceType="VPC", TrafficType="ALL", LogDestinationType="cloud-watch-logs",
        LogDestination=arn, DeliverLogsPermissionArn=f"arn:aws:iam::{ACCOUNT}:role/r")["FlowLogIds"]
    [found] = aws.ec2.describe_flow_logs(FlowLogIds=[made])["FlowLogs"]
    assert (found["LogDestination"], found["DeliverLogsStatus"]) == (arn, "SUCCESS")
