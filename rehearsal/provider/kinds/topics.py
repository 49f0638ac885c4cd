"""SNS: topics, who may speak on them, and who listens."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.kind import Kind, Made, Naming
from rehearsal.provider.kinds.shapes import retagged, tag_list, tag_map
from rehearsal.provider.values import Props

ATTRIBUTES = {"displayName": "DisplayName", "kmsMasterKeyId": "KmsMasterKeyId", "deliveryPolicy": "DeliveryPolicy",
              "policy": "Policy", "signatureVersion": "SignatureVersion", "tracingConfig": "TracingConfig",
              "fifoTopic": "FifoTopic", "contentBasedDeduplication": "ContentBasedDeduplication"}
LISTENING = {"filterPolicy": "FilterPolicy", "filterPolicyScope": "FilterPolicyScope", "redrivePolicy": "RedrivePolicy",
             "rawMessageDelivery": "RawMessageDelivery", "deliveryPolicy": "DeliveryPolicy",
             "subscriptionRoleArn": "SubscriptionRoleArn"}


def words(inputs: Props, table: dict[str, str]) -> dict[str, str]:
    return {key: str(inputs[name]).lower() if isinstance(inputs[name], bool) else str(inputs[name])
            for name, key in table.items() if inputs.get(name) not in (None, "")}


def make(aws: Aws, inputs: Props) -> Made:
    tags = tag_list(inputs["tagsAll"])
    arn = aws.sns.create_topic(Name=inputs["name"], Attributes=words(inputs, ATTRIBUTES),
                               **({"Tags": tags} if tags else {}))["TopicArn"]
    return Made(arn, {"arn": arn, "owner": arn.split(":")[4], "name": inputs["name"]})


def find(aws: Aws, id_: str, properties: Props) -> Props | None:
    said = aws.sns.get_topic_attributes(TopicArn=id_)["Attributes"]
    tags = tag_map(aws.sns.list_tags_for_resource(ResourceArn=id_)["Tags"])
    now = {name: said.get(key, "") for name, key in ATTRIBUTES.items() if isinstance(properties.get(name), str)}
    return {**now, "arn": id_, "owner": said.get("Owner", id_.split(":")[4]), "name": id_.rsplit(":", 1)[1],
            "tagsAll": tags}


def seek(aws: Aws, inputs: Props) -> Iterable[str]:
    return [topic["TopicArn"] for topic in aws.pages("sns", "list_topics", "Topics")
            if topic["TopicArn"].endswith(f":{inputs['name']}")]


def change(aws: Aws, id_: str, old: Props, new: Props) -> None:
    for name, key in ATTRIBUTES.items():
        if old.get(name) != new.get(name) and name != "fifoTopic":
            aws.sns.set_topic_attributes(TopicArn=id_, AttributeName=key,
                                         AttributeValue=words(new, {name: key}).get(key, ""))


def tag(aws: Aws, id_: str, old: Props, new: Props) -> None:
    add, remove = retagged(old, new)
    if add:
        aws.sns.tag_resource(ResourceArn=id_, Tags=tag_list(add))
    if remove:
        aws.sns.untag_resource(ResourceArn=id_, TagKeys=remove)


# --- who may speak ---------------------------------------------------------------------------------

def set_policy(aws: Aws, topic: str, policy: str) -> None:
    aws.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)


def make_policy(aws: Aws, inputs: Props) -> Made:
    set_policy(aws, inputs["arn"], inputs["policy"])
    return Made(inputs["arn"], {"owner": inputs["arn"].split(":")[4]})


def find_policy(aws: Aws, id_: str, properties: Props) -> Props | None:
    return {"policy": aws.sns.get_topic_attributes(TopicArn=id_)["Attributes"]["Policy"]}


def drop_policy(aws: Aws, id_: str, properties: Props) -> None:
    """A topic always has a policy: back to the one that it was born with."""
    owner = {"StringEquals": {"AWS:SourceOwner": id_.split(":")[4]}}
    actions = ["GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic",
               "Subscribe", "ListSubscriptionsByTopic", "Publish"]
    set_policy(aws, id_, json.dumps({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [{
        "Sid": "__default_statement_ID", "Effect": "Allow", "Principal": {"AWS": "*"}, "Resource": id_,
        "Action": [f"SNS:{action}" for action in actions], "Condition": owner}]}))


# --- who listens -----------------------------------------------------------------------------------

def subscribe(aws: Aws, inputs: Props) -> Made:
    arn = aws.sns.subscribe(TopicArn=inputs["topic"], Protocol=inputs["protocol"], Endpoint=inputs["endpoint"],
                            Attributes=words(inputs, LISTENING), ReturnSubscriptionArn=True)["SubscriptionArn"]
    return Made(arn)


def find_subscription(aws: Aws, id_: str, properties: Props) -> Props | None:
    said = aws.sns.get_subscription_attributes(SubscriptionArn=id_)["Attributes"]
    now = {name: said.get(key, "") for name, key in LISTENING.items() if isinstance(properties.get(name), str)}
    return {**now, "arn": id_, "ownerId": said.get("Owner", ""), "topic": said["TopicArn"],
            "protocol": said["Protocol"], "endpoint": said["Endpoint"],
            "pendingConfirmation": said.get("PendingConfirmation") == "true",
            "confirmationWasAuthenticated": said.get("ConfirmationWasAuthenticated") == "true"}


def seek_subscription(aws: Aws, inputs: Props) -> Iterable[str]:
    listed: list[Any] = aws.pages("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=inputs["topic"])
    return [s["SubscriptionArn"] for s in listed
            if (s["Protocol"], s["Endpoint"]) == (inputs["protocol"], inputs["endpoint"])]


def change_subscription(aws: Aws, id_: str, old: Props, new: Props) -> None:
    for name, key in LISTENING.items():
        if old.get(name) != new.get(name):
            aws.sns.set_subscription_attributes(SubscriptionArn=id_, AttributeName=key,
                                                AttributeValue=words(new, {name: key}).get(key, ""))


KINDS = (
    Kind(urn_type="aws:sns/topic:Topic", make=make, find=find, seek=seek, tag=tag, fixed="name namePrefix fifoTopic",
         drop=lambda aws, id_, properties: aws.sns.delete_topic(TopicArn=id_), naming=Naming(longest=256),
         documents="policy deliveryPolicy", changes={" ".join(n for n in ATTRIBUTES if n != "fifoTopic"): change}),
    Kind(urn_type="aws:sns/topicPolicy:TopicPolicy", make=make_policy, find=find_policy, drop=drop_policy, fixed="arn",
         id_of=lambda inputs: str(inputs["arn"]), required="arn policy", documents="policy",
         changes={"policy": lambda aws, id_, old, new: set_policy(aws, id_, new["policy"])}),
    Kind(urn_type="aws:sns/topicSubscription:TopicSubscription", make=subscribe, find=find_subscription,
         seek=seek_subscription, drop=lambda aws, id_, properties: aws.sns.unsubscribe(SubscriptionArn=id_),
         fixed="topic protocol endpoint", required="topic protocol endpoint", documents="filterPolicy redrivePolicy",
         state_only="confirmationTimeoutInMinutes endpointAutoConfirms", volatile="pendingConfirmation",
         changes={" ".join(LISTENING): change_subscription}),
)
