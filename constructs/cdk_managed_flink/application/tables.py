"""What is bound to one application, by the names of the tables."""

from collections.abc import Collection
from typing import Any, TypeVar

from aws_cdk import Annotations, CfnResource
from constructs import Construct

from cdk_managed_flink.application.binding import Bindable, Binding, TableRules, check_name
from cdk_managed_flink.application.code_location import Code, ReadableCode
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.place import path_of

R = TypeVar("R")


class BoundTables:
    """The tables of one application, and what its job's text has against them.

    Attributes:
        is_text_read: Whether the job's own DDL can be held against what is bound, as SQL can.
        stores: What was made to hold a table's data, by the table's name: its kind and its name.
        readers: What keeps the read position, by the table's name, where it may be another one.
    """

    def __init__(self, owner: Construct, code: Code) -> None:
        self._owner = owner
        self._code = code
        self.is_text_read = isinstance(code, ReadableCode)
        self._bound: dict[str, tuple[str, Binding[Any]]] = {}
        self.stores: dict[str, list[str]] = {}
        self.readers: dict[str, str] = {}

    def claim(self, name: str, bindable: Bindable[Any]) -> None:
        """Let an object have a name, once.

        Raises:
            ValueError: The name is not legal or taken, or the object is bound already.
        """
        check_name(self._owner, bindable.kind, name)
        if name in self._bound:
            raise invalid(
                self._owner,
                f"name of a {bindable.kind}",
                name,
                f"a name that no source or sink has (this is a {self._bound[name][0]})",
                "Give each table a name of its own.",
            )
        if getattr(bindable, "_bound_as", None) is not None:
            raise invalid(
                self._owner,
                f"{bindable.kind} {name!r}",
                f"the object that is bound as {_told(bindable)}",
                "an object for each table",
                f"Make a second {type(bindable).__name__}(...); hand an existing resource to both "
                "if they are to share it.",
            )
        object.__setattr__(bindable, "_bound_as", (self._owner, name))

    def add(self, name: str, bindable: Bindable[R], binding: Binding[R], scope: Construct) -> None:
        """Keep what came of a binding in ``scope``."""
        self._bound[name] = (bindable.kind, binding)
        if binding.reader is not None:
            self.readers[name] = binding.reader
        if binding.rules is not None and not self.is_text_read:
            _remind(self._owner, name, binding.rules)
        if binding.store is not None:
            self.stores[name] = list(binding.store)
            return
        made = scope.node.try_find_child(bindable.resource_id or name)
        holder = made.node.default_child if made is not None else None
        if isinstance(holder, CfnResource):
            self.stores[name] = [holder.cfn_resource_type, holder.ref]

    def problems(self, groups: Collection[str]) -> list[str]:
        """What the job's text and what is bound have against each other."""
        problems = self._code.validate(
            sources=self._named("source"), sinks=self._named("sink"), groups=groups
        )
        if isinstance(self._code, ReadableCode):
            for name, (_, binding) in self._bound.items():
                if binding.columns is not None:
                    problems += self._code.column_problems(name, binding.columns)
                if binding.rules is not None:
                    problems += self._code.rule_problems(name, binding.rules)
        return problems

    def _named(self, kind: str) -> set[str]:
        return {name for name, (bound_as, _) in self._bound.items() if bound_as == kind}


def _told(bindable: Bindable[Any]) -> str:
    owner, name = bindable._bound_as  # type: ignore[attr-defined]
    return f"{path_of(owner)}.{name}"


def _remind(application: Construct, name: str, rules: TableRules) -> None:
    """Note the rules of a table that cannot be checked in the job's text."""
    if rules.no_metadata is not None:
        Annotations.of(application).add_warning_v2(
            "cdk-managed-flink:metadata-columns",
            f"{name}: the job's tables are not read here. Have no METADATA columns in this one: "
            f"{rules.no_metadata}.",
        )
    if rules.keys:
        Annotations.of(application).add_info(
            f"{name}: the job's tables are not read here. See to it that this one is PARTITIONED "
            f"BY ({', '.join(rules.keys)}), the key of the items behind it."
        )
    if rules.partitions is not None:
        Annotations.of(application).add_info(
            f"{name}: the job's tables are not read here. See to it that this one is PARTITIONED "
            f"BY ({', '.join(rules.partitions)}), in this order, as the catalog has it."
            if rules.partitions
            else f"{name}: the job's tables are not read here. Have no PARTITIONED BY in this one."
        )
    if rules.primary_key is not None:
        Annotations.of(application).add_info(
            f"{name}: the job's tables are not read here. See to it that this one has a PRIMARY "
            f"KEY ({', '.join(rules.primary_key) or '…'}) NOT ENFORCED, by which rows are replaced."
        )
