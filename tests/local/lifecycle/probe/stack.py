"""The probe's stack, as CDK synthesizes it for one machine."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from cdk_managed_flink import (
    Checkpointing,
    DynamoDbSink,
    FlinkCode,
    FlinkPipeline,
    HealthGate,
    KinesisSource,
    S3Sink,
)
from managed_flink_local import toolchain
from managed_flink_local.assembly import Assembly

STACK = "lifecycle-probe"
# One request after the other, or an older count may overwrite a newer one.
IN_ORDER = {"sink.requests.max-inflight": "1"}
# Of the health gate, also on a machine that is busy.
PATIENT_SECONDS = 180


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What a destroyed stack leaves, by ARN: a stack that comes back is handed it."""

    stream: str
    bucket: str
    table: str
    data_key: str
    state_key: str

    def arguments(self, scope: cdk.Stack) -> dict[str, Any]:
        """The pipeline's arguments."""
        data_key = kms.Key.from_key_arn(scope, "KeptDataKey", self.data_key)
        stream = kinesis.Stream.from_stream_attributes(
            scope, "KeptStream", stream_arn=self.stream, encryption_key=data_key
        )
        bucket = s3.Bucket.from_bucket_attributes(
            scope, "KeptBucket", bucket_arn=self.bucket, encryption_key=data_key
        )
        table = dynamodb.TableV2.from_table_attributes(
            scope, "KeptTable", table_arn=self.table, encryption_key=data_key
        )
        return {
            "sources": {"events": KinesisSource(stream=stream)},
            "sinks": {
                # Where it wrote before: an imported application keeps its property groups.
                "seen": S3Sink(bucket=bucket, prefix=""),
                "counts": DynamoDbSink(table=table, table_options=IN_ORDER),
            },
            "data_key": data_key,
            "state_key": kms.Key.from_key_arn(scope, "KeptStateKey", self.state_key),
        }


Addition = Callable[[cdk.Stack, FlinkPipeline], None]


def synthesize(
    sql: str,
    output: Path,
    *,
    kept: Kept | None = None,
    also: Addition | None = None,
    timeout: float = PATIENT_SECONDS,
    **changed: Any,  # noqa: ANN401
) -> Assembly:
    """The assembly of one version of the job.

    Args:
        sql: The job.
        output: Where to.
        kept: What is there from a stack before.
        also: Adds to the stack.
        timeout: Seconds of the health gate.
        changed: Arguments of the pipeline.
    """
    job = output.with_name(f"{output.name}-job")
    job.mkdir(parents=True)
    (job / "job.sql").write_text(sql, encoding="utf-8")
    flags = json.loads((toolchain.ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    app = cdk.App(outdir=str(output), context=flags, builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, STACK)
    if kept is None:
        arguments: dict[str, Any] = {
            # One shard, so that events are read in the order of their numbers.
            "sources": {"events": KinesisSource(shards=1)},
            "sinks": {
                "seen": S3Sink(),
                "counts": DynamoDbSink(partition_key="sensor", table_options=IN_ORDER),
            },
        }
    else:
        arguments = kept.arguments(stack)
    pipeline = FlinkPipeline(
        stack,
        "Probe",
        code=FlinkCode.from_sql(job),
        checkpointing=Checkpointing(
            interval=cdk.Duration.seconds(2), min_pause=cdk.Duration.millis(500)
        ),
        health_gate=HealthGate(
            window=cdk.Duration.seconds(4),
            period=cdk.Duration.seconds(2),
            timeout=cdk.Duration.seconds(timeout),
        ),
        poll_interval=cdk.Duration.seconds(1),
        **{**arguments, **changed},
    )
    if also is not None:
        also(stack, pipeline)
    app.synth()
    return Assembly(output)
