"""What a template's policies grant, held against IAM's service authorization data.

The data is the copy that cfn-lint brings: each service's actions, the resource types that each
action takes, and the form of their ARNs.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import cfnlint  # type: ignore[import-untyped]
from policies import listed, text

_DATA = Path(str(cfnlint.__file__)).parent / "data" / "AdditionalSpecs" / "Policies.json"
_ARN = "arn:aws:{}:eu-west-1:123456789012:{}"
_STACK = _ARN.format("cloudformation", "stack/x/1")
# ARNs as GetAtt gives them, by resource type.
_SAMPLES = {
    "AWS::Athena::WorkGroup": _ARN.format("athena", "workgroup/x"),
    "AWS::DynamoDB::GlobalTable": _ARN.format("dynamodb", "table/x"),
    "AWS::DynamoDB::Table": _ARN.format("dynamodb", "table/x"),
    "AWS::IAM::Role": "arn:aws:iam::123456789012:role/x",
    "AWS::KMS::Key": _ARN.format("kms", "key/x"),
    "AWS::Kinesis::Stream": _ARN.format("kinesis", "stream/x"),
    "AWS::Kinesis::StreamConsumer": _ARN.format("kinesis", "stream/x/consumer/c:1"),
    "AWS::KinesisFirehose::DeliveryStream": _ARN.format("firehose", "deliverystream/x"),
    "AWS::Lambda::Function": _ARN.format("lambda", "function:x"),
    "AWS::Logs::LogGroup": _ARN.format("logs", "log-group:x:*"),
    "AWS::MSK::Cluster": _ARN.format("kafka", "cluster/x/u-1"),
    "AWS::MSK::ServerlessCluster": _ARN.format("kafka", "cluster/x/u-1"),
    "AWS::OpenSearchServerless::Collection": _ARN.format("aoss", "collection/x"),
    "AWS::OpenSearchService::Domain": _ARN.format("es", "domain/x"),
    "AWS::RedshiftServerless::Namespace": _ARN.format("redshift-serverless", "namespace/x"),
    "AWS::RedshiftServerless::Workgroup": _ARN.format("redshift-serverless", "workgroup/x"),
    "AWS::S3::Bucket": "arn:aws:s3:::x",
    "AWS::S3Tables::Table": _ARN.format("s3tables", "bucket/x/table/y"),
    "AWS::S3Tables::TableBucket": _ARN.format("s3tables", "bucket/x"),
    "AWS::SNS::Topic": _ARN.format("sns", "x"),
    "AWS::SQS::Queue": _ARN.format("sqs", "x"),
    "AWS::SecretsManager::Secret": _ARN.format("secretsmanager", "secret:x-abcdef"),
    "Custom::FlinkRedshiftAdminSecret": _ARN.format("secretsmanager", "secret:x-abcdef"),
    "AWS::StepFunctions::StateMachine": _ARN.format("states", "stateMachine:x"),
}
# They take a resource only for what CloudWatch keeps in datasets.
_WIDE = frozenset({"cloudwatch:GetMetricData", "cloudwatch:PutMetricData"})
# CDK's own provider framework, which offers no setting for it.
_FRAMEWORK = "waiterstatemachineRoleDefaultPolicy"


@cache
def _services() -> dict[str, Any]:
    return dict(json.loads(_DATA.read_text(encoding="utf-8")))


def surprises(template: dict[str, Any]) -> list[str]:
    """Every grant in the template that IAM would not understand, or that reaches too far."""
    found: list[str] = []
    for id_, document in _documents(template):
        for statement in document["Statement"]:
            if statement["Effect"] != "Allow":
                continue
            found += [
                f"{id_}: {problem}"
                for action in listed(statement["Action"])
                for resource in listed(statement["Resource"])
                if (problem := _problem(template, action, text(resource)))
            ]
    return sorted(set(found))


def _problem(template: dict[str, Any], action: str, resource: str) -> str:
    service, _, name = action.partition(":")
    data = _services().get(service.lower())
    if data is None or name.lower() not in data["Actions"]:
        return f"there is no action {action}"
    types = data["Actions"][name.lower()].get("Resources", [])
    if resource == "*":
        narrower = types and action not in _WIDE
        return f"{action} on *, and it takes {', '.join(types)}" if narrower else ""
    arn = _arn(template, resource)
    if not types:
        # IAM ignores the resource of such an action unless it is *: log groups are the exception.
        return "" if service == "logs" else f"{action} takes no resource, and is on {resource}"
    formats = [
        # A bucket's own form takes an object's ARN in as well.
        pattern.replace(".*", "[^/]*") if (service, type_) == ("s3", "bucket") else pattern
        for type_ in types
        for pattern in data["Resources"].get(type_.lower(), {}).get("ARNFormats", [])
    ]
    if any(_matches(pattern, arn) for pattern in formats):
        return ""
    return f"{action} takes {', '.join(types)}, and is on {resource} ({arn})"


def _matches(pattern: str, arn: str) -> bool:
    return re.fullmatch(re.sub(r"\$\{\w+\}", "[^:]*", pattern), arn) is not None


def _arn(template: dict[str, Any], resource: str) -> str:
    """The resource with references to the template's own replaced by ARNs of their type."""

    def sample(match: re.Match[str]) -> str:
        found = template["Resources"].get(match[1])
        return "x" if found is None else _SAMPLES.get(found["Type"], "x")

    shown = re.sub(r"<(\w+)>", sample, resource.replace("<AWS::StackId>", _STACK))
    # Within an ARN a reference is a name.
    return shown if shown.count("arn:") <= 1 else re.sub(r"(?<!^)arn:[^*]*?(?=[/:]|$)", "x", shown)


def _documents(template: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for id_, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if _FRAMEWORK in id_:
            continue
        if resource["Type"] in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            found.append((id_, properties["PolicyDocument"]))
        if resource["Type"] == "AWS::IAM::Role":
            found += [(id_, p["PolicyDocument"]) for p in properties.get("Policies", [])]
    return found
