"""What a job's Python source says that the service ignores, and names it asks for."""

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.code.sql.names import stands_for_nothing
from cdk_managed_flink.job.lexing import SqlError, TokenKind, tokens
from cdk_managed_flink.job.settings import (
    why_call_unwise,
    why_call_without_effect,
    why_unwise,
    why_without_effect,
)
from cdk_managed_flink.job.statements import placeholder

_SETTERS = frozenset(
    {"set", "set_boolean", "set_double", "set_float", "set_integer", "set_long", "set_string"}
)
_HELPER = "managed_flink_job"
_READERS = frozenset({"properties", "table_options"})
_RUNNER = "run_script"


@dataclass(frozen=True)
class Source:
    """One module of the job, parsed.

    Attributes:
        file: Its path, as the user wrote it.
        tree: Its syntax tree.
    """

    file: str
    tree: ast.Module

    @classmethod
    def parse(cls, file: str, content: bytes) -> "Source":
        """Read a module, whatever Python runs here.

        Raises:
            ValueError: It is no Python.
        """
        try:
            return cls(file, ast.parse(content))
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 1
            raise invalid(
                f"{file}:{line}", "Python", str(error), "source that Python reads", "Mend it."
            ) from None

    def warnings(self) -> Iterator[str]:
        """Settings that the code makes and the service ignores, or should better not be made."""
        for call in self._calls():
            for said, why in _settings(call):
                yield f"{self.file}:{call.lineno}: {said}: {why}."

    def unknown(self, known: Collection[str]) -> Iterator[str]:
        """Names that the helper is asked for and nothing is bound to."""
        for call in self._calls():
            name = self._helpers.get(_called(call))
            text = _text(call)
            if name is None or text is None:
                continue
            place = f"{self.file}:{call.lineno}"
            if name in _READERS and text not in known:
                yield stands_for_nothing(f"{place}: {name}('{text}')", text, known)
            elif name == "sql":
                yield from self._unknown_in(place, text, known)

    def scripts(self) -> Iterator[tuple[str, str]]:
        """The SQL scripts that the helper is told to run: where, and their paths."""
        for call in self._calls():
            path = _text(call)
            if self._helpers.get(_called(call)) == _RUNNER and path is not None:
                yield f"{self.file}:{call.lineno}", path

    def _unknown_in(self, place: str, text: str, known: Collection[str]) -> Iterator[str]:
        try:
            for token in tokens(text):
                if token.kind is TokenKind.PLACEHOLDER:
                    asked = placeholder(token)
                    if asked.name not in known:
                        yield stands_for_nothing(f"{place}: {asked}", asked.name, known)
        except SqlError as error:
            yield f"{place}: {error}."

    @property
    def _helpers(self) -> Mapping[str, str]:
        """The helper's functions by the names that this module calls them by."""
        names: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module == _HELPER:
                names |= {alias.asname or alias.name: alias.name for alias in node.names}
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.name == _HELPER:
                        prefix = alias.asname or alias.name
                        names |= {f"{prefix}.{name}": name for name in (*_READERS, "sql", _RUNNER)}
        return names

    def _calls(self) -> Iterator[ast.Call]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))


def _settings(call: ast.Call) -> Iterator[tuple[str, str]]:
    if not isinstance(call.func, ast.Attribute):
        return
    method, owner = call.func.attr, call.func.value
    why = why_call_without_effect(method)
    if why:
        yield f"{method}() has no effect on the service", why
    # An operator has a set_parallelism of its own, which only its tasks go by.
    unwise = why_call_unwise(method)
    if unwise and isinstance(owner, ast.Name) and owner.id.startswith("env"):
        yield f"{method}()", unwise
    key = _text(call)
    if method in _SETTERS and key:
        why, unwise = why_without_effect(key), why_unwise(key)
        if why:
            yield f"{method}('{key}') has no effect on the service", why
        if unwise:
            yield f"{method}('{key}')", unwise


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Name):
        return call.func.id
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        return f"{call.func.value.id}.{call.func.attr}"
    return ""


def _text(call: ast.Call) -> str | None:
    """The first argument, where it is a literal."""
    if call.args and isinstance(call.args[0], ast.Constant):
        value = call.args[0].value
        return value if isinstance(value, str) else None
    return None
