"""The library's own Flink formats: Java sources that are compiled into the job's one jar."""

from functools import cache
from importlib.resources import files

_PACKAGE = "managedflink.formats"
_FACTORIES = "src/main/resources/META-INF/services/org.apache.flink.table.factories.Factory"


@cache
def sources() -> dict[str, bytes]:
    """The files of the Maven project beside its pom.xml, by their paths in it."""
    java = {
        source.name: source.read_bytes()
        for source in files("cdk_managed_flink.job").joinpath("java").iterdir()
        if source.name.endswith(".java")
    }
    classes = sorted(name.removesuffix(".java") for name in java)
    folder = _PACKAGE.replace(".", "/")
    return {
        **{f"src/main/java/{folder}/{name}": text for name, text in java.items()},
        _FACTORIES: "".join(f"{_PACKAGE}.{name}\n" for name in classes).encode(),
    }
