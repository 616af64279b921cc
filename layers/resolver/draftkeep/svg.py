"""Whether SVG markup may be shown to a browser: an allow-list of elements and attributes. Pure.

Nothing is cleaned: markup outside the list is refused, so what comes back is what was sent.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET  # nosec B405

_SVG = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}"

_ELEMENT_NAMES = """
    svg g path circle ellipse line polyline polygon rect text tspan title desc defs linearGradient radialGradient stop
    clipPath mask symbol use
"""
_ATTRIBUTE_NAMES = """
    id class viewBox width height x y x1 y1 x2 y2 cx cy r rx ry fx fy d points transform fill fill-rule fill-opacity
    stroke stroke-width stroke-linecap stroke-linejoin stroke-dasharray stroke-dashoffset stroke-miterlimit
    stroke-opacity opacity offset stop-color stop-opacity gradientUnits gradientTransform spreadMethod clip-path
    clip-rule mask maskUnits clipPathUnits preserveAspectRatio version role aria-hidden aria-label focusable text-anchor
    font-size font-family font-weight dominant-baseline vector-effect color href
"""
_ELEMENTS = frozenset(_ELEMENT_NAMES.split())
_ATTRIBUTES = frozenset(_ATTRIBUTE_NAMES.split())

# What says nothing but words, and what may hold functions of its own.
_WORDS = frozenset({"id", "class", "role", "aria-hidden", "aria-label"})
_TRANSFORMS = frozenset({"transform", "gradientTransform"})

_INSIDE = re.compile(r"#[A-Za-z_][\w.-]*")
_REFERENCE = re.compile(r"url\(\s*#[A-Za-z_][\w.-]*\s*\)", re.IGNORECASE)
_COLOR = re.compile(r"(?:rgb|hsl)a?\([\d.,%/ ]*\)", re.IGNORECASE)


def objection_to(markup: str) -> str | None:
    """Why markup is no harmless SVG image, or None.

    Source: the elements and attributes of SVG 1.1 that draw; no script, handler, style, foreign object, animation,
        document type, or reference to anything outside of the image
    """
    if "<!" in markup or "<?" in markup:
        return "It has a declaration, comment or processing instruction."
    try:
        root = ET.fromstring(markup)  # noqa: S314 - no declaration, so no entity to expand  # nosec B314
    except (ET.ParseError, ValueError):
        return "It is not well-formed XML."
    if _name(root) != "svg":
        return "It is not an svg element."
    return next((objection for element in root.iter() if (objection := _objection_to_element(element))), None)


def _objection_to_element(element: ET.Element) -> str | None:
    if _name(element) not in _ELEMENTS:
        return f"The element {_name(element)[:40]!r} is not allowed."
    for attribute, value in element.attrib.items():
        name = attribute.removeprefix(_XLINK)
        if name not in _ATTRIBUTES:
            return f"The attribute {name[:40]!r} is not allowed."
        if _leads_out(name, value):
            return f"The attribute {name!r} leads out of the image."
    return None


def _leads_out(name: str, value: str) -> bool:
    """Whether a value refers to something that is not in the image; an escape could hide that."""
    if name == "href":
        return not _INSIDE.fullmatch(value)
    if name in _WORDS or name in _TRANSFORMS:
        return False
    return "\\" in value or "(" in _COLOR.sub("", _REFERENCE.sub("", value))


def _name(element: ET.Element) -> str:
    return str(element.tag).removeprefix(_SVG)
