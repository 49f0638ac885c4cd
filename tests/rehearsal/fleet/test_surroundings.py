"""Names, metadata and AWS as a box finds them, and as nobody else does."""

from __future__ import annotations

import json

from rehearsal.fleet.metadata import Identity, Metadata
from tests.rehearsal.fleet.conftest import Cloud
from tests.rehearsal.fleet.lab import KEYS, Lab, sh

HERE = Identity("i-1", "10.0.64.9", "0a:58:0a:00:40:09", "t3.micro", "ap-northeast-2c", "ami-1", role="coko-web",
                profile="arn:p", tags={"Name": "web", "coko:tier": "web"})
ASK = "curl -fsS -H \"X-aws-ec2-metadata-token: $(curl -fsS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' " \
      "http://169.254.169.254/latest/api/token)\" http://169.254.169.254/latest/"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def metadata(clock: Clock, identity: Identity = HERE) -> Metadata:
    return Metadata({HERE.ip: identity}.get, lambda _: KEYS, clock)


def test_a_token_is_needed_is_the_askers_own_and_ends() -> None:
    clock = Clock()
    service = metadata(clock)
    assert service.get(HERE.ip, "meta-data/instance-id", None)[0] == 401
    assert service.token(HERE.ip, None)[0] == 400
    assert service.token(HERE.ip, "21601")[0] == 400
    token = service.token(HERE.ip, "60")[1].decode()
    assert service.get(HERE.ip, "meta-data/instance-id", token) == (200, b"i-1")
    stolen = service.token("10.0.64.8", "60")[1].decode()
    assert service.get(HERE.ip, "meta-data/instance-id", stolen)[0] == 401
    clock.now += 61
    assert service.get(HERE.ip, "meta-data/instance-id", token)[0] == 401


def test_what_is_told_and_what_is_not() -> None:
    service = metadata(Clock())
    token = service.token(HERE.ip, "60")[1].decode()

    def get(path: str) -> tuple[int, bytes]:
        return service.get(HERE.ip, path, token)
    assert get("meta-data/placement/region") == (200, b"ap-northeast-2")
    assert get("meta-data/tags/instance") == (200, b"Name\ncoko:tier")
    assert b"placement/" in get("meta-data/")[1]
    assert get("") == (200, b"dynamic/\nmeta-data/")
    assert get("meta-data/iam/security-credentials/") == (200, b"coko-web")
    keys = json.loads(get("meta-data/iam/security-credentials/coko-web")[1])
    assert (keys["AccessKeyId"], keys["Token"], keys["Code"]) == ("ASIAROLE", "token", "Success")
    assert get("user-data")[0] == get("meta-data/public-ipv4")[0] == 404
    assert service.get("10.0.64.8", "meta-data/", token)[0] == 404
    untagged = metadata(Clock(), Identity(**{**HERE.__dict__, "shows_tags": False, "tokens_required": False}))
    assert untagged.get(HERE.ip, "meta-data/tags/instance", None)[0] == 404


def test_every_box_is_told_of_itself(lab: Lab) -> None:
    one, two = lab.box(tags={"Name": "one"}), lab.box(tags={"Name": "two"})
    assert sh(one, ASK + "meta-data/instance-id") == one.id
    assert sh(two, ASK + "meta-data/tags/instance/Name") == "two"
    own = "meta-data/network/interfaces/macs/$(cat /sys/class/net/eth0/address)/local-ipv4s"
    assert sh(one, ASK + own) == one.where.ip
    sh(one, "curl -fsS http://169.254.169.254/latest/meta-data/instance-id", 22)


def test_names_are_resolved_in_the_vpc_and_no_further(lab: Lab) -> None:
    box = lab.box()
    lab.around.dns.records["db.coko.internal"] = "10.0.128.9"
    assert sh(box, "getent ahostsv4 db.coko.internal | head -1").split()[0] == "10.0.128.9"
    assert sh(box, "getent ahostsv4 ip-10-0-64-7.ap-northeast-2.compute.internal | head -1").split()[0] == "10.0.64.7"
    sh(box, "getent ahostsv4 example.org", 2)
    lab.around.dns.records["db.coko.internal"] = "10.0.144.9"           # a failover is seen at once
    assert sh(box, "getent ahostsv4 db.coko.internal | head -1").split()[0] == "10.0.144.9"


def test_aws_answers_on_its_address_to_all_that_have_a_way_out(lab: Lab, cloud: Cloud) -> None:
    box = lab.box()
    said = sh(box, '. /etc/environment; curl -fsSi -d {\\"a\\":1} -H "X-Amz-Target: AmazonSSM.GetParameter" '
              '-H "Authorization: mine" $AWS_ENDPOINT_URL/')
    assert f"X-Asked: {cloud.url.removeprefix('http://')}" in said        # else the cloud would refuse it
    assert ('{"a":1}', "AmazonSSM.GetParameter", box.where.ip, "mine") in cloud.asked
    assert sh(box, ". /etc/environment; head -c 300000 /dev/zero | "
              "curl -fsS -H 'Transfer-Encoding: chunked' -T - $AWS_ENDPOINT_URL/") == "{}"


def test_a_box_without_a_route_out_does_not_reach_aws_but_its_metadata(lab: Lab) -> None:
    box = lab.box()
    sh(box, "true")
    from rehearsal.fleet import ns
    ns.run(ns.net(box.pid, "ip", "route", "del", "default"))
    sh(box, "curl -fsS -m 2 http://203.0.113.10:443/", 7)
    assert sh(box, ASK + "meta-data/instance-id") == box.id
