"""ACM: certificates, and waiting until a certificate is proven."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pipelines.errors import Failure
from rehearsal.provider.aws import Aws
from rehearsal.provider.checks import one_of
from rehearsal.provider.kind import Kind, Made
from rehearsal.provider.kinds.shapes import outputs, params, retagged, tag_list, tag_map
from rehearsal.provider.values import Props

DEAD_ENDS = ("FAILED", "VALIDATION_TIMED_OUT", "REVOKED", "EXPIRED")


def make(aws: Aws, inputs: Props) -> Made:
    request = params(inputs, "domainName validationMethod subjectAlternativeNames keyAlgorithm")
    tags = tag_list(inputs["tagsAll"])
    return Made(aws.acm.request_certificate(**request, **({"Tags": tags} if tags else {}))["CertificateArn"])


def describe(aws: Aws, arn: str) -> Any:
    return aws.acm.describe_certificate(CertificateArn=arn)["Certificate"]


def proofs(live: Any) -> list[Props]:
    return [{"domainName": option["DomainName"], "resourceRecordName": record["Name"],
             "resourceRecordType": record["Type"], "resourceRecordValue": record["Value"]}
            for option in live.get("DomainValidationOptions", []) if (record := option.get("ResourceRecord"))]


def await_proofs(aws: Aws, id_: str, inputs: Props) -> None:
    """The records that prove a domain appear some moments after the request."""
    if inputs.get("validationMethod") == "DNS":
        names = {inputs["domainName"], *inputs.get("subjectAlternativeNames", [])}
        aws.wait(f"ACM naming the records that prove {inputs['domainName']}",
                 lambda: len(proofs(describe(aws, id_))) >= len(names) or None)


def find(aws: Aws, id_: str, properties: Props) -> Props | None:
    live = describe(aws, id_)
    tags = aws.acm.list_tags_for_certificate(CertificateArn=id_)["Tags"]
    names = [n for n in live.get("SubjectAlternativeNames", []) if n != live["DomainName"]]
    return {**outputs(live, "domainName status type renewalEligibility"), "arn": id_, "tagsAll": tag_map(tags),
            "domainValidationOptions": proofs(live), "validationEmails": [], "subjectAlternativeNames": names}


def seek(aws: Aws, inputs: Props) -> Iterable[str]:
    for live in aws.pages("acm", "list_certificates", "CertificateSummaryList"):
        if live["DomainName"] == inputs["domainName"]:
            yield live["CertificateArn"]


def tag(aws: Aws, id_: str, old: Props, new: Props) -> None:
    add, remove = retagged(old, new)
    if add:
        aws.acm.add_tags_to_certificate(CertificateArn=id_, Tags=tag_list(add))
    if remove:
        aws.acm.remove_tags_from_certificate(CertificateArn=id_, Tags=[{"Key": key} for key in remove])


def drop(aws: Aws, id_: str, properties: Props) -> None:
    aws.acm.delete_certificate(CertificateArn=id_)


# --- validation: no thing of its own, but the wait for one -----------------------------------------

def validate(aws: Aws, inputs: Props) -> Made:
    arn = inputs["certificateArn"]
    _expect_proofs(aws, arn, inputs.get("validationRecordFqdns"))

    def issued() -> Any:
        live = describe(aws, arn)
        if live["Status"] in DEAD_ENDS:
            raise Failure(f"the certificate {arn} is {live['Status']}",
                          why=live.get("FailureReason", "ACM says no more"),
                          next="correct the domain's records, then run the same command again")
        return live if live["Status"] == "ISSUED" else None
    live = aws.wait(f"ACM issuing {arn} (are its records in the zone?)", issued, seconds=300)
    return Made(str(live.get("IssuedAt", arn)), {})


def _expect_proofs(aws: Aws, arn: str, given: list[str] | None) -> None:
    if not given:
        return
    expected = {proof["resourceRecordName"].rstrip(".") for proof in proofs(describe(aws, arn))}
    missing = expected - {name.rstrip(".") for name in given}
    if missing:
        raise Failure(f"the certificate {arn} cannot be proven", next="add the missing records to the program",
                      why=f"no validation record is given for {', '.join(sorted(missing))}")


def find_validation(aws: Aws, id_: str, properties: Props) -> Props | None:
    live = describe(aws, properties["certificateArn"])
    return {"certificateArn": properties["certificateArn"]} if live["Status"] == "ISSUED" else None


KINDS = (
    Kind(urn_type="aws:acm/certificate:Certificate", make=make, complete=await_proofs, find=find, drop=drop, seek=seek,
         tag=tag, fixed="domainName validationMethod subjectAlternativeNames keyAlgorithm", required="domainName",
         sets="subjectAlternativeNames domainValidationOptions", volatile="status renewalEligibility",
         checks=(one_of("validationMethod", "DNS", "EMAIL"),)),
    Kind(urn_type="aws:acm/certificateValidation:CertificateValidation", make=validate, find=find_validation,
         drop=lambda aws, id_, properties: None, fixed="certificateArn validationRecordFqdns",
         required="certificateArn", sets="validationRecordFqdns"),
)
