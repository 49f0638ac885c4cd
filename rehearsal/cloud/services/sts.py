"""STS: who a caller is. The rehearsal's own key is a person of that name; what a role session says stays moto's."""

from __future__ import annotations

from rehearsal.cloud.answers import Answers, Call, Reply

ANSWERS = Answers("sts")
MOTOS_NOBODY = ":user/moto"


@ANSWERS("GetCallerIdentity")
def caller(call: Call) -> Reply:
    identity = call.onward()
    if identity["Arn"].endswith(MOTOS_NOBODY):
        return {"UserId": "AIDAREHEARSAL", "Account": call.account,
                "Arn": f"arn:aws:iam::{call.account}:user/rehearsal"}
    return identity
