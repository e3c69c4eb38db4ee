"""Names of table options: of each connector in each of its release lines, and of each format.

From the factories of the released connectors: ``requiredOptions``, ``optionalOptions``, and
the constants behind the prefixes that they pass on unchecked. Those of the lines that are run here
were read from the factories themselves.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class OptionNames:
    """What a connector takes in a table's options.

    Attributes:
        names: The options' names.
        prefixes: What begins with one of these is handed on, and not known here.
        elsewhere: Options of the connector's other lines, by their names there: what they are
            called here, or what to do without.
    """

    names: frozenset[str]
    prefixes: tuple[str, ...] = ()
    elsewhere: Mapping[str, str] = field(default_factory=dict)


# What Flink itself takes in any table's options.
COMMON = frozenset(
    {
        "connector",
        "property-version",
        "scan.watermark.alignment.group",
        "scan.watermark.alignment.max-drift",
        "scan.watermark.alignment.update-interval",
        "scan.watermark.emit.strategy",
        "scan.watermark.idle-timeout",
    }
)
# Options that name a table's format.
FORMATS = {"format": "", "key.format": "key.", "value.format": "value."}


def _below(prefix: str, *names: str) -> Iterator[str]:
    return (f"{prefix}.{name}" for name in names)


def _backoff(prefix: str) -> Iterator[str]:
    return _below(prefix, "maxretries", "backoff.base", "backoff.max", "backoff.expconst")


_AWS = frozenset(
    {
        "aws.region",
        "aws.endpoint",
        "aws.trust.all.certificates",
        "aws.http.protocol.version",
        *_below("aws.http-client", "max-concurrency", "read-timeout"),
        *_below(
            "aws.credentials",
            "provider",
            "basic.accesskeyid",
            "basic.secretkey",
            "profile.path",
            "profile.name",
            "role.arn",
            "role.sessionName",
            "role.externalId",
            "role.provider",
            "role.stsEndpoint",
            "custom.class",
            "webIdentityToken.file",
        ),
    }
)
_ASYNC_SINK = frozenset(
    {
        *_below("sink.requests", "max-inflight", "max-buffered"),
        *_below("sink.flush-buffer", "size", "timeout"),
        *_below("sink.http-client", "max-concurrency", "read-timeout", "protocol.version"),
        "sink.batch.max-size",
        "sink.fail-on-error",
    }
)
_KINESIS = frozenset(
    {*_AWS, *_ASYNC_SINK, "format", "sink.partitioner", "sink.partitioner-field-delimiter"}
)

_NONE = "There is no such option in this line of the connector: leave it out."
# What each line calls what the other calls otherwise.
_KINESIS_PAIRS = (
    ("stream", "stream.arn"),
    ("scan.stream.initpos", "source.init.position"),
    ("scan.stream.initpos-timestamp", "source.init.timestamp"),
    ("scan.stream.initpos-timestamp-format", "source.init.timestamp.format"),
    ("scan.stream.recordpublisher", "source.reader.type"),
    ("scan.stream.efo.consumername", "source.efo.consumer.name"),
    ("scan.stream.efo.registration", "source.efo.lifecycle"),
    ("scan.shard.subscribetoshard.timeout", "source.efo.subscription.timeout"),
    ("scan.stream.deregisterstreamconsumer.timeout", "source.efo.deregister.timeout"),
    ("scan.shard.getrecords.maxrecordcount", "source.shard.get-records.max-record-count"),
    ("scan.shard.discovery.intervalmillis", "source.shard.discovery.interval"),
    ("scan.shard.idle.interval", "source.reader.empty-records-fetch-interval"),
    ("scan.shard-assigner", "source.shard-assigner"),
    (
        "scan.stream.describestreamconsumer.maxretries",
        "source.efo.describe.retry-strategy.attempts.max",
    ),
    (
        "scan.stream.describestreamconsumer.backoff.base",
        "source.efo.describe.retry-strategy.delay.min",
    ),
    (
        "scan.stream.describestreamconsumer.backoff.max",
        "source.efo.describe.retry-strategy.delay.max",
    ),
)

_KINESIS_4_SOURCE = frozenset(
    {
        "stream",
        "scan.shard-assigner",
        *_below(
            "scan.stream",
            "initpos",
            "initpos-timestamp",
            "initpos-timestamp-format",
            "recordpublisher",
            "efo.consumername",
            "efo.registration",
            "efo.consumerarn",  # the job adds the stream's name
            "efo.http-client.max-concurrency",
            "efo.http-client.read-timeout",
            "registerstreamconsumer.timeout",
            "deregisterstreamconsumer.timeout",
        ),
        *_below(
            "scan.shard",
            "getrecords.maxrecordcount",
            "getrecords.intervalmillis",
            "discovery.intervalmillis",
            "adaptivereads",
            "idle.interval",
            "subscribetoshard.timeout",
        ),
        *_below("scan.watermark", "sync.interval", "lookahead.millis", "sync.queue.capacity"),
        *_backoff("scan.list.shards"),
        *_backoff("scan.stream.describe"),
        *_backoff("scan.stream.describestreamconsumer"),
        *_backoff("scan.stream.registerstreamconsumer"),
        *_backoff("scan.stream.deregisterstreamconsumer"),
        *_backoff("scan.shard.getrecords"),
        *_backoff("scan.shard.getiterator"),
        *_backoff("scan.shard.subscribetoshard"),
    }
)
_KINESIS_5_SOURCE = frozenset(
    {
        "stream.arn",
        *_below("source.init", "position", "timestamp", "timestamp.format"),
        *_below("source.shard", "discovery.interval", "get-records.max-record-count"),
        *_below("source.reader", "type", "empty-records-fetch-interval"),
        *_below(
            "source.efo",
            "lifecycle",
            "consumer.name",
            "subscription.timeout",
            "deregister.timeout",
            "describe.retry-strategy.attempts.max",
            "describe.retry-strategy.delay.min",
            "describe.retry-strategy.delay.max",
        ),
    }
)
_NEVER_READ = "It is defined in this line of the connector and read by nothing: leave it out."

KINESIS_4 = OptionNames(
    names=_KINESIS | _KINESIS_4_SOURCE,
    prefixes=("scan.stream.efo.consumerarn.", "scan.shard.consumer.error.recoverable"),
    elsewhere={
        **dict.fromkeys(_KINESIS_5_SOURCE, _NONE),
        **{newer: f"Use {older!r} instead." for older, newer in _KINESIS_PAIRS},
        "stream.arn": "Use 'stream' with the stream's name: this line knows no ARN.",
    },
)
KINESIS_5 = OptionNames(
    names=_KINESIS | _KINESIS_5_SOURCE,
    elsewhere={
        **dict.fromkeys(_KINESIS_4_SOURCE, _NONE),
        **{older: f"Use {newer!r} instead." for older, newer in _KINESIS_PAIRS},
        "scan.shard-assigner": _NEVER_READ,
        "source.shard-assigner": _NEVER_READ,
    },
)

_DYNAMODB = _AWS | _ASYNC_SINK | {"table-name"}
DYNAMODB_4 = OptionNames(
    names=_DYNAMODB,
    elsewhere={"sink.ignore-nulls": "The connector has it from 5.1 on: leave it out."},
)
DYNAMODB_5 = OptionNames(names=_DYNAMODB | {"sink.ignore-nulls"})
FIREHOSE = OptionNames(names=_AWS | _ASYNC_SINK | {"delivery-stream", "format"})

_KAFKA_ALL = frozenset(
    {
        "topic",
        "topic-pattern",
        "key.format",
        "value.format",
        "key.fields-prefix",
        "value.fields-include",
        *_below("scan.bounded", "mode", "specific-offsets", "timestamp-millis"),
        *_below("sink", "delivery-guarantee", "parallelism", "transactional-id-prefix"),
    }
)
_KAFKA = _KAFKA_ALL | {
    "format",
    "key.fields",
    *_below("scan.startup", "mode", "specific-offsets", "timestamp-millis"),
    "scan.topic-partition-discovery.interval",
    "sink.partitioner",
    "sink.semantic",
}
_UPSERT_KAFKA = _KAFKA_ALL | {*_below("sink.buffer-flush", "interval", "max-rows")}
_FROM_KAFKA_4 = frozenset({"scan.parallelism", "sink.transaction-naming-strategy"})
_KAFKA_PREFIXES = ("properties.",)
_IN_KAFKA_4 = dict.fromkeys(_FROM_KAFKA_4, "The connector has it from 4.0 on: leave it out.")
KAFKA_3 = OptionNames(_KAFKA, _KAFKA_PREFIXES, _IN_KAFKA_4)
KAFKA_4 = OptionNames(_KAFKA | _FROM_KAFKA_4, _KAFKA_PREFIXES)
UPSERT_KAFKA_3 = OptionNames(_UPSERT_KAFKA, _KAFKA_PREFIXES, _IN_KAFKA_4)
UPSERT_KAFKA_4 = OptionNames(_UPSERT_KAFKA | _FROM_KAFKA_4, _KAFKA_PREFIXES)

FILESYSTEM = OptionNames(
    frozenset(
        {
            "path",
            "format",
            "auto-compaction",
            "compaction.file-size",
            "partition.default-name",
            *_below(
                "partition.time-extractor",
                "kind",
                "class",
                "timestamp-formatter",
                "timestamp-pattern",
            ),
            *_below(
                "sink.partition-commit",
                "delay",
                "policy.class",
                "policy.class.parameters",
                "policy.kind",
                "success-file.name",
                "trigger",
                "watermark-time-zone",
            ),
            *_below(
                "sink.rolling-policy",
                "check-interval",
                "file-size",
                "inactivity-interval",
                "rollover-interval",
            ),
            "sink.parallelism",
            "sink.shuffle-by-partition.enable",
            *_below("source", "monitor-interval", "path.regex-pattern", "report-statistics"),
        }
    )
)

_ENCODED_JSON = frozenset(
    {
        "encode.decimal-as-plain-number",
        "encode.ignore-null-fields",
        "ignore-parse-errors",
        "map-null-key.literal",
        "map-null-key.mode",
        "timestamp-format.standard",
    }
)
_JSON = _ENCODED_JSON | {"fail-on-missing-field"}
_REGISTRY = frozenset(
    {
        "url",
        "subject",
        "schema",
        *_below("basic-auth", "credentials-source", "user-info"),
        *_below("bearer-auth", "credentials-source", "token"),
        *_below("ssl", "keystore.location", "keystore.password"),
        *_below("ssl", "truststore.location", "truststore.password"),
    }
)
# Of the formats themselves, without the format's name before them; any other format's, and those
# of Parquet and ORC, which go to their own libraries, are not known here.
FORMAT_OPTIONS: Mapping[str, OptionNames] = {
    "raw": OptionNames(frozenset({"charset", "endianness"})),
    "json": OptionNames(_JSON),
    "json-lines": OptionNames(_JSON),
    "debezium-json": OptionNames(_ENCODED_JSON | {"schema-include"}),
    "canal-json": OptionNames(_ENCODED_JSON | {"database.include", "table.include"}),
    "maxwell-json": OptionNames(_ENCODED_JSON),
    "ogg-json": OptionNames(_ENCODED_JSON),
    "csv": OptionNames(
        frozenset(
            {
                "allow-comments",
                "array-element-delimiter",
                "disable-quote-character",
                "escape-character",
                "field-delimiter",
                "ignore-parse-errors",
                "null-literal",
                "quote-character",
                "write-bigdecimal-in-scientific-notation",
            }
        )
    ),
    "avro": OptionNames(frozenset({"codec", "encoding", "timestamp_mapping.legacy"})),
    "avro-confluent": OptionNames(_REGISTRY, ("properties.",)),
    "debezium-avro-confluent": OptionNames(_REGISTRY, ("properties.",)),
}
# Options that formats have from Flink 2.0 on.
FROM_FLINK_2: Mapping[str, frozenset[str]] = dict.fromkeys(
    ("json", "json-lines"), frozenset({"decode.json-parser.enabled"})
)
