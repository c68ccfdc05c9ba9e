"""XML as the editors' files have it: declaration, doctype, two spaces a level."""

from __future__ import annotations

from xml.etree import ElementTree as ET


def element(tag: str, *children: ET.Element, text: str | None = None, **attributes: str | None) -> ET.Element:
    """An element; attributes that are None are left out, a trailing _ in their name too (`in_` is `in`)."""
    made = ET.Element(tag, {name.rstrip("_"): value for name, value in attributes.items() if value is not None})
    made.text = text
    made.extend(children)
    return made


def document(root: ET.Element, doctype: str | None = None) -> str:
    """The whole file."""
    ET.indent(root)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n' + (f"<!DOCTYPE {doctype}>\n" if doctype else "")
    return head + ET.tostring(root, encoding="unicode") + "\n"
