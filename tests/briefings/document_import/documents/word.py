"""Word documents for tests, packed from the least XML that Word itself would open."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_STYLES = {"Title": "Title", "Subtitle": "Subtitle", "H1": "heading 1", "H2": "heading 2"}


def paragraph(text: str, *, style: str = "", bold: bool = False, bullet: bool = False) -> str:
    """One paragraph; style is a key of the styles that `docx` declares."""
    properties = f'<w:pStyle w:val="{style}"/>' if style else ""
    if bullet:
        properties += '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    face = "<w:rPr><w:b/></w:rPr>" if bold else ""
    words = f'<w:r>{face}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'
    return f"<w:p><w:pPr>{properties}</w:pPr>{words}</w:p>"


def picture(*, alt: str) -> str:
    """A picture whose bytes nobody needs."""
    drawing = "http://schemas.openxmlformats.org/drawingml/2006"
    return (
        f'<w:p><w:r><w:drawing><wp:inline xmlns:wp="{drawing}/wordprocessingDrawing">'
        f'<wp:docPr id="1" name="p" descr="{escape(alt)}"/><a:graphic xmlns:a="{drawing}/main">'
        f'<a:graphicData><pic:pic xmlns:pic="{drawing}/picture"><pic:blipFill>'
        f'<a:blip r:embed="rImage"/></pic:blipFill></pic:pic></a:graphicData></a:graphic>'
        "</wp:inline></w:drawing></w:r></w:p>"
    )


def docx(*body: str, parts: Mapping[str, str | bytes] | None = None) -> bytes:
    """Pack a document; `parts` adds or replaces files of the archive."""
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": (
            f'<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels"'
            ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="png" ContentType="image/png"/>'
            f'<Override PartName="/word/document.xml" ContentType="{_TYPE}.document.main+xml"/>'
            f'<Override PartName="/word/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
            f'<Override PartName="/word/numbering.xml" ContentType="{_TYPE}.numbering+xml"/>'
            "</Types>"
        ),
        "_rels/.rels": _relationships(r1=("officeDocument", "word/document.xml")),
        "word/_rels/document.xml.rels": _relationships(
            rStyles=("styles", "styles.xml"),
            rNumbers=("numbering", "numbering.xml"),
            rImage=("image", "media/image1.png"),
            rFootnotes=("footnotes", "footnotes.xml"),
        ),
        "word/document.xml": wordml("document", f"<w:body>{''.join(body)}</w:body>"),
        "word/styles.xml": wordml(
            "styles",
            "".join(
                f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/></w:style>'
                for key, name in _STYLES.items()
            ),
        ),
        "word/numbering.xml": wordml(
            "numbering",
            '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/>'
            '</w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>',
        ),
        "word/footnotes.xml": wordml("footnotes", ""),
        "word/media/image1.png": b"\x89PNG",
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in (files | dict(parts or {})).items():
            archive.writestr(path, content)
    return packed.getvalue()


def wordml(root: str, inner: str) -> str:
    """A part of the document with the namespaces that its content uses."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><w:{root} xmlns:w="{_WORD}" xmlns:r="{_OFFICE}">'
        f"{inner}</w:{root}>"
    )


def _relationships(**targets: tuple[str, str]) -> str:
    rows = "".join(
        f'<Relationship Id="{key}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for key, (kind, target) in targets.items()
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{rows}</Relationships>'
