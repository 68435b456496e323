"""Pictures inside a document come in with their description, encoded again like an upload."""

from __future__ import annotations

import base64
import io
import re
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from PIL import Image

from briefings import images
from briefings.document_import import ImportedDocument, pictures, read_document
from briefings.models import Issue
from tests.briefings.admin_client import staff_client
from tests.briefings.document_import.documents.word import docx, paragraph, picture, wordml
from tests.factories import make_briefing

SECRET = b"taken at the lighthouse"
BODY = paragraph("The council voted on Tuesday to raise the fares, and nobody was told.")
TITLE = paragraph("Ferry fares rise", style="H1")
RELATIONSHIP = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
PICTURE = picture(alt="A full ferry")


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


def drawn(
    kind: str = "JPEG", size: tuple[int, int] = (80, 60), colour: str = "teal", **how: Any
) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind, **how)
    return out.getvalue()


def photograph() -> bytes:
    """A picture that says where it was taken."""
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    return drawn(exif=exif)


def word(*body: str, image: bytes, **parts: str | bytes) -> bytes:
    return docx(TITLE, BODY, *body, BODY, parts={"word/media/image1.png": image, **parts})


def read(data: bytes, name: str = "fares.docx") -> ImportedDocument:
    return read_document(data, name=name)


def html_of(document: ImportedDocument) -> str:
    return "\n".join(section.html for section in document.sections)


def only_image(document: ImportedDocument) -> Image.Image:
    [taken] = document.pictures
    assert html_of(document).count(f'src="{taken.src}"') == 1
    return Image.open(io.BytesIO(taken.image.content))


VML = (
    '<w:p><w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml" alt="A full ferry">'
    '<v:imagedata r:id="rImage"/></v:shape></w:pict></w:r></w:p>'
)
IN_A_DRAWING_WITH_A_FALLBACK = (
    '<w:p><w:r><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/'
    'markup-compatibility/2006"><mc:Choice Requires="wpg">'
    + re.sub(r"</?w:[pr]>", "", PICTURE)
    + "</mc:Choice><mc:Fallback>"
    + re.sub(r"</?w:[pr]>", "", VML)
    + "</mc:Fallback></mc:AlternateContent></w:r></w:p>"
)
# The older form says nothing of what the picture shows.
ONLY_THE_NEWER_FORM_IS_DESCRIBED = IN_A_DRAWING_WITH_A_FALLBACK.replace(' alt="A full ferry"', "")
IN_A_CELL = (
    f"<w:tbl><w:tr><w:tc>{paragraph('Route')}</w:tc><w:tc>{paragraph('Ship')}</w:tc></w:tr>"
    f"<w:tr><w:tc>{paragraph('North')}</w:tc><w:tc>{PICTURE}</w:tc></w:tr></w:tbl>"
)
IN_A_LIST = PICTURE.replace(
    "<w:p>",
    '<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>',
    1,
)


@pytest.mark.parametrize(
    "body",
    [
        PICTURE,
        VML,
        IN_A_DRAWING_WITH_A_FALLBACK,
        ONLY_THE_NEWER_FORM_IS_DESCRIBED,
        IN_A_CELL,
        IN_A_LIST,
    ],
)
def test_a_picture_of_word_comes_in_where_it_stands(body: str) -> None:
    document = read(word(body, image=photograph()))

    image = only_image(document)
    assert image.size == (80, 60)
    assert 'alt="A full ferry"' in html_of(document)
    assert SECRET not in document.pictures[0].image.content
    assert document.left_out == ()


def test_a_picture_without_a_description_is_kept_and_named() -> None:
    document = read(word(picture(alt=""), image=drawn()))

    assert only_image(document).size == (80, 60)
    [named] = document.left_out
    assert "“image1.png”" in named
    assert "describe it in the editor" in named


def test_a_picture_that_stands_twice_is_one_file() -> None:
    document = read(word(PICTURE, PICTURE, image=drawn()))

    assert len(document.pictures) == 1
    assert html_of(document).count("<img ") == 2


def test_a_document_shows_no_more_of_a_picture_than_its_author_did() -> None:
    image = Image.new("RGB", (100, 50), "red")
    image.paste("blue", (50, 0, 100, 50))
    out = io.BytesIO()
    image.save(out, "PNG")
    cropped = PICTURE.replace(
        '<a:blip r:embed="rImage"/>', '<a:blip r:embed="rImage"/><a:srcRect l="50000" b="20000"/>'
    )
    vml = VML.replace('r:id="rImage"', 'r:id="rImage" cropleft="32768f" cropbottom=".2"')

    for body in (cropped, vml):
        shown = only_image(read(word(body, image=out.getvalue())))
        assert shown.size == (50, 40)
        assert shown.convert("RGB").getcolors() == [(2000, (0, 0, 255))]


HIDDEN = PICTURE.replace("<w:r>", "<w:r><w:rPr><w:vanish/></w:rPr>", 1)
DELETED = PICTURE.replace("<w:r>", '<w:del w:id="1"><w:r>', 1).replace("</w:r>", "</w:r></w:del>")


@pytest.mark.parametrize(("body", "named"), [(HIDDEN, "hidden"), (DELETED, "deleted")])
def test_a_picture_that_nobody_sees_stays_out_and_is_named(body: str, named: str) -> None:
    document = read(word(body, image=drawn()))

    assert document.pictures == ()
    assert "<img" not in html_of(document)
    assert [named in words for words in document.left_out] == [True]


def bomb_of_pixels() -> bytes:
    """A small file that stands for two gigabytes of pixels."""
    header = bytearray(drawn("PNG", (1, 1)))
    header[16:24] = (30_000).to_bytes(4) + (30_000).to_bytes(4)
    header[29:33] = zlib.crc32(header[12:29]).to_bytes(4)
    return bytes(header)


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (bomb_of_pixels(), "has too many pixels"),
        (drawn("PNG") + bytes(12_000_000), "is larger than 10 MB"),
        (b"\x01\x00\x00\x00 EMF", "is not an image that we can use"),
        (drawn("GIF", save_all=True, append_images=[Image.new("RGB", (80, 60))]), "animation"),
        (photograph()[:300], "is damaged"),
        (b"", "is empty"),
    ],
)
def test_a_picture_that_cannot_be_used_is_refused_with_a_sentence(
    image: bytes, sentence: str
) -> None:
    document = read(word(PICTURE, image=image))

    assert document.pictures == ()
    assert "nobody was told" in html_of(document)
    [named] = document.left_out
    assert sentence in named
    assert "A full ferry" in named


def many(count: int, image: Callable[[int], bytes]) -> bytes:
    """A document of several pictures."""
    rows = "".join(
        f'<Relationship Id="r{n}" Type="{RELATIONSHIP}" Target="media/many{n}.png"/>'
        for n in range(count)
    )
    with zipfile.ZipFile(io.BytesIO(docx())) as archive:
        relationships = archive.read("word/_rels/document.xml.rels").decode()
    return docx(
        TITLE,
        BODY,
        *(PICTURE.replace("rImage", f"r{n}") for n in range(count)),
        parts={
            "word/_rels/document.xml.rels": relationships.replace(
                "</Relationships>", f"{rows}</Relationships>"
            ),
            **{f"word/media/many{n}.png": image(n) for n in range(count)},
        },
    )


def test_a_document_brings_so_many_pictures_and_no_more() -> None:
    document = read(many(pictures.MAX_PICTURES + 2, lambda _: drawn(size=(2, 2))))

    assert len(document.pictures) == pictures.MAX_PICTURES
    assert len(document.left_out) == 2
    assert f"can bring {pictures.MAX_PICTURES} pictures" in document.left_out[0]


def test_all_pictures_together_have_so_many_pixels_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pictures, "MAX_PIXELS", 1_000_000)
    document = read(many(4, lambda n: bomb_of_pixels() if n == 1 else drawn(size=(700, 700))))

    assert len(document.pictures) == 2
    assert ["pixels" in words for words in document.left_out] == [True, True]


def linked(address: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(docx())) as archive:
        relationships = archive.read("word/_rels/document.xml.rels").decode()
    external = (
        f'<Relationship Id="rLink" Type="{RELATIONSHIP}" Target="{address}"'
        ' TargetMode="External"/></Relationships>'
    )
    body = PICTURE.replace('r:embed="rImage"', 'r:link="rLink"')
    return word(
        body,
        image=drawn(),
        **{"word/_rels/document.xml.rels": relationships.replace("</Relationships>", external)},
    )


def test_a_picture_that_is_only_linked_is_never_opened(tmp_path: Path) -> None:
    private = tmp_path / "private.png"
    private.write_bytes(drawn())

    local = read(linked(private.as_uri()))
    assert local.pictures == ()
    assert "<img" not in html_of(local)
    assert "A full ferry" in local.left_out[0]

    on_the_web = read(linked("https://pictures.example.org/ferry.jpg"))
    assert '<img src="https://pictures.example.org/ferry.jpg" alt="A full ferry">' in html_of(
        on_the_web
    )


def test_a_picture_in_a_headline_is_named() -> None:
    heading = PICTURE.replace("<w:p>", '<w:p><w:pPr><w:pStyle w:val="H2"/></w:pPr>', 1).replace(
        "</w:p>", "<w:r><w:t>What it costs</w:t></w:r></w:p>"
    )
    document = read(word(heading, image=drawn()))

    assert "<img" not in html_of(document)
    assert "A full ferry" in document.left_out[0]


def test_pictures_of_footnotes_come_in_too() -> None:
    relationships = (
        f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rNote" Type="{RELATIONSHIP}"'
        ' Target="/word/media/image1.png"/></Relationships>'
    )
    note = PICTURE.replace("rImage", "rNote")
    document = read(
        word(
            '<w:p><w:r><w:t>Fares rose</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r></w:p>',
            image=drawn(),
            **{
                "word/footnotes.xml": wordml(
                    "footnotes", f'<w:footnote w:id="2">{note}</w:footnote>'
                ),
                "word/_rels/footnotes.xml.rels": relationships,
            },
        )
    )
    assert only_image(document).size == (80, 60)


DATA_URL = f"data:image/jpeg;base64,{base64.b64encode(photograph()).decode()}"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (f'<h1>Fares</h1><p>Read.</p><p><img src="{DATA_URL}" alt="A full ferry"></p>', "a.html"),
        (f"# Fares\n\nRead.\n\n![A full ferry]({DATA_URL})\n", "a.md"),
    ],
)
def test_pictures_written_into_a_page_come_in_too(source: str, name: str) -> None:
    document = read(source.encode(), name)

    assert only_image(document).size == (80, 60)
    assert SECRET not in document.pictures[0].image.content
    assert 'alt="A full ferry"' in html_of(document)


def test_a_page_cannot_claim_a_picture_of_another_document() -> None:
    page = '<h1>Fares</h1><p>Read.</p><p><img src="imported-picture-1" alt="x"></p>'
    document = read(f'{page}<p><img src="{DATA_URL}" alt="y"></p>'.encode(), "a.html")

    assert html_of(document).count("<img") == 1
    assert "imported-picture-1" in document.left_out[0]


# --- stored with the draft -------------------------------------------------------------------


def files(media: Path) -> list[Path]:
    """Return the stored pictures, without the smaller ones beside them."""
    return [path for path in media.rglob("*") if path.is_file() and path.suffix != ".webp"]


@pytest.mark.django_db
def test_pictures_are_stored_with_the_draft(media: Path, tmp_path: Path) -> None:
    document = tmp_path / "fares.docx"
    document.write_bytes(word(PICTURE, PICTURE, image=photograph()))
    read(document.read_bytes())
    assert files(media) == []

    call_command("import_issue", str(document), briefing=make_briefing().slug, verbosity=0)

    [file] = files(media)
    body = Issue.objects.get().sections.get().body
    address = f"/media/{file.relative_to(media).as_posix()}"
    assert body.count(f'<img src="{address}" alt="A full ferry">') == 2
    assert address.startswith(f"/media/{images.folder_of_issues()}/")


@pytest.mark.django_db
def test_the_preview_shows_the_pictures_that_are_saved(media: Path) -> None:
    client: Client = staff_client("Reporters")
    upload = io.BytesIO(word(PICTURE, image=drawn()))
    upload.name = "fares.docx"
    address = reverse("admin:briefings_issue_import")
    page = client.post(address, {"briefing": make_briefing().pk, "document": upload})

    [file] = files(media)
    source = f'src="/media/{file.relative_to(media).as_posix()}"'
    assert source in page.content.decode()

    client.post(address, {"signed_document": page.context["signed_document"]})
    assert source in Issue.objects.get().sections.get().body
    assert files(media) == [file]
