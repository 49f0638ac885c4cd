"""Route 53: a zone's SOA record reads as one, not as the Python value that it is made of."""

from __future__ import annotations

import ast

from rehearsal.cloud.answers import Answers, Call, Reply

ANSWERS = Answers("route53")


@ANSWERS("ListResourceRecordSets")
def records(call: Call) -> Reply:
    reply = call.onward()
    for found in reply["ResourceRecordSets"]:
        for record in found.get("ResourceRecords", []):
            if found["Type"] == "SOA" and record["Value"].startswith("{"):
                record["Value"] = ast.literal_eval(record["Value"])["Value"]
    return reply
