"""FlinkApplication: one application of the service, with its role and its log."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import jsii
from aws_cdk import Annotations, IStableAnyProducer, Lazy, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisanalyticsv2 as kda
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct, IValidation

from cdk_managed_flink.application import state_key
from cdk_managed_flink.application.acknowledge import acknowledge_unknown_property
from cdk_managed_flink.application.answers import log_group_name, log_stream_name, role_arn
from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.binding import Bindable, Binding
from cdk_managed_flink.application.code_location import Code
from cdk_managed_flink.application.configuration import (
    code_configuration,
    encryption_configuration,
    flink_configuration,
)
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.log_group import application_log_group, log_group_arn
from cdk_managed_flink.application.metrics import ApplicationMetrics
from cdk_managed_flink.application.naming import application_name as name_of
from cdk_managed_flink.application.network import Network, NetworkInterfaces
from cdk_managed_flink.application.place import share_place
from cdk_managed_flink.application.properties import (
    RUN_OPTIONS_GROUP,
    PropertyGroups,
    PropertyValue,
)
from cdk_managed_flink.application.recording_role import RecordingRole, with_local_policy
from cdk_managed_flink.application.role import (
    application_arn,
    execution_role,
    grant_code,
    grant_logs,
)
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.application.secret_grants import grant_references, grant_secret
from cdk_managed_flink.application.secret_value import (
    SECRET_READER,
    SECRETS_ENDPOINT,
    FlinkSecret,
    reads_secrets,
    refers,
)
from cdk_managed_flink.application.settings import (
    Checkpointing,
    LogLevel,
    Monitoring,
    Parallelism,
)
from cdk_managed_flink.application.snapshot_mode import SnapshotMode
from cdk_managed_flink.application.tables import BoundTables
from cdk_managed_flink.application.tracked import TrackedApplication

R = TypeVar("R")


class ImportedApplication(Construct, ApplicationMetrics):
    """An application that is defined elsewhere: its name, its ARN and its metrics."""

    def __init__(self, scope: Construct, id: str, *, name: str, runtime: Runtime) -> None:
        super().__init__(scope, id)
        self.application_name = name
        self.application_arn = application_arn(self, name)
        self.runtime = runtime


@jsii.implements(iam.IGrantable, ec2.IConnectable)
class FlinkApplication(ApplicationBase, ApplicationMetrics):
    """An application with its execution role, its log and every setting explicit.

    CloudFormation creates it stopped; ``FlinkPipeline`` adds what starts it, proves it healthy and
    keeps its state over a deploy.

    Args:
        code: The packaged job, such as ``FlinkCode.from_sql("jobs/clickstream")``.
        runtime: Default ``Runtime.FLINK_1_20``, the newest whose Kinesis and DynamoDB connectors
            this release has run.
        connectors: What the package has to contain besides the job; sources and sinks add theirs.
        application_name: A literal of 1 to 128 characters. Default: derived from the stack's name
            and the construct's path. A change replaces the application.
        role: An existing execution role; the grants are added to it. Default: one that only this
            application can assume.
        parallelism: Default one task on one KPU.
        checkpointing: Default every 60 seconds.
        monitoring: Default INFO and APPLICATION.
        snapshots: Whether the service takes a snapshot at each stop and update. Default on:
            without it a deploy has no state to go on from.
        snapshot_mode: Whose the snapshots are. Default ``APPLICATION_SNAPSHOTS_LEGACY``, the
            service's own.
        system_rollback: Whether the service itself returns to the last running version when an
            update operation fails. Default on.
        property_groups: What the job reads at run time; more with ``add_property_group``.
        encryption_key: Customer managed key for state and log, from runtime 1.20 on. Default: keys
            that AWS owns.
        data_key: Customer managed key for what sources and sinks make. Default: keys that AWS
            manages.
        network: The VPC that it reaches things in. Default: none, with the service's own way to
            the internet.
        log_retention: Default 3 months.
        description: Shown in the console, up to 1,024 characters.
        removal_policy: Default ``RETAIN_ON_UPDATE_OR_DELETE``: deleting an application deletes its
            snapshots, while a stopped one costs only their storage.

    Attributes:
        resource: The L1, a ``kinesisanalyticsv2.CfnApplication``: the escape hatch.
        logging_option: The L1 that joins application and log stream.
        service_endpoints: AWS services that the job calls, by the names of their VPC endpoints.
        granted_secrets: ARNs of the secrets that it may read.
        prerequisites: What has to be there before the job starts and no property refers to.

    Raises:
        ValueError: An illegal name or property group, or a key or enhanced snapshots with a
            runtime before 1.20.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        code: Code,
        runtime: Runtime = Runtime.FLINK_1_20,
        connectors: Sequence[Connector] = (),
        application_name: str | None = None,
        role: iam.IRole | None = None,
        parallelism: Parallelism | None = None,
        checkpointing: Checkpointing | None = None,
        monitoring: Monitoring | None = None,
        snapshots: bool = True,
        snapshot_mode: SnapshotMode = SnapshotMode.APPLICATION_SNAPSHOTS_LEGACY,
        system_rollback: bool = True,
        property_groups: Mapping[str, Mapping[str, PropertyValue]] | None = None,
        encryption_key: kms.IKey | None = None,
        data_key: kms.IKey | None = None,
        network: Network | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.THREE_MONTHS,
        description: str | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    ) -> None:
        super().__init__(scope, id)
        share_place(scope, self)
        if encryption_key is not None and not runtime.supports_customer_managed_key:
            raise invalid(
                self,
                "encryption_key",
                f"a customer managed key with {runtime.name}",
                "no key, or a runtime from FLINK-1_20 on",
                "Use Runtime.FLINK_1_20, or leave the key out.",
            )
        enhanced = snapshot_mode is SnapshotMode.ENHANCED_SNAPSHOTS
        if enhanced and not runtime.supports_enhanced_snapshots:
            raise invalid(
                self,
                "snapshot_mode",
                f"{snapshot_mode} with {runtime.name}",
                f"{SnapshotMode.APPLICATION_SNAPSHOTS_LEGACY}, or a runtime from FLINK-1_20 on",
                "Use Runtime.FLINK_1_20, or leave snapshot_mode out.",
            )
        self.application_name = name_of(self, application_name)
        self.application_arn = application_arn(self, self.application_name)
        self.runtime = runtime
        self.snapshot_mode = snapshot_mode
        self.parallelism = parallelism or Parallelism()
        self.encryption_key = encryption_key
        self.data_key = data_key
        self.removal_policy = removal_policy
        self.role = (
            execution_role(self, "Role", name=self.application_name, arn=self.application_arn)
            if role is None
            else with_local_policy(self, role)
        )
        self._principal = (
            self.role if isinstance(self.role, iam.Role) else self.role.grant_principal
        )
        if role is not None and not isinstance(role, iam.Role):
            handed = RecordingRole(role)
            handed.watch(self)
            self._principal = handed
        self.log_group = application_log_group(
            self, "LogGroup", key=encryption_key, retention=log_retention, removal=removal_policy
        )
        self.log_stream = logs.LogStream(
            self, "LogStream", log_group=self.log_group, removal_policy=removal_policy
        )
        self.network = network
        self._interfaces = (
            None
            if network is None
            else NetworkInterfaces(
                self, network, role=self.role, grantee=self._principal, removal=removal_policy
            )
        )
        self.prerequisites = []
        self.service_endpoints = set()
        self.granted_secrets = set()
        self._tables = BoundTables(self, code)
        self.is_text_read = self._tables.is_text_read
        self._told: list[Callable[[], None]] = []
        reader = {SECRET_READER} if reads_secrets(property_groups or {}) else set()
        location = code.bind(self, runtime=runtime, connectors=sorted({*connectors, *reader}))
        self._resolves_secrets = location.resolves_secrets
        self._properties = PropertyGroups(self)
        if location.run_options:
            self._properties.add(RUN_OPTIONS_GROUP, location.run_options)
        for group_id, properties in (property_groups or {}).items():
            self.add_property_group(group_id, properties)
        if encryption_key is not None and not state_key.allow_service(
            self, encryption_key, arn=self.application_arn
        ):
            Annotations.of(self).add_warning_v2(
                "cdk-managed-flink:key-policy",
                "encryption_key is imported, so its policy is not changed here: it has to allow "
                "kinesisanalytics.amazonaws.com and infrastructure.kinesisanalytics.amazonaws.com "
                f"for the application {self.application_name}, and CloudWatch Logs of the Region "
                "(logs.<region>.amazonaws.com) for log groups of this stack.",
            )
        grant_code(self._principal, bucket_arn=location.bucket_arn, key=location.file_key)
        group, stream = log_group_name(self.log_group), log_stream_name(self.log_stream)
        grant_logs(self._principal, self.role, log_group_name=group, log_stream_name=stream)
        monitoring = monitoring or Monitoring()
        if monitoring.log_level in (LogLevel.WARN, LogLevel.ERROR):
            Annotations.of(self).add_warning_v2(
                "cdk-managed-flink:log-level",
                f"log_level {monitoring.log_level} hides task failures, which Flink logs at INFO: "
                "a failed deploy cannot show the job's own exception.",
            )
        self.resource: TrackedApplication = TrackedApplication(
            self,
            "Resource",
            application_name=self.application_name,
            application_description=description,
            application_mode="STREAMING",
            runtime_environment=runtime.name,
            service_execution_role=role_arn(self.role),
            application_configuration={
                "applicationCodeConfiguration": code_configuration(location),
                "applicationSnapshotConfiguration": {"snapshotsEnabled": snapshots},
                "applicationSystemRollbackConfiguration": {"rollbackEnabled": system_rollback},
                "applicationEncryptionConfiguration": encryption_configuration(encryption_key),
                **self._vpc_configurations(),
                "environmentProperties": {
                    "propertyGroups": Lazy.any(_Groups(self._properties)),
                },
                "flinkApplicationConfiguration": flink_configuration(
                    self.parallelism, checkpointing or Checkpointing(), monitoring
                ),
            },
        )
        share_place(self, self.resource)
        if enhanced:
            self.resource.add_property_override(
                "ApplicationConfiguration.ApplicationSnapshotConfiguration.SnapshotMode",
                snapshot_mode.value,
            )
            acknowledge_unknown_property(
                self.resource, "SnapshotMode is newer than the schema that CDK validates with."
            )
        self.resource.apply_removal_policy(removal_policy)
        self.resource.node.add_dependency(self.role)
        self.logging_option = kda.CfnApplicationCloudWatchLoggingOption(
            self,
            "LoggingOption",
            application_name=self.resource.ref,
            cloud_watch_logging_option={
                "logStreamArn": log_group_arn(self, f"{group}:log-stream:{stream}")
            },
        )
        self.node.add_validation(_TextValidation(self))

    @property
    def stores(self) -> Mapping[str, list[str]]:
        """What was made to hold a table's data, by the table's name: its kind and its name."""
        return self._tables.stores

    @property
    def readers(self) -> Mapping[str, str]:
        """What keeps the read position of a source, by the table's name, where it may change."""
        return self._tables.readers

    @staticmethod
    def from_application_name(
        scope: Construct,
        id: str,
        application_name: str,
        *,
        runtime: Runtime = Runtime.FLINK_1_20,
    ) -> ImportedApplication:
        """An existing application, for its ARN and its metrics as the runtime spells them."""
        return ImportedApplication(scope, id, name=application_name, runtime=runtime)

    def add_property_group(self, group_id: str, properties: Mapping[str, PropertyValue]) -> None:
        """Add what the job reads under ``group_id``; ``${group_id.key}`` in SQL.

        The secrets that values refer to are granted to the application.

        Raises:
            ValueError: The service would refuse it, the group exists, a literal stands under a
                key that names a secret, or a secret comes too late to be read.
        """
        if reads_secrets({group_id: properties}) and not self._resolves_secrets:
            raise invalid(
                self,
                f"property group {group_id!r}",
                "a group with a secret",
                "secrets that are known when the code is packaged",
                "Hand the group to property_groups=; a source or sink of your own lists "
                "secret_reader(runtime) among its connectors.",
            )
        self._properties.add(group_id, properties)
        for value in properties.values():
            if isinstance(value, FlinkSecret):
                grant_secret(value.secret, self)
            elif isinstance(value, str) and refers(value):
                grant_references(value, self)
            else:
                continue
            self.service_endpoints.add(SECRETS_ENDPOINT)

    def bind(self, scope: Construct, name: str, bindable: Bindable[R]) -> Binding[R]:
        """Bind a source or sink under the table's name.

        Raises:
            ValueError: The name is not legal or taken, or the object is bound already.
        """
        self._tables.claim(name, bindable)
        binding = bindable.bind(scope, self, name)
        self._tables.add(name, bindable, binding, scope)
        self.service_endpoints.update(binding.service_endpoints)
        self.prerequisites.extend(binding.prerequisites)
        self.add_property_group(name, binding.properties)
        for tell in self._told:
            tell()
        return binding

    def _vpc_configurations(self) -> dict[str, Any]:
        if self._interfaces is None:
            return {}
        return {"vpcConfigurations": [self._interfaces.configuration()]}

    def when_bound(self, tell: Callable[[], None]) -> None:
        """Have something called after each further binding."""
        self._told.append(tell)

    def validate(self) -> list[str]:
        """What the job's text and what is bound have against each other."""
        return self._tables.problems(self._properties.names - {RUN_OPTIONS_GROUP})


@jsii.implements(IStableAnyProducer)
class _Groups:
    """The property groups as they stand at synth, those added late included."""

    def __init__(self, groups: PropertyGroups) -> None:
        self._groups = groups

    def produce(self) -> Any:  # noqa: ANN401
        return self._groups.render()


@jsii.implements(IValidation)
class _TextValidation:
    def __init__(self, application: FlinkApplication) -> None:
        self._application = application

    def validate(self) -> list[str]:
        return self._application.validate()
