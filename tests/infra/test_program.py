"""The program as a whole: how much there is, what is tagged, what deployments are told, what is encrypted with what."""

from __future__ import annotations

import json
import sys
from collections import Counter

import pytest

from infra.delivery import ROLLBACK_ON
from tests.checks import ROOT
from tests.infra import STACKS, recorded, recorded_with, values

DEPLOYMENT_GROUP = "codedeploy/deploymentGroup:DeploymentGroup"


@pytest.mark.parametrize("stack", STACKS)
def test_names_are_unique_within_a_type(stack: str) -> None:
    counts = Counter((resource.type, resource.name) for resource in recorded(stack).resources)
    assert [key for key, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("stack", STACKS)
def test_everything_gets_the_stacks_tags(stack: str) -> None:
    providers = [r for r in recorded(stack).resources if r.type == "pulumi:providers:aws"]
    tags = providers[0].inputs["defaultTags"]
    assert (json.loads(tags) if isinstance(tags, str) else tags)["tags"]["coko:stack"] == stack
    assert len(providers) == 1


def test_production_is_the_largest() -> None:
    sizes = {stack: len([*recorded(stack).cloud()]) for stack in STACKS}
    assert sizes["prod"] >= 150
    assert max(sizes, key=lambda stack: sizes[stack]) == "prod"


@pytest.mark.parametrize(("nat", "gateways"), [("per_az", 3), ("single", 1)])
def test_nat_gateways(nat: str, gateways: int) -> None:
    made = recorded_with("prod", network={"zones": 3, "nat": nat})
    assert len(made.of("ec2/natGateway:NatGateway")) == gateways
    private = {r.inputs["natGatewayId"] for r in made.of("ec2/route:Route") if r.inputs.get("natGatewayId")}
    assert len(private) == gateways
    assert len([t for t in made.of("ec2/routeTable:RouteTable") if "private" in t.name]) == 3


def test_interface_endpoints_can_replace_nat() -> None:
    made = recorded_with("dev", network={"nat": "none", "interface_endpoints": True},
                         was={**values("dev")["was"], "collectors": False})
    kinds = Counter(endpoint.inputs["vpcEndpointType"] for endpoint in made.of("ec2/vpcEndpoint:VpcEndpoint"))
    assert kinds["Gateway"] == 1
    assert kinds["Interface"] >= 6
    assert made.of("ec2/natGateway:NatGateway") == []


@pytest.mark.parametrize("stack", STACKS)
def test_deployments_roll_back_and_listen_to_alarms(stack: str) -> None:
    for group in recorded(stack).of(DEPLOYMENT_GROUP):
        assert group.inputs["autoRollbackConfiguration"] == {"enabled": True, "events": [*ROLLBACK_ON]}
        assert len(group.inputs["alarmConfiguration"]["alarms"]) >= 2
        assert group.inputs["deploymentStyle"]["deploymentOption"] == "WITH_TRAFFIC_CONTROL"
        assert group.inputs["triggerConfigurations"][0]["triggerEvents"]


def test_blue_green_never_lets_codedeploy_copy_a_group() -> None:
    group = recorded("prod").one(DEPLOYMENT_GROUP, "coko-web")
    config = group.inputs["blueGreenDeploymentConfig"]
    assert config["greenFleetProvisioningOption"]["action"] == "DISCOVER_EXISTING"
    assert config["terminateBlueInstancesOnDeploymentSuccess"]["action"] == "KEEP_ALIVE"


def test_a_custom_percentage_makes_a_configuration() -> None:
    made = recorded_with("dev", web={"strategy": "percentage", "healthy_percent": 80})
    config = made.one("codedeploy/deploymentConfig:DeploymentConfig", "coko-web")
    assert config.inputs["minimumHealthyHosts"] == {"type": "FLEET_PERCENT", "value": 80}


def test_http_is_redirected_with_host_path_and_query() -> None:
    listener = recorded("prod").one("lb/listener:Listener", "coko-http")
    redirect = listener.inputs["defaultActions"][0]["redirect"]
    assert (redirect["statusCode"], redirect["protocol"], redirect["port"]) == ("HTTP_301", "HTTPS", "443")
    assert (redirect["host"], redirect["path"], redirect["query"]) == ("#{host}", "/#{path}", "#{query}")


def test_jenkins_hooks_come_from_named_networks_only() -> None:
    rules = {rule.name: rule.inputs for rule in recorded("prod").of("lb/listenerRule:ListenerRule")}
    conditions = rules["coko-webhook"]["conditions"]
    assert {"pathPattern": {"values": ["/github-webhook/"]}} in conditions
    assert {"sourceIp": {"values": ["192.0.2.0/24"]}} in conditions
    assert all(any("sourceIp" in c for c in rule["conditions"]) for name, rule in rules.items() if name != "coko-web")


def test_without_jenkins_nothing_of_it_is_left() -> None:
    assert [r.name for r in recorded("dev").resources if "jenkins" in r.name] == []


def test_the_zone_is_adopted_where_it_exists() -> None:
    assert recorded("prod").of("route53/zone:Zone") == []
    assert len(recorded("dev").of("route53/zone:Zone")) == 1


def test_the_rehearsal_differs_in_values_only() -> None:
    """The same types of resources as a stack on AWS with the same settings."""
    on_aws = recorded_with("rehearsal", aws={"region": "ap-northeast-2"})
    assert Counter(r.type for r in on_aws.resources) == Counter(r.type for r in recorded("rehearsal").resources)


def test_no_module_of_the_program_hides_one_of_pythons() -> None:
    """Pulumi runs the program with infra/ itself on the path: a `secrets.py` there would break half of Python."""
    modules = {path.stem for path in (ROOT / "infra").iterdir() if path.suffix == ".py" or path.is_dir()}
    assert modules & set(sys.stdlib_module_names) == set()
