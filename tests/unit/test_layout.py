"""The shape of the project: the source root, the arrows, the fifteen lines."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import constructs
import jsii
import pytest
from aws_cdk import aws_kinesisanalyticsv2 as kda
from configurations import app, of_type, template_of

from cdk_managed_flink.application.tracked import TrackedApplication

ROOT = Path(__file__).parents[2]


def test_constructs_is_a_source_root_and_hides_no_package() -> None:
    assert not (ROOT / "constructs" / "__init__.py").exists()
    assert "site-packages" in Path(str(constructs.__file__)).parts


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    path = os.pathsep.join(str(root / source_root) for source_root in ("constructs", "local", "."))
    return subprocess.run(
        command,
        cwd=root,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_arrows_of_the_map_hold() -> None:
    found = lint_imports(ROOT)
    assert found.returncode == 0, found.stdout
    assert " kept, 0 broken" in found.stdout


def test_every_part_of_the_library_is_in_the_arrows() -> None:
    """A new package that no contract names would be free to import anything."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = str(project["tool"]["importlinter"]["contracts"])
    library = ROOT / "constructs" / "cdk_managed_flink"
    parts = {path.parent.name for path in library.glob("*/__init__.py")}
    assert parts >= {"application", "code", "handlers", "job", "kafka"}
    in_layers = set(re.findall(r"\w+", str(_layers(project))))
    islands = {"handlers", "job"}
    assert parts - islands == in_layers - {"pipeline"}
    assert {name for name in islands if f"cdk_managed_flink.{name}" in contracts} == islands


def _layers(project: dict[str, Any]) -> list[str]:
    contracts: list[dict[str, Any]] = project["tool"]["importlinter"]["contracts"]
    (layers,) = (c["layers"] for c in contracts if c.get("containers") == ["cdk_managed_flink"])
    return list(layers)


def test_fails_when_an_arrow_points_back(tmp_path: Path) -> None:
    """The layers see an import that is against them, in a copy of the library."""
    copy = tmp_path / "constructs" / "cdk_managed_flink"
    shutil.copytree(ROOT / "constructs" / "cdk_managed_flink", copy)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for other in ("local/managed_flink_local", "stacks"):
        (tmp_path / other).mkdir(parents=True)
        (tmp_path / other / "__init__.py").touch()
    naming = copy / "application" / "naming.py"
    naming.write_text(naming.read_text("utf-8") + "\nimport cdk_managed_flink.s3.sink\n", "utf-8")
    found = lint_imports(tmp_path)
    assert found.returncode == 1
    assert "cdk_managed_flink.application is not allowed to import cdk_managed_flink.s3" in (
        found.stdout
    )


def test_protected_members_of_the_l1_are_there_and_render_what_cloudformation_gets() -> None:
    """The change key reads them; a CDK release that renames them has to be seen here."""
    stack = cdk.Stack(app(), "Stack")
    application = TrackedApplication(
        stack,
        "Application",
        runtime_environment="FLINK-1_20",
        service_execution_role=stack.format_arn(service="iam", resource="role"),
        tags=[cdk.CfnTag(key="team", value="data")],
    )
    application.application_description = cdk.Lazy.string(Late())
    raw = application._cfn_properties
    assert raw["runtimeEnvironment"] == "FLINK-1_20"
    option = kda.CfnApplicationCloudWatchLoggingOption(
        stack,
        "Option",
        application_name=application.ref,
        cloud_watch_logging_option={"logStreamArn": "theirs"},
    )
    assert option._cfn_properties["cloudWatchLoggingOption"] == {"logStreamArn": "theirs"}
    rendered = application._render_properties(stack.resolve(raw))
    assert rendered["ApplicationDescription"] == "late"
    assert set(rendered["ServiceExecutionRole"]) == {"Fn::Join"}
    resource = template_of(stack)["Resources"]["Application"]
    assert {k: v for k, v in rendered.items() if v is not None} == resource["Properties"]
    assert "Tags" not in application.rendered().change()["properties"]


@jsii.implements(cdk.IStableStringProducer)
class Late:
    def produce(self) -> str:
        return "late"


def stack_class() -> str:
    source = (ROOT / "stacks" / "sensors.py").read_text(encoding="utf-8")
    return source[source.index("class SensorsStack") :].rstrip()


def test_the_stack_has_at_most_fifteen_lines() -> None:
    assert len(stack_class().splitlines()) <= 15


def test_the_readme_shows_the_stack_that_is_deployed() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"<!-- stack -->\n```python\n(.*?)\n```", readme, re.DOTALL)
    assert shown == stack_class()


def test_the_readmes_app_of_ones_own_synthesizes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (app,) = re.findall(r"<!-- app -->\n```python\n(.*?)```", readme, re.DOTALL)
    (job,) = re.findall(r"<!-- job -->\n```sql\n(.*?)```", readme, re.DOTALL)
    (tmp_path / "jobs" / "clickstream").mkdir(parents=True)
    (tmp_path / "jobs" / "clickstream" / "job.sql").write_text(job, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "app"}
    quick = "context={'aws:cdk:bundling-stacks': []}, builtin_cloud_formation_validation=False"
    exec(app.replace("App()", f"App({quick})"), names)
    template = names["app"].synth().get_stack_by_name("Web").template
    assert len(of_type(template, "AWS::KinesisAnalyticsV2::Application")) == 1


def test_no_test_cites_a_list_that_is_not_in_the_repository() -> None:
    """A docstring states the fact: "Point 10" or "C31" mean nothing to a reader."""
    cited = re.compile(
        r'(?:"""|\bdef test_)[^"\n]*?(?:\b(?:Point|Case) \d+|\b[CR]\d{1,2}\b|test_[cr]\d+_)'
    )
    tests = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    assert [path.name for path in tests if cited.search(path.read_text(encoding="utf-8"))] == []
