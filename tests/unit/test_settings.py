"""The reference app's environments, and what it says about bad input."""

import aws_cdk as cdk
import pytest
from configurations import ENVIRONMENTS, app

import app as reference_app
from stacks.settings import settings_for


@pytest.mark.parametrize("name", [None, "", "production", "PROD"])
def test_fails_when_the_environment_is_unknown(name: str | None) -> None:
    with pytest.raises(ValueError, match=r"context env is .*; allowed: local, dev, sta") as error:
        settings_for(name)
    assert repr(name) in str(error.value)
    assert "Choose one: cdk deploy -c env=dev" in str(error.value)


def test_fails_when_the_app_is_given_an_unknown_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owner = app({"env": "production"})
    monkeypatch.setattr(cdk, "App", lambda: owner)
    with pytest.raises(ValueError, match="context env is 'production'; allowed: local, dev"):
        reference_app.main()


def test_environments_differ_in_sizing_retention_removal_and_notifications() -> None:
    found = {name: settings_for(name) for name in ENVIRONMENTS}
    pipelines = {name: settings.pipeline for name, settings in found.items()}
    assert [settings.name for settings in found.values()] == list(ENVIRONMENTS)
    sizes = {n: p["parallelism"].kpus for n, p in pipelines.items() if "parallelism" in p}
    assert sizes == {"staging": 3, "prod": 5}
    assert pipelines["dev"]["removal_policy"] == cdk.RemovalPolicy.DESTROY
    assert all("removal_policy" not in pipelines[name] for name in ("staging", "prod"))
    assert len({p["log_retention"] for p in pipelines.values()}) == len(ENVIRONMENTS)
    hours = [settings.stream_retention.to_hours() for settings in found.values()]
    assert hours == [24, 24, 48, 168]
    reached = {name: len(p["notifications"].emails) for name, p in pipelines.items()}
    assert reached == {"local": 1, "dev": 0, "staging": 1, "prod": 2}


def test_settings_are_made_anew_for_each_stack() -> None:
    assert settings_for("prod") is not settings_for("prod")
