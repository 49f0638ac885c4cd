"""Settings: every stack's are valid; every mistake is named with its path, what is allowed and what to write."""

from __future__ import annotations

from typing import Any

import pytest

from infra.settings import Settings, SettingsError
from infra.settings.health import PROFILES
from tests.infra import STACKS, values

DOMAIN = {"edge": {"domain": "coko.example.com"}}


def problems(changes: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        Settings.load("dev", {**DOMAIN, **changes})
    return {problem.path: str(problem) for problem in caught.value.problems}


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_is_valid(stack: str) -> None:
    assert Settings.load(stack, values(stack)).stack == stack


def test_the_smallest_configuration_is_a_domain() -> None:
    assert Settings.load("dev", DOMAIN).edge.domain == "coko.example.com"


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"edge": {}}, "coko:edge.domain", "Add `domain: coko.example.com`"),
    ({"edge": {"domain": "no spaces.com"}}, "coko:edge.domain", "is not valid"),
    ({"ntwork": {}}, "coko:ntwork", "Did you mean `network`?"),
    ({"network": {"natt": "none"}}, "coko:network.natt", "Did you mean `nat`?"),
    ({"network": "10.0.0.0/16"}, "coko:network", "is not a section"),
    ({"network": {"zones": 1}}, "coko:network.zones", "from 2 to 3"),
    ({"network": {"zones": True}}, "coko:network.zones", "True is not valid"),
    ({"network": {"nat": "one"}}, "coko:network.nat", "one of per_az, single, none"),
    ({"network": {"nat": "none", "interface_endpoints": True}}, "coko:network.nat", "data.go.kr"),
    ({"network": {"cidr": "10.0.0.1/16"}}, "coko:network.cidr", "host bits set"),
    ({"network": {"cidr": "8.8.0.0/16"}}, "coko:network.cidr", "private network"),
    ({"network": {"cidr": "10.0.0.0/24"}}, "coko:network.cidr", "/22"),
    ({"network": {"flow_log_days": 31}}, "coko:network.flow_log_days", "Write `flow_log_days: 30`"),
    ({"web": {"instances": {"min": 3, "desired": 2}}}, "coko:web.instances.desired", "min <= desired <= max"),
    ({"web": {"instances": {"min": 1, "desired": 1}}}, "coko:web.instances.min", "at least 2"),
    ({"web": {"scaling": {"low": 80}}}, "coko:web.scaling.low", "low < high"),
    ({"web": {"health": {"profile": "fast"}}}, "coko:web.health.profile", "tuned, original, aws_default"),
    ({"web": {"health": {"interval": 4}}}, "coko:web.health.interval", "from 5 to 300"),
    ({"web": {"health": {"timeout": 5}}}, "coko:web.health.timeout", "below the interval"),
    ({"web": {"health": {"healthy": 11}}}, "coko:web.health.healthy", "from 2 to 10"),
    ({"web": {"health": {"deregistration_delay": 3601}}}, "coko:web.health.deregistration_delay", "0 to 3600"),
    ({"production": True, "alarms": {"mail": ["a@b.kr"]}, "web": {"strategy": "all_at_once"}},
     "coko:web.strategy", "an outage"),
    ({"database": {"engine_version": "5.7"}}, "coko:database.engine_version", "ended on 29 February 2024"),
    ({"database": {"engine_version": "8.0.36"}}, "coko:database.engine_version", "ended on 31 July 2026"),
    ({"database": {"max_storage_gib": 20}}, "coko:database.max_storage_gib", "room to grow"),
    ({"production": True, "alarms": {"mail": ["a@b.kr"]}, "database": {"multi_az": False}},
     "coko:database.multi_az", "true on a production stack"),
    ({"production": True}, "coko:alarms.mail", "at least one address"),
    ({"alarms": {"mail": ["nobody"]}}, "coko:alarms.mail", "'nobody' is not valid"),
    ({"jenkins": {"instance_type": "t2.micro"}}, "coko:jenkins.instance_type", "too small"),
    ({"jenkins": {"instance_type": "m6g.medium"}}, "coko:jenkins.instance_type", "too small"),
    ({"jenkins": {"webhook_networks": ["10.0.0.300/8"]}}, "coko:jenkins.webhook_networks", "is not a network"),
    ({"jenkins": {"admin_networks": ["0.0.0.0/0"]}}, "coko:jenkins.admin_networks", "the whole internet"),
    ({"aws": {"region": "seoul"}}, "coko:aws.region", "ap-northeast-2"),
    ({"aws": {"allowed_account": 123456789012}}, "coko:aws.allowed_account", "is not valid"),
    ({"hosts": {"ami": "ubuntu"}}, "coko:hosts.ami", "ami-0123456789abcdef0"),
]


@pytest.mark.parametrize(("changes", "path", "words"), WRONG, ids=lambda value: str(value)[:60])
def test_mistakes_are_named_with_path_and_remedy(changes: dict[str, Any], path: str, words: str) -> None:
    found = problems(changes)
    assert path in found
    assert words in found[path]


def test_all_mistakes_are_named_at_once() -> None:
    found = problems({"network": {"zones": 9, "nat": "x"}, "database": {"engine_version": "5.7"}, "extra": 1})
    assert {"coko:network.zones", "coko:network.nat", "coko:database.engine_version", "coko:extra"} == set(found)


def test_an_outage_can_be_allowed_on_purpose() -> None:
    loaded = Settings.load("prod", {**values("prod"), "web": {"strategy": "all_at_once"},
                                    "delivery": {"allow_outage": True}})
    assert loaded.web.deployment_config == "CodeDeployDefault.AllAtOnce"


def test_no_nat_is_possible_without_collectors() -> None:
    loaded = Settings.load("dev", {**DOMAIN, "was": {"collectors": False},
                                   "network": {"nat": "none", "interface_endpoints": True}})
    assert loaded.network.nat == "none"


@pytest.mark.parametrize("profile", PROFILES)
def test_every_health_profile_is_legal(profile: str) -> None:
    loaded = Settings.load("dev", {**DOMAIN, "web": {"health": {"profile": profile}}})
    assert loaded.web.health == PROFILES[profile]


def test_the_tuned_profile_lets_a_host_in_much_sooner() -> None:
    assert PROFILES["tuned"].seconds_to_allow * 3 <= PROFILES["original"].seconds_to_allow
    assert PROFILES["tuned"].seconds_to_allow * 10 <= PROFILES["aws_default"].seconds_to_allow


@pytest.mark.parametrize("size", ["t3.medium", "t4g.large", "m7g.large", "c7i.2xlarge", "m5.metal"])
def test_jenkins_may_be_big(size: str) -> None:
    assert Settings.load("dev", {**DOMAIN, "jenkins": {"instance_type": size}}).jenkins.instance_type == size
