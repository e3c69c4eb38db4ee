"""Users of a new cluster: secrets that MSK reads the names and passwords from."""

import json
import re
from collections.abc import Sequence

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_msk as msk
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk_managed_flink.application.acknowledge import acknowledge
from cdk_managed_flink.application.errors import invalid

_USER = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class ScramUsers(Construct):
    """The users of one cluster, and the one resource that joins all of them to it.

    Attributes:
        association: The L1; a client can log in once it is there.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster_arn: str,
        cluster_name: str,
        key: kms.IKey,
        removal: RemovalPolicy,
    ) -> None:
        super().__init__(scope, id)
        self._cluster_name = cluster_name
        self._key = key
        self._removal = removal
        self._arns: list[str] = []
        self._secrets: dict[str, secretsmanager.Secret] = {}
        self.association = msk.CfnBatchScramSecret(self, "Resource", cluster_arn=cluster_arn)
        # A kept cluster lets nobody log in without it.
        self.association.apply_removal_policy(removal)

    def add(self, name: str) -> secretsmanager.ISecret:
        """A user with a generated password, or the one of that name.

        Raises:
            ValueError: An illegal name.
        """
        if name in self._secrets:
            return self._secrets[name]
        if not _USER.fullmatch(name):
            raise invalid(
                self,
                "user",
                name,
                "1 to 64 of the characters a-z A-Z 0-9 _ . -",
                "It becomes a part of the secret's name.",
            )
        secret = secretsmanager.Secret(
            self,
            name,
            # Not ours to choose: MSK takes only secrets whose names begin so.
            secret_name=f"AmazonMSK_{self._cluster_name}_{name}",
            description=f"User {name} of the MSK cluster {self._cluster_name}",
            encryption_key=self._key,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=json.dumps({"username": name}),
                generate_string_key="password",
                # Of these a login in Kafka's own notation would take some for its own.
                exclude_characters="\"'\\${};=,",
                password_length=40,
            ),
            removal_policy=self._removal,
        )
        acknowledge(
            secret,
            "SMG4",
            "MSK has no rotation of its own: a new value is taken up by the service within "
            "minutes, and by the job at its next start.",
        )
        self._secrets[name] = secret
        self.join([secret.secret_arn])
        return secret

    def join(self, arns: Sequence[str]) -> None:
        """Join secrets that exist."""
        self._arns.extend(arn for arn in arns if arn not in self._arns)
        self.association.secret_arn_list = list(self._arns)
