"""Find the pictures of a Word document, and mark where each stands."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from xml.etree import ElementTree as ET

from briefings.document_import.word_xml import (
    child_of,
    is_tag,
    parse_part,
    qualified,
    value_of,
    words_of,
)
from briefings.images import NO_CROP, Crop

# The number of a picture, where it stands.
PICTURE = re.compile("\ue0f2(\\d{1,4})\ue0f3")
_VML_SIDES = ("cropleft", "croptop", "cropright", "cropbottom")


@dataclass(frozen=True, slots=True, kw_only=True)
class WordPicture:
    """A picture where it stands: a part of the archive, or an address if it is only linked."""

    path: str = ""
    address: str = ""
    alt: str = ""
    crop: Crop = NO_CROP


def read_relationships(parts: dict[str, bytes], path: str) -> dict[str, WordPicture]:
    """Return what the part at `path` may show as pictures, by the ids that it uses."""
    folder, _, name = path.rpartition("/")
    xml = parts.get(f"{folder}/_rels/{name}.rels")
    found: dict[str, WordPicture] = {}
    for relation in parse_part(xml) if xml else ():
        target = value_of(relation, "Target")
        if not value_of(relation, "Type").endswith("/image"):
            continue
        if value_of(relation, "TargetMode") == "External":
            found[value_of(relation, "Id")] = WordPicture(address=target)
        else:
            inside = posixpath.normpath(posixpath.join(f"/{folder}", target)).lstrip("/")
            found[value_of(relation, "Id")] = WordPicture(path=inside)
    return found


def drop_dangling(
    root: ET.Element, parts: dict[str, bytes], path: str, left_out: list[str]
) -> None:
    """Name the pictures and links that lead to nothing; the converter would fail at them."""
    folder, _, name = path.rpartition("/")
    xml = parts.get(f"{folder}/_rels/{name}.rels")
    known = {value_of(relation, "Id") for relation in (parse_part(xml) if xml else ())}
    for node in root.iter():
        if not is_tag(node, "blip", "imagedata", "hyperlink", "hlinkClick"):
            continue
        ids = [key for key in node.attrib if "officeDocument/" in key and "/relationships}" in key]
        dangling = [key for key in ids if node.attrib[key] not in known]
        for key in dangling:
            del node.attrib[key]
        if not dangling or len(dangling) < len(ids):
            continue
        if is_tag(node, "blip", "imagedata"):
            left_out.append(
                "A picture that is missing in the document. Upload it in the editor where it"
                " belongs."
            )
        elif words := words_of(node):
            left_out.append(f"The link of “{words[:200]}”, which has no address. Its text is kept.")


def mark_pictures(
    root: ET.Element, related: dict[str, WordPicture], pictures: list[WordPicture]
) -> None:
    """Put a mark in the place of each picture; add the pictures in the order of their marks."""
    for node in list(root.iter()):
        if not is_tag(node, "drawing", "pict") or any(
            is_tag(one, "txbxContent") for one in node.iter()
        ):
            continue  # what a text box holds is marked by itself
        marks = ""
        for picture in _pictures_of(node, related):
            marks += f"\ue0f2{len(pictures)}\ue0f3"
            pictures.append(picture)
        if marks:
            node.tag = qualified(root, "t")
            node[:] = []
            node.text = marks


def _pictures_of(drawing: ET.Element, related: dict[str, WordPicture]) -> Iterator[WordPicture]:
    """Yield the pictures of a drawing, with its description and as much of each as it shows."""
    described = [node for node in drawing.iter() if is_tag(node, "docPr", "cNvPr", "shape", "rect")]
    descriptions = (
        value_of(node, name) for name in ("descr", "alt", "title") for node in described
    )
    alt = " ".join(next(filter(None, descriptions), "").split())
    for holder in drawing.iter():
        for image in holder:
            ids = [value_of(image, name) for name in ("embed", "link", "id", "href")]
            found = next((related[one] for one in ids if one in related), None)
            if is_tag(image, "blip", "imagedata") and found is not None:
                yield replace(found, alt=alt, crop=_crop(image, child_of(holder, "srcRect")))


def _crop(image: ET.Element, rectangle: ET.Element | None) -> Crop:
    if rectangle is not None:
        return Crop(*(_share(value_of(rectangle, side), 100_000) for side in "ltrb"))
    return Crop(*(_share(value_of(image, side), 65_536) for side in _VML_SIDES))


def _share(text: str, whole: int) -> float:
    """Return a share written as `25000` of 100,000, `25%`, `16384f` of 65,536 or `.25`."""
    found = re.fullmatch(r"(-?\d{0,9}(?:\.\d{1,9})?)(%|f?)", text)
    if found is None or not found[1].strip("-."):
        return 0
    if found[2] == "%":
        return float(found[1]) / 100
    return float(found[1]) / (1 if "." in found[1] else whole)


def holds_picture(element: ET.Element) -> bool:
    """Whether an element has a picture in it."""
    return any(is_tag(node, "blip", "imagedata") for node in element.iter())


def holds_text_box(element: ET.Element) -> bool:
    """Whether an element has a text box in it."""
    return any(is_tag(node, "txbxContent") for node in element.iter())
