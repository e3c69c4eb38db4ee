"""Whom alarms reach: a topic with a key of its own."""

import re
from dataclasses import dataclass

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from cdk_managed_flink.application.answers import topic_arn
from cdk_managed_flink.application.errors import cannot_combine, invalid
from cdk_managed_flink.application.place import made_in, path_of, place_of, share_place
from cdk_managed_flink.application.resource_policy import allow_principal
from cdk_managed_flink.application.tokens import is_token

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, kw_only=True)
class Notifications:
    """Whom to notify when an alarm goes off, or when the application needs a person.

    Attributes:
        emails: Addresses; each has to confirm the mail that SNS sends first.
        topic: An existing topic instead of a new one; it is not changed, so its policy and its
            key have to let CloudWatch publish, and the account's own roles.

    Raises:
        ValueError: Something that is no address, or addresses with an existing topic.
    """

    emails: tuple[str, ...] = ()
    topic: sns.ITopic | None = None

    def __post_init__(self) -> None:
        for email in self.emails:
            if not is_token(email) and not _EMAIL.fullmatch(email):
                raise invalid(
                    "Notifications",
                    "emails",
                    email,
                    "addresses such as data-team@example.com",
                    "Correct the address.",
                )
        if self.emails and self.topic is not None:
            raise cannot_combine(
                "Notifications",
                "emails",
                self.emails,
                "topic=",
                "An existing topic is not changed: subscribe the addresses where it is made.",
            )


class NotificationTopic(Construct):
    """The topic that a pipeline's alarms go to.

    Attributes:
        topic: The SNS topic, new or taken.
    """

    def __init__(self, scope: Construct, id: str, *, notifications: Notifications) -> None:
        super().__init__(scope, id)
        if notifications.topic is not None:
            self.topic: sns.ITopic = notifications.topic
            return
        share_place(scope, self)
        place = place_of(self)
        # An alarm can publish to an encrypted topic only if the key is a customer managed one.
        key = kms.Key(
            self,
            "Key",
            description=f"Alarms of {path_of(scope)}",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.DESTROY,
        )
        made_in(place, key)
        cloudwatch = iam.ServicePrincipal("cloudwatch.amazonaws.com")
        this_account = {
            "StringEquals": {"aws:SourceAccount": place.account},
            "ArnLike": {"aws:SourceArn": place.arn("cloudwatch", "alarm:*")},
        }
        use = ["kms:Decrypt", "kms:GenerateDataKey"]
        allow_principal(key, cloudwatch, use, conditions=this_account)
        topic = sns.Topic(self, "Resource", master_key=key, enforce_ssl=True)
        allow_principal(
            topic, cloudwatch, ["sns:Publish"], arn=topic_arn(topic), conditions=this_account
        )
        for email in notifications.emails:
            topic.add_subscription(subscriptions.EmailSubscription(email))
        self.topic = topic
