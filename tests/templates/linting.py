"""cfn-lint on a template, with its rules read once a process."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from cfnlint.config import ConfigMixIn, ManualArgs  # type: ignore[import-untyped]
from cfnlint.decode.decode import decode_str  # type: ignore[import-untyped]
from cfnlint.runner import Runner  # type: ignore[import-untyped]
from cfnlint.version import __version__  # type: ignore[import-untyped]

from cdk_managed_flink.code.packaging.cache import cache_folder

# W3005: CDK's provider framework says a dependency that a reference says already; nothing of ours.
OPTIONS: dict[str, Any] = {"ignore_checks": ["W3005"], "regions": ["us-east-1"]}


def lint(template: dict[str, Any]) -> list[str]:
    """cfn-lint's findings, as it prints them; a template that had none is not read again."""
    text = json.dumps(template)
    clean = _clean() / hashlib.sha256(text.encode()).hexdigest()
    if clean.exists():
        return []
    decoded, errors = decode_str(text)
    found = [str(match) for match in errors or _runner().validate_template(decoded)]
    if not found:
        clean.touch()
    return found


@cache
def _runner() -> Runner:
    return Runner(ConfigMixIn(**ManualArgs(**OPTIONS)))


@cache
def _clean() -> Path:
    """Where it is noted what nothing was found in, by this release and these options."""
    told = json.dumps([OPTIONS, __version__])
    folder = cache_folder() / "cfn-lint" / hashlib.sha256(told.encode()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    return folder
