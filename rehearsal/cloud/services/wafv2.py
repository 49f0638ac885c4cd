"""WAF: an ACL in use cannot be deleted, and a resource has one ACL at most."""

from __future__ import annotations

from rehearsal.cloud.answers import Answers, Call, Reply
from rehearsal.cloud.errors import AwsError

ANSWERS = Answers("wafv2")


@ANSWERS("DeleteWebACL")
def delete(call: Call) -> Reply:
    from moto.wafv2.models import wafv2_backends
    acls = wafv2_backends[call.account][call.region].wacls.values()
    acl = next((a for a in acls if a.id == call.params["Id"] and a.name == call.params["Name"]), None)
    if acl and acl.associated_resources:
        raise AwsError("WAFAssociatedItemException", "AWS WAF couldn't perform the operation because your resource is "
                                                     f"being used by {', '.join(acl.associated_resources)}.")
    return call.onward()


@ANSWERS("AssociateWebACL")
def associate(call: Call) -> Reply:
    """A new association takes the place of the old one."""
    from moto.wafv2.models import wafv2_backends
    for acl in wafv2_backends[call.account][call.region].wacls.values():
        if acl.arn != call.params["WebACLArn"] and call.params["ResourceArn"] in acl.associated_resources:
            acl.associated_resources.remove(call.params["ResourceArn"])
    return call.onward()
