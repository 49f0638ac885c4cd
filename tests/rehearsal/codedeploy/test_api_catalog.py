"""Applications, revisions, configurations and tags through unmodified boto3."""

from __future__ import annotations

from typing import Any

import pytest

from .lab import Lab, deploy, info, make_group, revision


def test_an_application_is_made_renamed_and_removed(lab: Lab, api: Any) -> None:
    made = api.create_application(applicationName="coko", tags=[{"Key": "team", "Value": "web"}])
    shown = api.get_application(applicationName="coko")["application"]
    assert (shown["applicationId"], shown["computePlatform"]) == (made["applicationId"], "Server")
    assert shown["createTime"].timestamp() == lab.now
    with pytest.raises(api.exceptions.ApplicationAlreadyExistsException):
        api.create_application(applicationName="coko")
    lab.world.add("i-1", asg="web-asg")
    make_group(api, autoScalingGroups=["web-asg"])
    done = deploy(api)
    lab.work("i-1")
    api.update_application(applicationName="coko", newApplicationName="coko2")
    assert api.list_applications()["applications"] == ["coko2"]
    assert api.list_deployment_groups(applicationName="coko2")["deploymentGroups"] == ["web"]
    assert info(api, done)["applicationName"] == "coko2"
    with pytest.raises(api.exceptions.ApplicationDoesNotExistException, match="coko"):
        api.get_application(applicationName="coko")
    api.delete_application(applicationName="coko2")
    api.delete_application(applicationName="coko2")
    assert api.list_applications()["applications"] == []


def test_only_hosts_are_a_platform(api: Any) -> None:
    for platform in ("Lambda", "ECS"):
        with pytest.raises(api.exceptions.InvalidComputePlatformException, match="Use Server"):
            api.create_application(applicationName="coko", computePlatform=platform)


def test_lists_come_in_pages_and_tokens_are_checked(lab: Lab) -> None:
    with lab.api(page_size=3) as api:
        names = [f"app-{number}" for number in range(8)]
        for name in names:
            api.create_application(applicationName=name)
        pages = list(api.get_paginator("list_applications").paginate())
        assert [len(page["applications"]) for page in pages] == [3, 3, 2]
        assert [name for page in pages for name in page["applications"]] == names
        token = pages[0]["nextToken"]
        for bad in (token[:-4] + "AAAA", "x", "eyJ4IjoxfQ=="):
            with pytest.raises(api.exceptions.InvalidNextTokenException):
                api.list_applications(nextToken=bad)
        with pytest.raises(api.exceptions.InvalidNextTokenException):
            api.list_deployment_configs(nextToken=token)


def test_configurations_built_in_and_own(api: Any) -> None:
    built_in = ["CodeDeployDefault.AllAtOnce", "CodeDeployDefault.HalfAtATime", "CodeDeployDefault.OneAtATime"]
    assert api.list_deployment_configs()["deploymentConfigsList"] == built_in
    one = api.get_deployment_config(deploymentConfigName=built_in[2])["deploymentConfigInfo"]
    assert one["minimumHealthyHosts"] == {"type": "MOST_CONCURRENCY", "value": 1}
    rule = {"type": "HOST_COUNT", "value": 2}
    api.create_deployment_config(deploymentConfigName="two", minimumHealthyHosts=rule)
    shown = api.get_deployment_config(deploymentConfigName="two")["deploymentConfigInfo"]
    assert shown["minimumHealthyHosts"] == rule
    with pytest.raises(api.exceptions.DeploymentConfigAlreadyExistsException):
        api.create_deployment_config(deploymentConfigName="two", minimumHealthyHosts=rule)
    with pytest.raises(api.exceptions.InvalidOperationException):
        api.delete_deployment_config(deploymentConfigName=built_in[0])
    api.delete_deployment_config(deploymentConfigName="two")
    with pytest.raises(api.exceptions.DeploymentConfigDoesNotExistException):
        api.get_deployment_config(deploymentConfigName="two")


def test_a_configuration_in_use_stays(lab: Lab, api: Any) -> None:
    api.create_deployment_config(deploymentConfigName="none", minimumHealthyHosts={"type": "FLEET_PERCENT", "value": 0})
    make_group(api, deploymentConfigName="none")
    with pytest.raises(api.exceptions.DeploymentConfigInUseException, match="coko/web"):
        api.delete_deployment_config(deploymentConfigName="none")


@pytest.mark.parametrize("rule", [{"type": "FLEET_PERCENT", "value": 100}, {"type": "HOST_COUNT", "value": -1}, {}])
def test_senseless_minimums_are_refused(api: Any, rule: dict[str, Any]) -> None:
    with pytest.raises(api.exceptions.InvalidMinimumHealthyHostValueException):
        api.create_deployment_config(deploymentConfigName="bad", minimumHealthyHosts=rule)


def test_zonal_configurations_are_refused_with_the_reason(api: Any) -> None:
    with pytest.raises(api.exceptions.InvalidZonalDeploymentConfigurationException, match="zone by zone"):
        api.create_deployment_config(
            deploymentConfigName="zonal",
            minimumHealthyHosts={"type": "HOST_COUNT", "value": 1},
            zonalConfig={"monitorDurationInSeconds": 60},
        )


def test_revisions_are_registered_used_and_sorted(lab: Lab, api: Any) -> None:
    lab.world.add("i-1", asg="web-asg")
    make_group(api, autoScalingGroups=["web-asg"], deploymentConfigName="CodeDeployDefault.AllAtOnce")
    for key in ("web/1.zip", "web/2.zip", "was/1.zip"):
        api.register_application_revision(applicationName="coko", description=key, revision=revision(key))
        lab.now += 10
    deploy(api, "web/2.zip")
    lab.work("i-1")
    found = api.get_application_revision(applicationName="coko", revision=revision("web/2.zip"))["revisionInfo"]
    assert (found["description"], found["deploymentGroups"]) == ("web/2.zip", ["web"])
    assert found["firstUsedTime"] > found["registerTime"]
    with pytest.raises(api.exceptions.RevisionDoesNotExistException):
        api.get_application_revision(applicationName="coko", revision=revision("web/9.zip"))

    def keys(**filters: Any) -> list[str]:
        listed = api.list_application_revisions(applicationName="coko", **filters)["revisions"]
        return [each["s3Location"]["key"] for each in listed]

    assert keys(sortBy="registerTime", sortOrder="descending") == ["was/1.zip", "web/2.zip", "web/1.zip"]
    assert keys(s3Bucket="artifacts", s3KeyPrefix="web/", sortOrder="ascending") == ["web/1.zip", "web/2.zip"]
    assert keys(deployed="include") == ["web/2.zip"]
    with pytest.raises(api.exceptions.BucketNameFilterRequiredException):
        keys(s3KeyPrefix="web/")
    asked = [revision("web/1.zip"), revision("web/9.zip")]
    batch = api.batch_get_application_revisions(applicationName="coko", revisions=asked)
    assert len(batch["revisions"]) == 1
    assert "web/9.zip" in batch["errorMessage"]


@pytest.mark.parametrize(
    "bad",
    [
        {"revisionType": "S3", "s3Location": {"bucket": "b"}},
        {"revisionType": "S3", "s3Location": {"bucket": "b", "key": "k", "bundleType": "YAML"}},
        {"revisionType": "String", "string": {"content": "x", "sha256": "y"}},
        {"revisionType": "GitHub", "gitHubLocation": {"repository": "x"}},
    ],
)
def test_bad_revisions_are_refused(api: Any, bad: dict[str, Any]) -> None:
    api.create_application(applicationName="coko")
    with pytest.raises(api.exceptions.InvalidRevisionException):
        api.register_application_revision(applicationName="coko", revision=bad)


def test_tags_of_applications_and_groups(lab: Lab, api: Any) -> None:
    make_group(api, tags=[{"Key": "tier", "Value": "web"}])
    base = "arn:aws:codedeploy:ap-northeast-2:123456789012"
    arn = f"{base}:deploymentgroup:coko/web"
    api.tag_resource(ResourceArn=arn, Tags=[{"Key": "stack", "Value": "dev"}])
    api.untag_resource(ResourceArn=arn, TagKeys=["tier"])
    assert api.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "stack", "Value": "dev"}]
    with pytest.raises(api.exceptions.ApplicationDoesNotExistException):
        api.list_tags_for_resource(ResourceArn=f"{base}:application:nobody")
    with pytest.raises(api.exceptions.ArnNotSupportedException):
        api.list_tags_for_resource(ResourceArn=f"{base}:deploymentconfig:x")
    with pytest.raises(api.exceptions.InvalidArnException):
        api.list_tags_for_resource(ResourceArn="nonsense")
    with pytest.raises(api.exceptions.InvalidTagsToAddException):
        api.tag_resource(ResourceArn=arn, Tags=[{"Key": "aws:x", "Value": "y"}])


def test_what_does_not_exist_here_says_so(lab: Lab, api: Any) -> None:
    make_group(api)
    with pytest.raises(api.exceptions.OperationNotSupportedException, match="S3"):
        api.list_git_hub_account_token_names()
    with pytest.raises(api.exceptions.GitHubAccountTokenDoesNotExistException):
        api.delete_git_hub_account_token(tokenName="x")
    github = {"revisionType": "GitHub", "gitHubLocation": {"repository": "a/b", "commitId": "c"}}
    with pytest.raises(api.exceptions.InvalidGitHubAccountTokenException):
        api.create_deployment(applicationName="coko", deploymentGroupName="web", revision=github)
    done = deploy(api)
    with pytest.raises(api.exceptions.UnsupportedActionForDeploymentTypeException):
        api.put_lifecycle_event_hook_execution_status(
            deploymentId=done, lifecycleEventHookExecutionId="x", status="Succeeded"
        )
    api.delete_resources_by_external_id(externalId="x")
