"""What a job's requirements may say, and what becomes of it; nothing is fetched."""

import re
from pathlib import Path

import pytest

from cdk_managed_flink.code.packaging import secret_reader
from cdk_managed_flink.code.packaging.requirements import (
    ON_THE_SERVICE,
    Requirements,
    Target,
    read,
    unmet,
)

_PINS = {"six": "1.17.0", "urllib3": "2.8.0"}
_HASHES = {"six": "sha256:01", "urllib3": "sha256:02"}
TARGET = Target("3.11", "manylinux2014_x86_64")


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    return tmp_path / "requirements.txt"


def _read(listed: Path, text: str) -> Requirements:
    listed.write_text(text, encoding="utf-8")
    return read(listed, TARGET)


def test_pins_are_read_whatever_their_layout(listed: Path) -> None:
    found = _read(
        listed,
        "\ufeff# the list\n\nOrjson==3.13.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
        "  # via x\npython_dateutil[a,b] == 2.9.0  # why\n--index-url https://mirror/simple\n",
    )
    assert [pin.line for pin in found.pins.values()] == [
        "orjson==3.13.0 --hash=sha256:aa --hash=sha256:bb",
        "python-dateutil[a,b]==2.9.0",
    ]
    assert found.options == ["--index-url https://mirror/simple"]


def test_a_marker_is_read_as_the_service_sees_it(listed: Path) -> None:
    """Whatever machine and Python this runs on."""
    found = _read(
        listed,
        "a==1; sys_platform == 'win32'\nb==1; sys_platform == 'linux'\n"
        "c==1; python_version < '3.11'\nd==1; python_full_version >= '3.11.0'\n"
        "e==1; platform_machine == 'arm64'\n",
    )
    assert list(found.pins) == ["b", "d"]


def test_what_the_service_has_is_left_out_pinned_or_not(listed: Path) -> None:
    found = _read(listed, "apache-flink==1.20.0\nnumpy\npandas>=2\nPyArrow\norjson==3.13.0\n")
    assert list(found.pins) == ["orjson"]
    assert found.left_out == [
        (f"{listed}:1", "apache-flink==1.20.0"),
        (f"{listed}:2", "numpy"),
        (f"{listed}:3", "pandas>=2"),
        (f"{listed}:4", "PyArrow"),
    ]
    assert {"apache-beam", "cloudpickle", "protobuf", "py4j"} <= ON_THE_SERVICE


@pytest.mark.parametrize(
    "line", ["requests", "requests>=2", "requests==2.*", "requests~=2.1", "requests==2,!=2.1"]
)
def test_fails_when_a_requirement_is_not_pinned(listed: Path, line: str) -> None:
    """Its hash would stand still while the package moves."""
    with pytest.raises(
        ValueError, match=r"requirements\.txt:2: requirement is 'requests.* one ver"
    ):
        _read(listed, f"# first\n{line}\n")


@pytest.mark.parametrize(
    "line",
    [
        "-r other.txt",
        "-e .",
        "./wheels/a-1-py3-none-any.whl",
        "a @ https://example.org/a-1-py3-none-any.whl",
        "-c constraints.txt",
        "git+https://example.org/a",
    ],
)
def test_fails_when_a_requirement_lies_elsewhere(listed: Path, line: str) -> None:
    with pytest.raises(ValueError, match=r":1: requirement is .*; allowed: name==version, a line"):
        _read(listed, line)


def test_fails_when_a_package_has_two_versions(listed: Path) -> None:
    with pytest.raises(ValueError, match=r":2: requirement is 'A==2'; allowed: one version of a\."):
        _read(listed, "a==1\nA==2\n")


def test_the_lock_is_the_pins_and_the_target_and_not_the_layout(listed: Path) -> None:
    plain = _read(listed, "b==1\na==2\n").lock
    assert _read(listed, "# more\na == 2\n\nB==1\n").lock == plain
    assert _read(listed, "a==2\nb==1.1\n").lock != plain
    assert Requirements(Target("3.12", TARGET.platform), {}).lock != Requirements(TARGET, {}).lock


def test_the_jobs_own_pin_wins_over_the_librarys(listed: Path) -> None:
    found = _read(listed, "six==1.16.0\n").with_pins(_PINS, _HASHES)
    assert [pin.line for pin in found.pins.values()] == ["six==1.16.0", "urllib3==2.8.0"]


@pytest.mark.parametrize("text", ["a==1 --hash=sha256:aa\n", "--require-hashes\n"])
def test_the_librarys_pins_have_hashes_beside_a_list_with_hashes(listed: Path, text: str) -> None:
    """One hash in a list, and pip asks for all."""
    lines = [pin.line for pin in _read(listed, text).with_pins(_PINS, _HASHES).pins.values()]
    assert lines[-2:] == ["six==1.17.0 --hash=sha256:01", "urllib3==2.8.0 --hash=sha256:02"]


def test_each_of_the_librarys_pins_has_a_hash() -> None:
    assert secret_reader.HASHES.keys() == secret_reader.PINS.keys()
    assert all(re.fullmatch("sha256:[0-9a-f]{64}", h) for h in secret_reader.HASHES.values())


def test_what_the_list_lacks_is_found_for_the_service_and_its_extras(listed: Path) -> None:
    found = _read(listed, "a[fast]==1\nb==1.0\nc==1\n")
    told = unmet(
        found,
        {
            "a": [
                "B>=1",
                "numpy>=2",
                "colorama; sys_platform == 'win32'",
                "speed<3,>=2; extra == 'fast'",
                "docs; extra == 'docs'",
            ],
            "c": ["b<1", "speed>=1"],
        },
    )
    assert told == [
        "speed is missing (a needs speed<3,>=2)",
        "b==1.0 doesn't fit (c needs b<1)",
    ]


def test_fails_when_a_package_says_what_it_needs_in_an_old_form(listed: Path) -> None:
    found = _read(listed, "a==1.5\npytz==2024.1\n")
    told = (
        r"requirements is 'a==1\.5'; .* It needs 'pytz \(>dev\)', which can't be read: take a new"
    )
    with pytest.raises(ValueError, match=told):
        unmet(found, {"a": ["pytz (>dev)"]})


@pytest.mark.parametrize(
    "platform", ["manylinux2014_aarch64", "macosx_11_0_arm64", "manylinux_2_5_x86_64", "any"]
)
def test_fails_when_a_platform_is_not_the_services(platform: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"platform is '{platform}'")):
        Target("3.11", platform)


def test_a_wheel_for_an_older_glibc_fits() -> None:
    assert TARGET.tags[:2] == ["manylinux_2_17_x86_64", "manylinux2014_x86_64"]
    assert {"manylinux1_x86_64", "manylinux2010_x86_64", "manylinux_2_5_x86_64"} <= {*TARGET.tags}
    assert Target("3.12", "manylinux_2_28_x86_64").tags[0] == "manylinux_2_28_x86_64"
