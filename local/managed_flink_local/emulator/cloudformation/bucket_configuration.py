"""A bucket's template properties as the XML that S3's own operations take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import escape

Props = Mapping[str, Any]


def _element(tag: str, content: object) -> str:
    return f"<{tag}>{content}</{tag}>"


def _text(tag: str, value: object) -> str:
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    return _element(tag, escape(shown))


def _present(props: Props, names: Mapping[str, str]) -> str:
    """The given properties under their XML names."""
    return "".join(_text(tag, props[name]) for name, tag in names.items() if name in props)


def encryption(props: Props) -> bytes:
    """ServerSideEncryptionConfiguration."""
    rules = ""
    for rule in props.get("ServerSideEncryptionConfiguration", []):
        default = rule.get("ServerSideEncryptionByDefault", {})
        inner = _element(
            "ApplyServerSideEncryptionByDefault",
            _present(default, {"SSEAlgorithm": "SSEAlgorithm", "KMSMasterKeyID": "KMSMasterKeyID"}),
        )
        rules += _element("Rule", inner + _present(rule, {"BucketKeyEnabled": "BucketKeyEnabled"}))
    return _element("ServerSideEncryptionConfiguration", rules).encode()


def _transition(tag: str, days: str) -> Callable[[Props], str]:
    def render(props: Props) -> str:
        return _element(
            tag,
            _present(props, {"TransitionInDays": days, "TransitionDate": "Date"})
            + _present(props, {"NewerNoncurrentVersions": "NewerNoncurrentVersions"})
            + _text("StorageClass", props["StorageClass"]),
        )

    return render


def _filter(rule: Props) -> str:
    parts = _present(rule, {"Prefix": "Prefix"})
    tags = "".join(
        _element("Tag", _text("Key", tag["Key"]) + _text("Value", tag["Value"]))
        for tag in rule.get("TagFilters", [])
    )
    sizes = _present(
        rule,
        {
            "ObjectSizeGreaterThan": "ObjectSizeGreaterThan",
            "ObjectSizeLessThan": "ObjectSizeLessThan",
        },
    )
    several = sum(bool(part) for part in (parts, tags, sizes)) > 1 or tags.count("<Tag>") > 1
    content = parts + tags + sizes
    return _element("Filter", _element("And", content) if several else content)


def _lifecycle_rule(rule: Props) -> str:
    content = _present(rule, {"Id": "ID", "Status": "Status"}) + _filter(rule)
    expiration = _present(
        rule,
        {
            "ExpirationInDays": "Days",
            "ExpirationDate": "Date",
            "ExpiredObjectDeleteMarker": "ExpiredObjectDeleteMarker",
        },
    )
    if expiration:
        content += _element("Expiration", expiration)
    noncurrent = dict(rule.get("NoncurrentVersionExpiration", {}))
    if "NoncurrentVersionExpirationInDays" in rule:
        noncurrent["NoncurrentDays"] = rule["NoncurrentVersionExpirationInDays"]
    if noncurrent:
        names = ("NewerNoncurrentVersions", "NoncurrentDays")
        content += _element(
            "NoncurrentVersionExpiration", _present(noncurrent, {n: n for n in names})
        )
    current, old = (
        _transition("Transition", "Days"),
        _transition("NoncurrentVersionTransition", "NoncurrentDays"),
    )
    content += "".join(current(t) for t in rule.get("Transitions", []))
    content += "".join(old(t) for t in rule.get("NoncurrentVersionTransitions", []))
    if abort := rule.get("AbortIncompleteMultipartUpload"):
        content += _element(
            "AbortIncompleteMultipartUpload",
            _present(abort, {"DaysAfterInitiation": "DaysAfterInitiation"}),
        )
    return _element("Rule", content)


def lifecycle(props: Props) -> bytes:
    """LifecycleConfiguration."""
    rules = "".join(_lifecycle_rule(rule) for rule in props.get("Rules", []))
    return _element("LifecycleConfiguration", rules).encode()


def tagging(tags: list[dict[str, str]]) -> bytes:
    """Tagging."""
    inner = "".join(
        _element("Tag", _text("Key", tag["Key"]) + _text("Value", tag["Value"])) for tag in tags
    )
    return _element("Tagging", _element("TagSet", inner)).encode()
