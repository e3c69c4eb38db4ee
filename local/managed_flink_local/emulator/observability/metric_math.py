"""Metric math: the arithmetic and functions that alarms use, over series of datapoints."""

from __future__ import annotations

import ast
import itertools
import operator
import re
from collections.abc import Callable, Mapping, Sequence

Series = list[float | None]
"""Oldest first, one entry a period, None where there is no datapoint."""

_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


_AGGREGATES: dict[str, Callable[[Sequence[float]], float]] = {
    "MAX": max,
    "MIN": min,
    "SUM": sum,
    "AVG": lambda values: sum(values) / len(values),
}


class MetricMathError(ValueError):
    """An expression that this evaluator does not know."""


def evaluate(expression: str, series: Mapping[str, Series], length: int, period: int) -> Series:
    """Evaluate an expression over named series of `length` periods of `period` seconds.

    Raises:
        MetricMathError: unknown function, name or syntax.
    """
    source = expression.replace("^", "**").replace("&&", " AND ").replace("||", " OR ")
    source = re.sub(r"\b(AND|OR)\b", lambda word: word[0].lower(), source)
    try:
        tree = ast.parse(source.strip(), mode="eval").body
    except SyntaxError as error:
        raise MetricMathError(f"{expression}: {error.msg}") from error
    result = _Evaluation(series, length, period).of(tree)
    if not isinstance(result, list):
        raise MetricMathError(f"{expression} gives a {result!r}, not a time series")
    return result


class _Evaluation:
    def __init__(self, series: Mapping[str, Series], length: int, period: int) -> None:
        self._series, self._length, self._period = series, length, period

    def of(self, node: ast.expr) -> Series | str:
        if isinstance(node, ast.Constant):
            if isinstance(node.value, int | float):
                return [float(node.value)] * self._length
            return str(node.value)
        if isinstance(node, ast.Name):
            if node.id in self._series:
                return list(self._series[node.id])
            if node.id in ("REPEAT", "LINEAR"):
                return node.id
            raise MetricMathError(f"{node.id} is no id of this alarm's metrics")
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return _map(lambda a: -a, self._values(node.operand))
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            apply = _OPERATORS[type(node.op)]
            return _zip(apply, self._values(node.left), self._values(node.right))
        if isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARISONS:
            compare = _COMPARISONS[type(node.ops[0])]
            return _zip(
                lambda a, b: float(compare(a, b)),
                self._values(node.left),
                self._values(node.comparators[0]),
            )
        if isinstance(node, ast.BoolOp):
            every = isinstance(node.op, ast.And)
            parts = [self._values(value) for value in node.values]
            return [
                None if None in values else float(all(values) if every else any(values))
                for values in zip(*parts, strict=True)
            ]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self._call(node.func.id, node.args)
        raise MetricMathError(f"{ast.unparse(node)} is not supported on this machine")

    def _values(self, node: ast.expr) -> Series:
        result = self.of(node)
        if isinstance(result, str):
            raise MetricMathError(f"{ast.unparse(node)} is not a time series")
        return result

    def _call(self, name: str, arguments: Sequence[ast.expr]) -> Series:
        if name == "RATE":
            return [None if d is None else d / self._period for d in self._diff(arguments[0])]
        if name == "DIFF":
            return self._diff(arguments[0])
        if name == "ABS":
            return _map(abs, self._values(arguments[0]))
        if name == "FILL":
            return self._fill(arguments)
        if name == "IF":
            return self._if(arguments)
        if name in _AGGREGATES:
            listed = arguments[0]
            if not isinstance(listed, ast.List):
                raise MetricMathError(
                    f"{name} of a single series is not supported here: {name}([…])"
                )
            parts = [self._values(element) for element in listed.elts]
            return _across(_AGGREGATES[name], parts)
        raise MetricMathError(f"the function {name} is not supported on this machine")

    def _diff(self, node: ast.expr) -> Series:
        values = self._values(node)
        changed: Series = [None]
        for before, now in itertools.pairwise(values):
            changed.append(None if before is None or now is None else now - before)
        return changed

    def _fill(self, arguments: Sequence[ast.expr]) -> Series:
        values, filler = self._values(arguments[0]), self.of(arguments[1])
        if filler == "REPEAT":
            filled: Series = []
            for value in values:
                filled.append(value if value is not None or not filled else filled[-1])
            return filled
        if isinstance(filler, str):
            raise MetricMathError(f"FILL with {filler} is not supported on this machine")
        return [f if v is None else v for v, f in zip(values, filler, strict=True)]

    def _if(self, arguments: Sequence[ast.expr]) -> Series:
        condition, then = self._values(arguments[0]), self._values(arguments[1])
        nothing: Series = [None] * self._length
        otherwise = self._values(arguments[2]) if len(arguments) > 2 else nothing
        return [
            None if c is None else (t if c else o)
            for c, t, o in zip(condition, then, otherwise, strict=True)
        ]


def _map(apply: Callable[[float], float], values: Series) -> Series:
    return [None if value is None else apply(value) for value in values]


def _zip(apply: Callable[[float, float], float], left: Series, right: Series) -> Series:
    result: Series = []
    for a, b in zip(left, right, strict=True):
        try:
            result.append(None if a is None or b is None else apply(a, b))
        except ZeroDivisionError:
            result.append(None)
    return result


def _across(apply: Callable[[Sequence[float]], float], parts: Sequence[Series]) -> Series:
    result: Series = []
    for values in zip(*parts, strict=True):
        present = [value for value in values if value is not None]
        result.append(apply(present) if present else None)
    return result
