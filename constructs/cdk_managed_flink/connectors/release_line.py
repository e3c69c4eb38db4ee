"""A release line of the AWS connectors, and how its artifacts fit into one jar."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.connectors.option_names import OptionNames

AWS_CONNECTORS = ("kinesis", "dynamodb", "firehose")
_HADOOP_SETTINGS = (
    "org.apache.flink.runtime.util.HadoopUtils",
    "managedflink.iceberg.HadoopSettings",
)
_BOTH_ARE_KINESIS = frozenset(
    {
        "flink-connector-kinesis",
        "flink-connector-aws-kinesis-streams",
        "flink-sql-connector-kinesis",
        "flink-sql-connector-aws-kinesis-streams",
    }
)


@dataclass(frozen=True)
class ReleaseLine:
    """AWS connectors that were released together, for some versions of Flink.

    Attributes:
        flink: Version of Flink that the library's own formats are compiled against.
        java: Version of Java that the service runs it on.
        connectors: By identifier, the value of ``'connector' = '…'`` in a table's options.
        formats: By name, the value of ``'format' = '…'``; those that the runtime has itself
            need none.
        closed: Connectors that come with exactly the artifacts given here. Any other artifact
            brings what its own POM lists.
        own_sdk: Connectors that carry an AWS SDK in a package of its own, or are linked to it.
            Beside one of them whatever else calls the SDK is moved onto that copy.
        sdk_users: What else calls the SDK: with ``own_sdk`` it comes without an SDK.
        relocations: Packages that move with ``own_sdk``, as pairs of the old and the new prefix.
        further_modules: Flink's modules that this version compiles against besides the usual ones.
        leaves_out: Files (Ant patterns) that must not enter the jar.
        sdk: Version of the AWS SDK that the line's AWS connectors share, where they bring it by
            their POMs. Beside other artifacts, which may name another, all of it is of this one.
        options: What each connector takes in a table's options; none of any other is checked.
        bundles: Connectors that bring an AWS SDK of another version under the SDK's own name. With
            one of ``own_sdk`` they are merged apart, since a relocation holds for a whole jar.
        hadoop_users: Connectors that ask Flink for Hadoop's settings, which it has none of on the
            service; their question is moved to the library's own answer.
    """

    flink: str
    java: str
    connectors: Mapping[str, Connector]
    formats: Mapping[str, Sequence[Connector]] = field(default_factory=dict)
    closed: Mapping[Connector, Sequence[Connector]] = field(default_factory=dict)
    own_sdk: frozenset[Connector] = frozenset()
    sdk_users: frozenset[Connector] = frozenset()
    relocations: Sequence[tuple[str, str]] = ()
    further_modules: Sequence[str] = ()
    leaves_out: Sequence[str] = ()
    sdk: str | None = None
    options: Mapping[str, OptionNames] = field(default_factory=dict)
    hadoop_users: frozenset[Connector] = frozenset()
    bundles: frozenset[Connector] = frozenset()

    def contents(self, connectors: Sequence[Connector]) -> tuple[Connector, ...]:
        """The artifacts that the jar is made of, each once, in a stable order.

        Raises:
            ValueError: They would not work together in one jar.
        """
        artifacts = {
            artifact
            for connector in connectors
            for artifact in (connector, *self.closed.get(connector, ()))
        }
        return _checked(tuple(sorted(artifacts)))

    def parts(self, connectors: Sequence[Connector]) -> list[tuple[Connector, ...]]:
        """The contents by the jars that they are merged into before those become one.

        One, unless classes that are relocated would meet an SDK that keeps its name: Iceberg's
        classes were built against theirs, and lack members in the connectors' older one.
        """
        artifacts = self.contents(connectors)
        bundled = {
            artifact
            for bundle in self.bundles.intersection(artifacts)
            for artifact in (bundle, *self.closed.get(bundle, ()))
        }
        if not bundled or not self.own_sdk.intersection(artifacts):
            return [artifacts]
        others = tuple(artifact for artifact in artifacts if artifact not in bundled)
        return [others, tuple(sorted(bundled))]

    def is_closed(self, artifact: Connector, beside: Sequence[Connector]) -> bool:
        """Whether nothing that the artifact's POM names may come along."""
        if artifact in self.sdk_users and self.own_sdk.intersection(beside):
            return True
        return any(artifact in (connector, *others) for connector, others in self.closed.items())

    def moved(self, artifacts: Sequence[Connector]) -> Sequence[tuple[str, str]]:
        """The relocations of a jar with these artifacts."""
        asked = [_HADOOP_SETTINGS] if self.asks_for_hadoop(artifacts) else []
        return [*(self.relocations if self.own_sdk.intersection(artifacts) else ()), *asked]

    def asks_for_hadoop(self, artifacts: Sequence[Connector]) -> bool:
        """Whether a jar with these artifacts needs the library's own answer."""
        return bool(self.hadoop_users.intersection(artifacts))

    def common_sdk(self, artifacts: Sequence[Connector]) -> str | None:
        """The one version of the SDK in a jar with these artifacts; ``None`` where POMs agree.

        Maven takes the version that is named nearest to the project, module by module: with two in
        play, one version's service client may meet another's core.
        """
        aws = {self.connectors.get(name) for name in AWS_CONNECTORS}
        return self.sdk if aws.intersection(artifacts) and not aws.issuperset(artifacts) else None

    def with_connectors(self, replaced: Mapping[str, Connector]) -> "ReleaseLine":
        """The line with other connectors behind some identifiers; their options go unchecked.

        What the line knows of a connector counts for the other as well: which SDK it is moved onto,
        what answers for Hadoop, and, if it is of the same group, what it comes with.

        Raises:
            ValueError: One of the connectors that fit only together.
        """
        for name in AWS_CONNECTORS:
            if name in replaced:
                raise invalid(
                    "Runtime",
                    "connectors",
                    f"{name}: {replaced[name]}",
                    f"identifiers other than {', '.join(AWS_CONNECTORS)}",
                    "These fit into one jar only as a whole release: choose a ConnectorLine.",
                )
        others = {old: replaced[name] for name, old in self.connectors.items() if name in replaced}
        return replace(
            self,
            connectors={**self.connectors, **replaced},
            closed={
                other: [_released_with(other, artifact, old) for artifact in artifacts]
                for old, artifacts in self.closed.items()
                if (other := others.get(old, old)).group == old.group
            },
            sdk_users=frozenset(others.get(old, old) for old in self.sdk_users),
            hadoop_users=frozenset(others.get(old, old) for old in self.hadoop_users),
            bundles=frozenset(others.get(old, old) for old in self.bundles),
            options={name: known for name, known in self.options.items() if name not in replaced},
        )


def _released_with(other: Connector, artifact: Connector, old: Connector) -> Connector:
    """An artifact that came with the old connector, now with the other one."""
    together = (artifact.group, artifact.version) == (old.group, old.version)
    return replace(artifact, version=other.version) if together else artifact


def _checked(artifacts: tuple[Connector, ...]) -> tuple[Connector, ...]:
    kinesis = [a for a in artifacts if a.artifact in _BOTH_ARE_KINESIS]
    if len(kinesis) > 1:
        raise invalid(
            "FlinkCode",
            "connectors",
            f"{len(kinesis)} artifacts that serve the identifier 'kinesis'",
            "one, as Flink plans nothing with more",
            f"Leave out all but one of: {', '.join(map(str, kinesis))}.",
        )
    versions: dict[tuple[str, str], Connector] = {}
    for artifact in artifacts:
        other = versions.setdefault((artifact.group, artifact.artifact), artifact)
        if other != artifact:
            raise invalid(
                "FlinkCode",
                "connectors",
                f"two versions of {artifact.group}:{artifact.artifact}",
                "one version of each artifact",
                f"Leave out {other.version} or {artifact.version}.",
            )
        if artifact.version.endswith("SNAPSHOT") or set(artifact.version) & set("[](),"):
            raise invalid(
                "FlinkCode",
                "connectors",
                str(artifact),
                "one released version, neither a range nor a SNAPSHOT",
                "Pin the version: the same code has to give the same jar tomorrow.",
            )
        if artifact.artifact.startswith("flink-s3-fs-"):
            raise invalid(
                "FlinkCode",
                "connectors",
                str(artifact),
                "connectors; this is a plugin, and works only in a cluster's own plugins folder",
                "Remove it: the service has a file system for s3:// of its own.",
            )
    return artifacts
