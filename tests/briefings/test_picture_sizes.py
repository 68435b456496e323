"""Pictures have smaller WebP copies, of which pages offer browsers the one that suits them."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from PIL import Image

from briefings.images import StoredImage, store_image
from briefings.models import Contributor, Issue, Picture, SectionKind
from briefings.picture_sizes import copy_name, make_sizes
from tests.briefings.rendering.sample_emails import render
from tests.factories import make_briefing, make_contributor, make_published_issue

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def photo(width: int, height: int, kind: str = "JPEG") -> bytes:
    """Return a picture with something in it."""
    noise = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    noise.paste(Image.effect_noise((width // 4, height // 4), 60).convert("RGB"))
    out = io.BytesIO()
    noise.save(out, kind)
    return out.getvalue()


def upload(width: int, height: int) -> StoredImage:
    file = SimpleUploadedFile("ward.jpg", photo(width, height), content_type="image/jpeg")
    return store_image(file, folder="issues/2026/11")


def size_of(name: str) -> tuple[str | None, int, int]:
    with default_storage.open(name) as file, Image.open(file) as image:
        return image.format, *image.size


@pytest.mark.parametrize(
    ("uploaded", "widths"),
    [(2000, [480, 960, 1600]), (1200, [480, 960, 1200]), (960, [480, 960]), (300, [300])],
)
def test_an_upload_gets_webp_copies_as_wide_as_it_is(uploaded: int, widths: list[int]) -> None:
    stored = upload(uploaded, uploaded // 2)

    picture = Picture.objects.get()
    assert (picture.name, picture.widths) == (stored.name, widths)
    assert (picture.width, picture.height) == (stored.width, stored.height)
    assert size_of(stored.name)[0] == "JPEG"
    for width in widths:
        assert size_of(copy_name(stored.name, width)) == ("WEBP", width, width // 2)


def issue_with(body: str) -> Issue:
    return make_published_issue(sections=[(SectionKind.FEATURE, "Beds", f"<p>Look:</p>{body}")])


def test_the_page_offers_the_copies_and_keeps_the_place_of_the_picture() -> None:
    stored = upload(1000, 500)
    issue = issue_with(f'<p><img src="{stored.url}" alt="A ward"></p>')

    page = Client().get(issue.get_absolute_url()).content.decode()

    (picture,) = re.findall(r"<picture>.*?</picture>", page)
    for width in (480, 960, 1000):
        assert f"{default_storage.url(copy_name(stored.name, width))} {width}w" in picture
    assert 'type="image/webp"' in picture
    assert 'sizes="(min-width: 664px) 624px, 100vw"' in picture
    (image,) = re.findall(r"<img[^>]*>", picture)
    assert f'src="{stored.url}"' in image
    assert 'width="1000" height="500"' in image
    for copy in re.findall(r"(/media/\S+) \d+w", picture):
        answer = Client().get(copy)
        assert answer.headers["Content-Type"] == "image/webp"
        answer.close()


def test_a_width_that_an_editor_chose_stays() -> None:
    stored = upload(1000, 500)
    issue = issue_with(f'<p><img src="{stored.url}" alt="A ward" width="200" height="100"></p>')

    page = Client().get(issue.get_absolute_url()).content.decode()

    assert 'width="200" height="100"' in page
    assert "200px, 100vw" in page


def test_the_email_keeps_the_picture_that_outlook_can_read() -> None:
    stored = upload(1000, 500)
    issue = issue_with(f'<p><img src="{stored.url}" alt="A ward"></p>')

    email = render(issue)

    assert stored.url in email.html
    assert ".webp" not in email.html


def test_pictures_without_copies_and_those_of_other_sites_stay_as_they_are(
    django_assert_max_num_queries: Any,
) -> None:
    issue = issue_with('<p><img src="/media/issues/old.jpg" alt="A ward"></p>')

    page = Client().get(issue.get_absolute_url()).content.decode()

    assert '<img src="/media/issues/old.jpg" alt="A ward" loading="lazy">' in page
    assert "<picture>" not in page


def test_a_command_makes_the_copies_of_earlier_pictures(capsys: Any) -> None:
    name = default_storage.save("issues/2025/01/old.jpg", ContentFile(photo(700, 400)))
    issue = issue_with(
        f'<p><img src="{default_storage.url(name)}" alt="A"></p>'
        '<p><img src="/media/issues/gone.jpg" alt="B"></p>'
    )

    call_command("make_picture_sizes", dry_run=True)
    assert not Picture.objects.exists()
    call_command("make_picture_sizes")
    call_command("make_picture_sizes")

    said = capsys.readouterr()
    assert "Pictures with new copies: 1. Pictures that could not be read: 1." in said.out
    assert "Pictures with new copies: 0. Pictures that could not be read: 1." in said.out
    assert "issues/gone.jpg is missing" in said.err
    assert Picture.objects.get().widths == [480, 700]
    assert "<picture>" in Client().get(issue.get_absolute_url()).content.decode()


def test_making_copies_again_leaves_the_same_files(tmp_path: Path) -> None:
    stored = upload(700, 400)
    before = sorted(path.name for path in tmp_path.rglob("*.*"))

    make_sizes(stored.name)

    assert sorted(path.name for path in tmp_path.rglob("*.*")) == before
    assert Picture.objects.count() == 1


@pytest.mark.parametrize("content", [b"", b"not a picture", photo(60, 60)[:400]])
def test_a_file_that_cannot_be_read_stops_nothing(content: bytes) -> None:
    name = default_storage.save("issues/2025/01/bad.jpg", ContentFile(content))

    assert make_sizes(name) is None
    assert make_sizes("issues/2025/01/none.jpg") is None
    assert make_sizes("../outside.jpg") is None


def test_a_picture_too_tall_for_webp_is_stored_all_the_same() -> None:
    tall = Image.new("RGB", (40, 17_000), (10, 120, 80))
    out = io.BytesIO()
    tall.save(out, "PNG")

    stored = store_image(SimpleUploadedFile("t.png", out.getvalue()), folder="issues")

    assert Picture.objects.get().widths == []
    assert stored.height == 17_000


def portrait_of(person: Contributor, where: str) -> str:
    """Return the portrait on a page."""
    portraits = re.findall(
        r'<picture>(?:(?!</picture>).)*class="face".*?</picture>', page_at(where)
    )
    assert len(portraits) == 1
    return str(portraits[0])


def page_at(where: str) -> str:
    return Client().get(where).content.decode()


def with_portrait(width: int, height: int) -> Contributor:
    """Upload a portrait as an administrator does."""
    person = make_contributor(name="Rosa Meyer")
    client = Client()
    client.force_login(User.objects.create_superuser("robin"))
    file = SimpleUploadedFile("me.jpg", photo(width, height), content_type="image/jpeg")
    client.post(
        reverse("admin:briefings_contributor_change", args=[person.pk]),
        {"name": person.name, "slug": person.slug, "photo": file},
    )
    person.refresh_from_db()
    return person


@pytest.mark.parametrize(
    ("size", "widths", "beside", "alone"),
    [
        ((900, 900), [88, 224, 448], "44px", "112px"),
        ((900, 600), [88, 224, 448], "66px", "168px"),
        ((600, 900), [88, 224, 448], "44px", "112px"),
        ((150, 150), [88, 150], "44px", "112px"),
    ],
)
def test_a_portrait_has_copies_as_small_as_it_is_shown(
    size: tuple[int, int], widths: list[int], beside: str, alone: str
) -> None:
    person = with_portrait(*size)
    issue = make_published_issue(briefing=make_briefing(lead=person))

    name = person.photo.name or ""
    assert Picture.objects.get(name=name).widths == widths
    for where, shown in ((issue.get_absolute_url(), beside), (person.get_absolute_url(), alone)):
        portrait = portrait_of(person, where)
        offered = [f"{default_storage.url(copy_name(name, one))} {one}w" for one in widths]
        assert f'srcset="{", ".join(offered)}"' in portrait
        assert 'type="image/webp" srcset=' in portrait
        assert f'sizes="{shown}"' in portrait
        assert f'src="{person.photo.url}" alt=""' in portrait


def test_a_portrait_from_before_gets_its_copies_by_the_command() -> None:
    name = default_storage.save("contributors/old.jpg", ContentFile(photo(700, 700)))
    person = make_contributor(photo=name)
    assert "<picture>" not in page_at(person.get_absolute_url())
    assert f'<img class="face" src="{person.photo.url}"' in page_at(person.get_absolute_url())

    call_command("make_picture_sizes")
    call_command("make_picture_sizes")

    assert Picture.objects.get().widths == [88, 224, 448]
    assert " 224w" in portrait_of(person, person.get_absolute_url())
