"""The plugin as Pulumi meets it: over gRPC, with unknowns, detailed diffs, and failures that keep what was made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from rehearsal.provider.plugin import VERSION, Plugin
from rehearsal.provider.values import UNKNOWN, from_struct, to_struct

TOPIC = "urn:pulumi:test::trial::trial:index:Part$aws:sns/topic:Topic::one"
GATEWAY = "urn:pulumi:test::trial::aws:ec2/internetGateway:InternetGateway::gate"


@pytest.fixture(scope="module")
def raw() -> Iterator[Any]:
    server = grpc.server(ThreadPoolExecutor(4))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Plugin(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield provider_pb2_grpc.ResourceProviderStub(channel)
    server.stop(None)


@pytest.fixture(scope="module")
def plugin(raw: Any, endpoint: str) -> Any:
    raw.Handshake(provider_pb2.ProviderHandshakeRequest())
    answer = raw.Configure(provider_pb2.ConfigureRequest(args=config(endpoint)))
    assert answer.supportsPreview
    assert not answer.acceptSecrets
    return raw


def config(endpoint: str) -> struct_pb2.Struct:
    return to_struct({"region": "ap-northeast-2", "endpoints": json.dumps([{"sns": endpoint, "ec2": endpoint}]),
                      "defaultTags": json.dumps({"tags": {"team": "trial"}})})


def test_it_says_who_it_is(raw: Any) -> None:
    assert raw.GetPluginInfo(empty_pb2.Empty()).version == VERSION
    schema = json.loads(raw.GetSchema(provider_pb2.GetSchemaRequest()).schema)
    assert (schema["name"], schema["version"]) == ("aws", VERSION)


def test_its_version_is_the_sdks() -> None:
    import importlib.metadata
    assert importlib.metadata.version("pulumi_aws") == VERSION


@pytest.mark.parametrize("endpoint", ["https://sns.ap-northeast-2.amazonaws.com", "http://10.1.2.3:4580"])
def test_it_refuses_to_leave_this_machine(raw: Any, endpoint: str) -> None:
    checked = raw.CheckConfig(provider_pb2.CheckRequest(news=config(endpoint)))
    assert [failure.property for failure in checked.failures] == ["endpoints"]
    with pytest.raises(grpc.RpcError) as caught:
        raw.Configure(provider_pb2.ConfigureRequest(args=config(endpoint)))
    assert caught.value.code() == grpc.StatusCode.PERMISSION_DENIED
    assert "does not talk to" in str(caught.value.details())


def test_a_changed_configuration_is_no_replacement(raw: Any) -> None:
    old, new = config("http://127.0.0.1:1"), config("http://127.0.0.1:2")
    diff = raw.DiffConfig(provider_pb2.DiffRequest(old_inputs=old, news=new))
    assert (diff.changes, list(diff.replaces), list(diff.diffs)) == (diff.DIFF_SOME, [], ["endpoints"])
    same = raw.DiffConfig(provider_pb2.DiffRequest(old_inputs=old, news=old))
    assert same.changes == same.DIFF_NONE


def test_check_names_and_fills_in(plugin: Any) -> None:
    answer = plugin.Check(provider_pb2.CheckRequest(urn=TOPIC, news=to_struct({"tags": {"a": "b"}}), randomSeed=b"1"))
    inputs, _ = from_struct(answer.inputs)
    assert inputs["name"].startswith("one-")
    assert inputs["tagsAll"] == {"team": "trial", "a": "b"}
    again = plugin.Check(provider_pb2.CheckRequest(urn=TOPIC, news=to_struct({}), olds=answer.inputs, randomSeed=b"2"))
    assert from_struct(again.inputs)[0]["name"] == inputs["name"]
    wrong = plugin.Check(provider_pb2.CheckRequest(urn=TOPIC, news=to_struct({"archivePolicy": "x"})))
    assert [(f.property, "does not implement" in f.reason) for f in wrong.failures] == [("archivePolicy", True)]


def test_diff_is_detailed(plugin: Any) -> None:
    old = {"name": "one", "displayName": "a", "tags": {"k": "v"}, "tagsAll": {"k": "v"}}
    new = {"name": "two", "displayName": UNKNOWN, "tags": {}, "tagsAll": {}}
    diff = plugin.Diff(provider_pb2.DiffRequest(id="arn", urn=TOPIC, old_inputs=to_struct(old), news=to_struct(new)))
    kinds = {path: provider_pb2.PropertyDiff.Kind.Name(detail.kind) for path, detail in diff.detailedDiff.items()}
    assert kinds == {"name": "UPDATE_REPLACE", "displayName": "UPDATE", "tags.k": "DELETE", "tagsAll.k": "DELETE"}
    assert list(diff.replaces) == ["name"]
    assert all(detail.inputDiff for detail in diff.detailedDiff.values())
    kept = plugin.Diff(provider_pb2.DiffRequest(id="arn", urn=TOPIC, old_inputs=to_struct(old), news=to_struct(new),
                                                ignoreChanges=["name", "displayName", "tags", "tagsAll"]))
    assert kept.changes == kept.DIFF_NONE


def test_a_preview_makes_nothing(plugin: Any) -> None:
    answer = plugin.Create(provider_pb2.CreateRequest(
        urn=GATEWAY, properties=to_struct({"vpcId": UNKNOWN, "tagsAll": {}}), preview=True))
    assert answer.id == ""
    assert from_struct(answer.properties)[0] == {"vpcId": UNKNOWN, "tagsAll": {}}


def test_a_life_over_the_wire(plugin: Any) -> None:
    inputs = plugin.Check(provider_pb2.CheckRequest(urn=TOPIC, news=to_struct({"displayName": "a"}),
                                                    randomSeed=b"3")).inputs
    made = plugin.Create(provider_pb2.CreateRequest(urn=TOPIC, properties=inputs))
    read = plugin.Read(provider_pb2.ReadRequest(id=made.id, urn=TOPIC, inputs=inputs, properties=made.properties))
    assert (read.id, read.properties, read.inputs) == (made.id, made.properties, inputs)
    news = struct_pb2.Struct()
    news.CopyFrom(inputs)
    news.fields["displayName"].string_value = "b"
    updated = plugin.Update(provider_pb2.UpdateRequest(id=made.id, urn=TOPIC, olds=made.properties, old_inputs=inputs,
                                                       news=news))
    assert updated.properties.fields["displayName"].string_value == "b"
    plugin.Delete(provider_pb2.DeleteRequest(id=made.id, urn=TOPIC, properties=updated.properties, old_inputs=news))
    gone = plugin.Read(provider_pb2.ReadRequest(id=made.id, urn=TOPIC, inputs=news, properties=updated.properties))
    assert gone.id == ""


def test_what_is_half_made_is_handed_over(plugin: Any, aws: Any) -> None:
    """Pulumi then records it, and the next `up` completes it."""
    with pytest.raises(grpc.RpcError) as caught:
        plugin.Create(provider_pb2.CreateRequest(urn=GATEWAY, properties=to_struct({"vpcId": "vpc-absent",
                                                                                    "tagsAll": {}})))
    metadata = {item.key: item.value for item in caught.value.trailing_metadata()}
    status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
    half = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(half)
    assert half.id.startswith("igw-")
    assert "AttachInternetGateway answered InvalidVpcID.NotFound" in half.reasons[0]
    aws.ec2.delete_internet_gateway(InternetGatewayId=half.id)


def test_failures_name_resource_call_and_cause(plugin: Any) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        plugin.Create(provider_pb2.CreateRequest(
            urn="urn:pulumi:test::trial::aws:ec2/subnet:Subnet::lost",
            properties=to_struct({"vpcId": "vpc-absent", "cidrBlock": "10.0.0.0/24", "tagsAll": {}})))
    said = str(caught.value.details())
    assert "aws:ec2/subnet:Subnet lost could not be created" in said
    assert "CreateSubnet answered InvalidVpcID.NotFound" in said


@pytest.mark.parametrize(("token", "arguments", "key"), [
    ("aws:index/getCallerIdentity:getCallerIdentity", {}, "accountId"),
    ("aws:index/getRegion:getRegion", {}, "region"),
    ("aws:index/getPartition:getPartition", {}, "partition"),
    ("aws:index/getAvailabilityZones:getAvailabilityZones", {"state": "available"}, "names"),
    ("aws:elb/getServiceAccount:getServiceAccount", {}, "arn"),
    ("aws:ec2/getPrefixList:getPrefixList", {"name": "com.amazonaws.ap-northeast-2.s3"}, "id"),
    ("aws:ec2/getManagedPrefixList:getManagedPrefixList", {"name": "com.amazonaws.ap-northeast-2.s3"}, "id"),
])
def test_functions_answer(plugin: Any, token: str, arguments: dict[str, Any], key: str) -> None:
    answer = plugin.Invoke(provider_pb2.InvokeRequest(tok=token, args=to_struct(arguments)))
    found, _ = from_struct(getattr(answer, "return"))
    assert found[key]


def test_a_function_that_finds_nothing_says_so(plugin: Any) -> None:
    for token, arguments, said in (("aws:route53/getZone:getZone", {"name": "absent.test"}, "no hosted zone fits"),
                                   ("aws:ec2/getAmi:getAmi", {}, "does not implement the function")):
        with pytest.raises(grpc.RpcError, match=said):
            plugin.Invoke(provider_pb2.InvokeRequest(tok=token, args=to_struct(arguments)))
