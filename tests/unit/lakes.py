"""What the tests of buckets and catalogs share."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from cdk_nag import AwsSolutionsChecks
from constructs import Construct
from policies import Right, granted

from cdk_managed_flink import Bindable, FlinkApplication, FlinkCode, IcebergTable, TableRules


def options(application: FlinkApplication, bindable: Bindable[Any]) -> dict[str, Any]:
    """The option list of a source or sink that is bound as ``lake``."""
    stack = cdk.Stack.of(application)
    return dict(stack.resolve(dict(application.bind(stack, "lake", bindable).properties)))


def clicks(**changed: Any) -> IcebergTable:  # noqa: ANN401
    """A table of clicks that the stack makes."""
    columns = {"id": "long", "page": "string", "ts": "timestamp", "paid": "decimal(10, 2)"}
    return IcebergTable(**{"columns": columns, **changed})


def rules_of(application: FlinkApplication, bindable: Bindable[Any]) -> TableRules | None:
    """What the table that is bound as ``lake`` has to keep."""
    return application.bind(cdk.Stack.of(application), "lake", bindable).rules


def rights_of(application: FlinkApplication) -> set[Right]:
    """What the application's own policies allow so far."""
    policies = [
        policy.document.to_json()["Statement"]
        for policy in application.node.find_all()
        if isinstance(policy, iam.Policy)
    ]
    return granted(cdk.Stack.of(application).resolve([one for each in policies for one in each]))


def added_rights(application: FlinkApplication, bindable: Bindable[Any]) -> set[Right]:
    """What binding allows, with the names of generated resources as they are."""
    before = rights_of(application)
    application.bind(cdk.Stack.of(application), "lake", bindable)
    return rights_of(application) - before


def nag(stack: cdk.Stack) -> set[str]:
    """What cdk-nag has against the stack's app."""
    owner = stack.node.root
    assert isinstance(owner, cdk.App)
    cdk.Validations.of(owner).add_plugins(AwsSolutionsChecks())
    with suppress(RuntimeError):
        owner.synth(force=True)
    report = Path(owner.outdir, "validation-report.json")
    if not report.exists():
        return set()
    return {
        violation["ruleName"]
        for plugin in json.loads(report.read_text(encoding="utf-8"))["pluginReports"]
        for violation in plugin["violations"]
    }


def unread(scope: Construct, **further: Any) -> FlinkApplication:  # noqa: ANN401
    """An application whose job is not looked into, so that anything may be bound to it."""
    code = s3.Bucket.from_bucket_name(scope, "Code", "code")
    return FlinkApplication(
        scope, "App", code=FlinkCode.from_bucket(code, "job.jar", "v1"), **further
    )
