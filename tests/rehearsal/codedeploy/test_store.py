"""The database: all or nothing, one active deployment a group, and what is written is read again."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from rehearsal.codedeploy.engine.core import GroupBusy
from rehearsal.codedeploy.machine import Deployment
from rehearsal.codedeploy.machine.lifecycle import Kind
from rehearsal.codedeploy.machine.minimum import NONE
from rehearsal.codedeploy.machine.state import Plan, Stage, Step
from rehearsal.codedeploy.store import Store
from rehearsal.codedeploy.store.deployments import Record, new_id

from .lab import Lab, deploy, make_group, revision


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "state.db")


def half_done(store: Store) -> None:
    with store.transaction():
        store.applications.add("one", 1.0)
        with store.transaction():
            store.applications.add("two", 2.0)
        raise KeyError("in the middle")


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    with pytest.raises(KeyError):
        half_done(store)
    assert store.applications.names() == []
    with store.transaction():
        store.applications.add("three", 3.0)
    assert store.applications.names() == ["three"]


def record(name: str, *, exclusive: bool = True) -> tuple[Record, Deployment]:
    plan = Plan(name, Kind.IN_PLACE, (Stage(Step.WAVE),), NONE)
    return Record(name, "coko", "web", "group", exclusive, {"creator": "user"}, {}), Deployment(plan, 1.0)


def test_the_database_itself_refuses_a_second_active_deployment(store: Store) -> None:
    store.deployments.add(*record(new_id()))
    store.deployments.add(*record(new_id(), exclusive=False))
    with pytest.raises(sqlite3.IntegrityError):
        store.deployments.add(*record(new_id()))


def test_a_refused_deployment_leaves_no_trace(lab: Lab, api: Any) -> None:
    lab.world.add("i-1", asg="web-asg")
    make_group(api, autoScalingGroups=["web-asg"])
    first = deploy(api)
    [group] = lab.engine.store.groups.all()
    request = {
        "creator": "user",
        "revision": revision("web/9.zip"),
        "deploymentConfigName": "CodeDeployDefault.AllAtOnce",
    }
    with pytest.raises(GroupBusy) as busy:
        lab.engine.create(group, request)
    assert busy.value.holder == first
    assert list(lab.engine.live) == [first]
    keys = [each["s3Location"]["key"] for each in api.list_application_revisions(applicationName="coko")["revisions"]]
    assert keys == ["web/1.zip"]


def test_names_look_like_codedeploys() -> None:
    names = {new_id() for _ in range(1000)}
    assert len(names) == 1000
    assert all(name.startswith("d-") and len(name) == 11 and name[2:].isalnum() for name in names)
