"""Ours and plain CDK's have to be of the same resources, or there is nothing to compare."""

from collections.abc import Mapping


class DifferentResourcesError(Exception):
    """The two apps are not of the same resources."""


def check_same(ours: Mapping[str, int], plain: Mapping[str, int]) -> None:
    """Refuse a comparison of different things.

    Raises:
        DifferentResourcesError: They differ in their resource types or counts.
    """
    differences = [
        f"  {name}: {ours.get(name, 0)} in ours, {plain.get(name, 0)} in plain"
        for name in sorted({*ours, *plain})
        if ours.get(name, 0) != plain.get(name, 0)
    ]
    if differences:
        told = "\n".join(differences)
        raise DifferentResourcesError(
            f"the apps are not of the same resources; adjust benchmarks/plain.py:\n{told}"
        )
