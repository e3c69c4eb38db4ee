"""Reads a pom.xml with its line numbers, as far as a stable build depends on it."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

_REFERENCE = re.compile(r"\$\{([^}]+)\}")
_WITH_VERSION = frozenset({"dependency", "extension", "parent", "plugin"})


@dataclass
class Element:
    """An element, without namespaces and attributes."""

    tag: str
    line: int
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def child(self, tag: str) -> "Element | None":
        """Its first child of that name."""
        return next((each for each in self.children if each.tag == tag), None)

    def value(self, tag: str) -> str:
        """The text of its first child of that name; empty if there is none."""
        found = self.child(tag)
        return found.text.strip() if found else ""

    def walk(self) -> Iterator["Element"]:
        """It and all below it."""
        yield self
        for each in self.children:
            yield from each.walk()


@dataclass(frozen=True)
class Version:
    """A version that the pom asks for."""

    kind: str
    group: str
    artifact: str
    version: str
    line: int


@dataclass(frozen=True)
class Pom:
    """A pom.xml.

    Attributes:
        file: Its path, as the user wrote it.
        root: The element ``project``.
        inherited: Properties of the parents in the same reactor.
    """

    file: str
    root: Element
    inherited: Mapping[str, str] = field(default_factory=dict)

    @property
    def properties(self) -> dict[str, str]:
        """Its properties, those of its parents included."""
        own = self.root.child("properties")
        parent = self.root.child("parent")
        version = self.root.value("version") or (parent.value("version") if parent else "")
        group = self.root.value("groupId") or (parent.value("groupId") if parent else "")
        return {
            **self.inherited,
            **({each.tag: each.text.strip() for each in own.children} if own else {}),
            "project.version": version,
            "project.groupId": group,
            "project.parent.version": parent.value("version") if parent else "",
        }

    @property
    def artifact(self) -> tuple[str, str]:
        """Its group and artifact."""
        return self.properties["project.groupId"], self.root.value("artifactId")

    @property
    def parent_beside_it(self) -> Path | None:
        """The file of its parent, where the pom leads to one and it is that parent."""
        parent = self.root.child("parent")
        if parent is None:
            return None
        told = parent.child("relativePath")
        path = told.text.strip() if told else "../pom.xml"
        file = Path(os.path.normpath(Path(self.file).parent / path))
        file = file / "pom.xml" if file.is_dir() else file
        if not path or not file.is_file():
            return None
        named = parent.value("groupId"), parent.value("artifactId")
        return file if parse(str(file), file.read_bytes(), {}).artifact == named else None

    @property
    def modules(self) -> list[str]:
        """Folders of its modules, those of profiles included."""
        return [each.text.strip() for each in self.root.walk() if each.tag == "module"]

    @property
    def versions(self) -> Iterator[Version]:
        """Every version that it asks for, with properties filled in as far as they are known."""
        properties = self.properties
        for each in self.root.walk():
            version = each.child("version") if each.tag in _WITH_VERSION else None
            if version is not None:
                yield Version(
                    each.tag,
                    _filled(each.value("groupId") or "org.apache.maven.plugins", properties),
                    _filled(each.value("artifactId"), properties),
                    _filled(version.text.strip(), properties),
                    version.line,
                )


def parse(file: str, text: bytes, inherited: Mapping[str, str]) -> Pom:
    """Read a pom.xml.

    Raises:
        ValueError: It is no XML; names the line.
    """
    stack = [Element("", 0)]
    parser = expat.ParserCreate()

    def start(tag: str, _: object) -> None:
        element = Element(tag.rpartition(":")[2], parser.CurrentLineNumber)
        stack[-1].children.append(element)
        stack.append(element)

    def text_of(data: str) -> None:
        stack[-1].text += data

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: stack.pop()
    parser.CharacterDataHandler = text_of
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise ValueError(f"{file}:{error.lineno}: {expat.errors.messages[error.code]}") from None
    return Pom(file, stack[0].children[0], inherited)


def _filled(text: str, properties: Mapping[str, str]) -> str:
    for _ in range(5):  # a property may name another
        filled = _REFERENCE.sub(lambda match: properties.get(match[1], match[0]), text)
        if filled == text:
            break
        text = filled
    return text
