"""What the editors' XML files share: elements, the whole document, and how they name a media file."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

from cuemark.core.text import printable_path, xml_safe

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


_CONTROLS = re.compile("[\x7f-\x9f]")


def element(tag: str, *children: ET.Element, text: str | None = None, **attributes: str | None) -> ET.Element:
    """An element; attributes that are None are left out, a trailing _ in their name too (`in_` is `in`)."""
    made = ET.Element(tag, {name.rstrip("_"): value for name, value in attributes.items() if value is not None})
    made.text = text
    made.extend(children)
    return made


def document(root: ET.Element, doctype: str | None = None) -> str:
    """The whole file: declaration, doctype, two spaces a level."""
    ET.indent(root)
    # A reader takes a bare carriage return for a line feed; ElementTree writes references in attributes only.
    text = ET.tostring(root, encoding="unicode").replace("\r", "&#13;")
    # Control characters beyond ASCII are the same to a reader as references, and harmless to a terminal only so.
    text = _CONTROLS.sub(lambda found: f"&#{ord(found[0])};", text)
    return DECLARATION + (f"<!DOCTYPE {doctype}>\n" if doctype else "") + text + "\n"


def with_comment(text: str, words: str) -> str:
    """The document with a comment behind its declaration."""
    shown = words.replace("--", "- -")
    return text.replace(DECLARATION, f"{DECLARATION}<!-- {shown} -->\n", 1)


def media_title(path: Path) -> str:
    """The media's name as an editor shows it, and looks for it when the file has moved: its spaces are its own."""
    name = re.sub(r"[\n\r\t\x85\u2028\u2029]", " ", printable_path(path.name))
    return xml_safe(name) if name.strip() else "media"


def file_url(path: Path) -> str:
    """The path as a file:// URL in ASCII: every byte that is no plain letter is escaped, so that none can be lost."""
    return path.absolute().as_uri()
