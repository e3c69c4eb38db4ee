"""What a runtime brings for a job's language: its Python, its Java."""

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.runtime import Runtime

# Python 3.11 and 3.12 from "Use Python with Managed Service for Apache Flink", the older ones from
# the release notes of their runtimes.
_PYTHON = {(1, 15): "3.8", (1, 18): "3.10", (1, 19): "3.11", (1, 20): "3.11"}
_PYTHON_OF_2 = "3.12"


def python_of(runtime: Runtime) -> str:
    """The Python version that runs a job, such as ``3.11``.

    Raises:
        ValueError: It is not known for this runtime.
    """
    if (2, 2) <= runtime.flink_version < (3, 0):
        return _PYTHON_OF_2
    if runtime.flink_version not in _PYTHON:
        raise invalid(
            "FlinkCode.from_python",
            "runtime",
            runtime.name,
            "FLINK-1_15, FLINK-1_18, FLINK-1_19, FLINK-1_20, or FLINK-2_2 and later 2.x",
            "Use one of these: which Python any other has is not known here.",
        )
    return _PYTHON[runtime.flink_version]


def java_of(runtime: Runtime) -> int:
    """The Java release that runs a job: 11 up to 1.20, 17 from 2.2 on ("Flink 2.2" release notes).

    Classes of a newer one fail with UnsupportedClassVersionError when they are loaded.
    """
    return 17 if runtime.flink_version[0] >= 2 else 11
