"""WAF: web ACLs and what they stand before. Every change carries the lock token of the last one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.checks import one_of
from rehearsal.provider.kind import Kind, Made, Naming
from rehearsal.provider.kinds.shapes import camel_tree, params, pascal_tree, retagged, tag_list, tag_map
from rehearsal.provider.values import Props

RENAMED = {"cloudwatchMetricsEnabled": "CloudWatchMetricsEnabled", "arn": "ARN", "uriPath": "UriPath",
           "ipSetReferenceStatement": "IPSetReferenceStatement", "ipSetForwardedIpConfig": "IPSetForwardedIPConfig",
           "forwardedIpConfig": "ForwardedIPConfig", "singleHeader": "SingleHeader", "jsonBody": "JsonBody"}
BACK = {"CloudWatchMetricsEnabled": "cloudwatchMetricsEnabled", "ARN": "arn",
        "IPSetReferenceStatement": "ipSetReferenceStatement", "ForwardedIPConfig": "forwardedIpConfig"}
DEFAULTED = ("EvaluationWindowSec",)      # the service answers these even where nobody asked


def request(inputs: Props) -> dict[str, Any]:
    found = params(inputs, "name scope") | ({"Description": inputs["description"]} if inputs.get("description") else {})
    return {**found, "DefaultAction": pascal_tree(inputs["defaultAction"], RENAMED),
            "Rules": pascal_tree(inputs.get("rules") or [], RENAMED),
            "VisibilityConfig": pascal_tree(inputs["visibilityConfig"], RENAMED)}


def make(aws: Aws, inputs: Props) -> Made:
    tags = tag_list(inputs["tagsAll"])
    answer = aws.wafv2.create_web_acl(**request(inputs), **({"Tags": tags} if tags else {}))["Summary"]
    return Made(answer["Id"])


def live_acl(aws: Aws, id_: str, properties: Props) -> Any:
    return aws.wafv2.get_web_acl(Name=properties["name"], Scope=properties["scope"], Id=id_)


def find(aws: Aws, id_: str, properties: Props) -> Props | None:
    answer = live_acl(aws, id_, properties)
    live = answer["WebACL"]
    tags = aws.wafv2.list_tags_for_resource(ResourceARN=live["ARN"])["TagInfoForResource"]["TagList"]
    return {"arn": live["ARN"], "name": live["Name"], "capacity": live.get("Capacity", 0),
            "lockToken": answer["LockToken"], "description": live.get("Description", ""), "tagsAll": tag_map(tags),
            "defaultAction": camel_tree(live["DefaultAction"], BACK), "rules": _rules(live.get("Rules", [])),
            "visibilityConfig": camel_tree(live["VisibilityConfig"], BACK)}


def _rules(live: list[Any]) -> Any:
    def without(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: without(item) for key, item in value.items() if key not in DEFAULTED}
        return [without(item) for item in value] if isinstance(value, list) else value
    return camel_tree(without(live), BACK)


def seek(aws: Aws, inputs: Props) -> Iterable[str]:
    return [acl["Id"] for acl in aws.wafv2.list_web_acls(Scope=inputs["scope"])["WebACLs"]
            if acl["Name"] == inputs["name"]]


def change(aws: Aws, id_: str, old: Props, new: Props) -> None:
    aws.wafv2.update_web_acl(Id=id_, LockToken=live_acl(aws, id_, old)["LockToken"], **request(new))


def tag(aws: Aws, id_: str, old: Props, new: Props) -> None:
    add, remove = retagged(old, new)
    if add:
        aws.wafv2.tag_resource(ResourceARN=new["arn"], Tags=tag_list(add))
    if remove:
        aws.wafv2.untag_resource(ResourceARN=new["arn"], TagKeys=remove)


def drop(aws: Aws, id_: str, properties: Props) -> None:
    aws.wafv2.delete_web_acl(Name=properties["name"], Scope=properties["scope"], Id=id_,
                             LockToken=live_acl(aws, id_, properties)["LockToken"])


# --- association -----------------------------------------------------------------------------------

def id_of(inputs: Props) -> str:
    return f"{inputs['webAclArn']},{inputs['resourceArn']}"


def associate(aws: Aws, inputs: Props) -> Made:
    aws.wafv2.associate_web_acl(WebACLArn=inputs["webAclArn"], ResourceArn=inputs["resourceArn"])
    return Made(id_of(inputs), {})


def find_association(aws: Aws, id_: str, properties: Props) -> Props | None:
    found = aws.wafv2.get_web_acl_for_resource(ResourceArn=properties["resourceArn"]).get("WebACL")
    return {"webAclArn": found["ARN"]} if found else None


def dissociate(aws: Aws, id_: str, properties: Props) -> None:
    aws.wafv2.disassociate_web_acl(ResourceArn=properties["resourceArn"])


KINDS = (
    Kind(urn_type="aws:wafv2/webAcl:WebAcl", make=make, find=find, drop=drop, seek=seek, tag=tag,
         fixed="name namePrefix scope", required="defaultAction scope visibilityConfig", naming=Naming(longest=128),
         sets="rules", changes={"defaultAction rules visibilityConfig description": change},
         volatile="lockToken capacity", recomputed="lockToken capacity",
         checks=(one_of("scope", "REGIONAL", "CLOUDFRONT"),)),
    Kind(urn_type="aws:wafv2/webAclAssociation:WebAclAssociation", make=associate, find=find_association,
         drop=dissociate, id_of=id_of, fixed="webAclArn resourceArn", required="webAclArn resourceArn"),
)
