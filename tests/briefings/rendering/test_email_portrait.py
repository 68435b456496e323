"""An issue email shows the portrait of its author, small enough for an email, or their initials."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from briefings.models import Contributor
from tests.briefings.rendering.sample_emails import SITE, Page, read_page, render
from tests.factories import make_briefing, make_contributor, make_issue

pytestmark = pytest.mark.django_db
RED, BLUE, WHITE = (200, 0, 0), (0, 0, 200), (255, 255, 255)


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def author_with(image: Image.Image | None, *, kind: str = "JPEG") -> Contributor:
    author = make_contributor(name="Rosa Meyer")
    if image:
        out = io.BytesIO()
        image.save(out, kind)
        author.photo.save(f"rosa.{kind.lower()}", ContentFile(out.getvalue()))
    return author


def email_of(author: Contributor, *, language: str = "en") -> Page:
    briefing = make_briefing(lead=author, language=language)
    return read_page(render(make_issue(briefing=briefing, author=author)).html)


def stored_at(address: str) -> Image.Image:
    assert address.startswith(f"{SITE}/media/contributors/")
    with default_storage.open(address.removeprefix(f"{SITE}/media/")) as file:
        image = Image.open(io.BytesIO(file.read()))
    assert image.format == "JPEG"
    return image


def test_the_portrait_is_the_middle_of_the_photo_in_the_size_of_an_email() -> None:
    wide = Image.new("RGB", (900, 300), BLUE)
    wide.paste(RED, (300, 0, 600, 300))
    author = author_with(wide)

    [portrait] = email_of(author).all("img")
    assert email_of(author).all("img") == [portrait]

    assert (portrait["width"], portrait["height"]) == ("44", "44")
    assert portrait["alt"] == "Portrait of Rosa Meyer"
    image = stored_at(portrait["src"])
    assert image.size == (132, 132)
    for at in ((0, 66), (66, 66), (131, 66)):
        assert image.getpixel(at) == pytest.approx(RED, abs=12)
    files = [path.name for path in (Path(default_storage.path("contributors"))).iterdir()]
    assert len(files) == 2, "the photo, and the portrait that was made once"


def test_what_is_transparent_stands_on_paper() -> None:
    [portrait] = email_of(author_with(Image.new("RGBA", (200, 200)), kind="PNG")).all("img")
    assert stored_at(portrait["src"]).getpixel((66, 66)) == pytest.approx(WHITE, abs=3)


def test_a_german_email_names_it_in_german() -> None:
    author = author_with(Image.new("RGB", (200, 200), RED))
    [portrait] = email_of(author, language="de").all("img")
    assert portrait["alt"] == "Porträt von Rosa Meyer"


@pytest.mark.parametrize("photo", ["none", "missing", "damaged"])
def test_without_a_photo_that_can_be_read_there_are_initials(photo: str) -> None:
    author = author_with(None if photo == "none" else Image.new("RGB", (200, 200), RED))
    if photo != "none":
        name = str(author.photo.name)
        default_storage.delete(name)
        if photo == "damaged":
            default_storage.save(name, ContentFile(b"\xff\xd8\xff nothing"))

    page = email_of(author)

    assert page.all("img") == []
    assert "RM" in page.words
