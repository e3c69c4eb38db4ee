"""Iceberg asks Flink for Hadoop's settings; on the service there is no Hadoop to ask for."""

import pytest

from cdk_managed_flink import Runtime
from cdk_managed_flink.code.packaging import own_formats
from cdk_managed_flink.connectors.connectors import connector_for, release_line

ASKED = ("org.apache.flink.runtime.util.HadoopUtils", "managedflink.iceberg.HadoopSettings")
ANSWER = "src/main/java/managedflink/iceberg/HadoopSettings.java"


@pytest.mark.parametrize("runtime", [Runtime.FLINK_1_20, Runtime.FLINK_2_2])
def test_icebergs_question_is_moved_to_the_librarys_own_answer(runtime: Runtime) -> None:
    line = release_line(runtime)
    artifacts = line.contents([connector_for("iceberg", runtime)])
    assert ASKED in line.moved(artifacts)
    assert line.asks_for_hadoop(artifacts)
    assert ANSWER in own_formats.stand_ins(runtime, for_hadoop=True)


@pytest.mark.parametrize("runtime", [Runtime.FLINK_1_20, Runtime.FLINK_2_2])
def test_nothing_is_moved_for_others(runtime: Runtime) -> None:
    line = release_line(runtime)
    artifacts = line.contents([connector_for("kafka", runtime)])
    assert ASKED not in line.moved(artifacts)
    assert not line.asks_for_hadoop(artifacts)
    assert ANSWER not in own_formats.stand_ins(runtime)
