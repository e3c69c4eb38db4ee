"""Alarms, evaluated period by period, with dimensions, missing data and metric math.

The emulator looks at one window only and mixes the metrics of all dimensions.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack
from managed_flink_local.emulator.observability import metric_math
from managed_flink_local.emulator.observability.metric_math import Series

logger = logging.getLogger("managed_flink")

_EVALUATION_SECONDS = 2.0
Alarm = dict[str, Any]


def datapoints(stat: dict[str, Any], count: int, now: float) -> Series:
    """A metric's values over `count` windows that end now, oldest first."""
    cloudwatch = ministack.service("cloudwatch")
    metric, period = stat["Metric"], int(stat.get("Period", 60))
    dimensions = {d["Name"]: d["Value"] for d in metric.get("Dimensions") or []}
    key = (metric["Namespace"], metric["MetricName"], cloudwatch._dims_key(dimensions))
    windows: list[list[dict[str, Any]]] = [[] for _ in range(count)]
    for point in list(cloudwatch._metrics.get(key) or []):
        age = int((now - point["Timestamp"]) // period)
        if 0 <= age < count:
            windows[count - 1 - age].append(point)
    return [
        cloudwatch._stat_value(cloudwatch._calc_stats(points), stat["Stat"], points)
        if points
        else None
        for points in windows
    ]


def series_of(alarm: Alarm, now: float) -> Series:
    """The values that an alarm compares, one an evaluation period."""
    periods = int(alarm.get("EvaluationPeriods", 1))
    if not alarm.get("Metrics"):
        stat = {
            "Metric": {
                "Namespace": alarm["Namespace"],
                "MetricName": alarm["MetricName"],
                "Dimensions": alarm.get("Dimensions") or [],
            },
            "Period": alarm.get("Period", 60),
            "Stat": alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average",
        }
        return datapoints(stat, periods, now)
    # One window more, which RATE and DIFF look back to.
    count = periods + 1
    found: dict[str, Series] = {}
    pending = list(alarm["Metrics"])
    period = next(
        (int(m["MetricStat"].get("Period", 60)) for m in pending if "MetricStat" in m), 60
    )
    returned = ""
    for metric in sorted(pending, key=lambda m: "Expression" in m):
        if "MetricStat" in metric:
            found[metric["Id"]] = datapoints(metric["MetricStat"], count, now)
        if str(metric.get("ReturnData", True)).lower() == "true":
            returned = metric["Id"]
    waiting = [m for m in pending if "Expression" in m]
    while waiting:
        # An expression may use another's id, in any order of the list.
        for metric in list(waiting):
            try:
                found[metric["Id"]] = metric_math.evaluate(
                    metric["Expression"], found, count, int(metric.get("Period", period))
                )
            except metric_math.MetricMathError:
                if len(waiting) == 1:
                    raise
                continue
            waiting.remove(metric)
            break
        else:
            metric_math.evaluate(waiting[0]["Expression"], found, count, period)
    return found[returned][-periods:]


def _breaches(value: float, alarm: Alarm) -> bool:
    threshold = float(alarm.get("Threshold", 0))
    comparison = str(alarm["ComparisonOperator"])
    if comparison.startswith("GreaterThan"):
        return value > threshold or ("OrEqual" in comparison and value == threshold)
    return value < threshold or ("OrEqual" in comparison and value == threshold)


def state_of(alarm: Alarm, series: Series) -> str:
    """The state that a series of datapoints puts an alarm into."""
    missing = alarm.get("TreatMissingData") or "missing"
    present = [value for value in series if value is not None]
    if not present:
        if missing == "breaching":
            return "ALARM"
        if missing == "notBreaching":
            return "OK"
        return str(alarm["StateValue"]) if missing == "ignore" else "INSUFFICIENT_DATA"
    breaching = sum(_breaches(value, alarm) for value in present)
    if missing == "breaching":
        breaching += len(series) - len(present)
    needed = int(alarm.get("DatapointsToAlarm") or alarm.get("EvaluationPeriods", 1))
    return "ALARM" if breaching >= needed else "OK"


def evaluate(alarm: Alarm) -> None:
    """Evaluate one alarm and act on a change of its state."""
    try:
        series = series_of(alarm, time.time())
    except metric_math.MetricMathError as error:
        logger.warning("alarm %s: %s", alarm["AlarmName"], error)
        return
    old, new = alarm["StateValue"], state_of(alarm, series)
    if old == new:
        return
    cloudwatch = ministack.service("cloudwatch")
    shown = ", ".join("none" if value is None else f"{value:g}" for value in series)
    reason = (
        f"Threshold Crossed: datapoints [{shown}] against "
        f"{alarm['ComparisonOperator']} {alarm.get('Threshold')}"
    )
    alarm["StateValue"], alarm["StateReason"] = new, reason
    alarm["StateUpdatedTimestamp"] = int(time.time())
    cloudwatch._record_history(alarm["AlarmName"], old, new, reason)
    cloudwatch._dispatch_alarm_actions(alarm, old, new, reason)
    cloudwatch._evaluate_parent_alarms(alarm)


class AlarmEvaluator:
    """Evaluates every alarm of one account and Region, again and again."""

    def __init__(self, account: str, region: str) -> None:
        self._account, self._region = account, region

    def install(self) -> None:
        """Take the place of the emulator's evaluation."""
        # It is called where datapoints are put, too often for what one window needs.
        ministack.service("cloudwatch")._evaluate_alarm = lambda alarm: None
        threading.Thread(target=self._run, daemon=True, name="alarms").start()

    def _run(self) -> None:
        while True:
            time.sleep(_EVALUATION_SECONDS)
            with ministack.scope(self._account, self._region):
                try:
                    alarms = list(ministack.service("cloudwatch")._alarms.values())
                except RuntimeError:
                    continue  # One was added in between.
                for alarm in alarms:
                    try:
                        evaluate(alarm)
                    except Exception:
                        logger.exception("alarm %s", alarm.get("AlarmName"))
