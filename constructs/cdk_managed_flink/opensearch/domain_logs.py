"""DomainLogs: what a domain writes to CloudWatch Logs."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from aws_cdk import aws_opensearchservice as opensearch
from constructs import Construct

from cdk_managed_flink.application.log_group import log_group_arn
from cdk_managed_flink.application.place import place_of

_KINDS = {
    "Application": "ES_APPLICATION_LOGS",
    "Audit": "AUDIT_LOGS",
    "SlowIndexing": "INDEX_SLOW_LOGS",
    "SlowSearch": "SEARCH_SLOW_LOGS",
}


class DomainLogs(Construct):
    """A log group for each kind, and the service's right to write to them.

    The right is a resource policy of CloudWatch Logs, of which an account has 10 in a Region.

    Args:
        domain_arn: ARN of the domain.
        policy_name: A literal: the resource has no other name.
        removal: That of the domain: one that stays goes on writing.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        domain_arn: str,
        policy_name: str,
        removal: RemovalPolicy,
    ) -> None:
        super().__init__(scope, id)
        self._groups = {
            kind: logs.LogGroup(
                self,
                id_,
                retention=logs.RetentionDays.THREE_MONTHS,
                removal_policy=removal,
            )
            for id_, kind in _KINDS.items()
        }
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "es.amazonaws.com"},
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": [
                log_group_arn(self, f"{group.log_group_name}:*") for group in self._groups.values()
            ],
            "Condition": {
                "StringEquals": {"aws:SourceAccount": place_of(self).account},
                "ArnEquals": {"aws:SourceArn": domain_arn},
            },
        }
        document = {"Version": "2012-10-17", "Statement": [statement]}
        policy = logs.CfnResourcePolicy(
            self,
            "Policy",
            policy_name=policy_name,
            policy_document=place_of(self).stack.to_json_string(document),
        )
        policy.apply_removal_policy(removal)

    def options(self) -> dict[str, opensearch.CfnDomain.LogPublishingOptionProperty]:
        """The domain's ``LogPublishingOptions``."""
        return {
            kind: opensearch.CfnDomain.LogPublishingOptionProperty(
                cloud_watch_logs_log_group_arn=group.log_group_arn, enabled=True
            )
            for kind, group in self._groups.items()
        }
