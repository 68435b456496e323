"""Pictures come in by one door, and only as pictures."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image, ImageOps

from briefings.models import Contributor
from tests.briefings.admin_client import make_staff, staff_client

if TYPE_CHECKING:
    from tests.briefings.admin_client import Page

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/briefings/issue/upload-image/"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def drawn(kind: str, size: tuple[int, int] = (60, 40), mode: str = "RGB", **how: Any) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 90).convert(mode).save(out, kind, **how)
    return out.getvalue()


def send(
    content: bytes, name: str = "picture.png", client: Client | None = None, **more: Any
) -> Page:
    upload = SimpleUploadedFile(name, content, content_type="image/png")
    return (client or staff_client("Reporters")).post(ADDRESS, {"upload": upload, **more})


def kept(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_picture_is_kept_under_a_name_of_ours(kind: str, media: Path) -> None:
    answer = send(drawn(kind), name="../../My holiday.HTML").json()

    assert answer["uploaded"] == 1
    [file] = kept(media)
    assert answer["url"] == f"/media/{file.relative_to(media).as_posix()}"
    assert file.suffix in {".jpg", ".png"}
    assert "holiday" not in file.name
    with Image.open(file) as picture:
        assert picture.size == (answer["width"], answer["height"]) == (60, 40)


def test_the_page_serves_what_was_kept_as_a_picture() -> None:
    url = send(drawn("JPEG")).json()["url"]

    page = Client().get(url)
    page.close()

    assert page["Content-Type"] in {"image/jpeg", "image/png"}
    assert page["X-Content-Type-Options"] == "nosniff"


def test_place_and_camera_stay_behind_and_the_picture_stands_upright(media: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "A camera's maker"
    exif[0x8825] = {1: "N", 2: (51.0, 30.0, 0.0)}

    send(drawn("JPEG", exif=exif))

    [file] = kept(media)
    assert b"camera" not in file.read_bytes()
    with Image.open(file) as picture:
        assert picture.size == (40, 60)
        assert not picture.getexif()
        assert ImageOps.exif_transpose(picture).size == (40, 60)


def test_a_picture_with_a_script_behind_it_is_kept_without_it(media: Path) -> None:
    polyglot = drawn("GIF") + b"<script>alert(document.domain)</script>"

    assert send(polyglot, name="picture.html").json()["uploaded"] == 1

    [file] = kept(media)
    assert b"<script" not in file.read_bytes()
    assert file.suffix in {".jpg", ".png"}


def test_a_wide_picture_is_made_as_wide_as_it_is_shown() -> None:
    answer = send(drawn("JPEG", (3200, 100))).json()

    assert (answer["width"], answer["height"]) == (1600, 50)


def test_what_is_see_through_stays_so(media: Path) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (20, 20), (200, 10, 10, 80)).save(out, "WEBP", lossless=True)

    send(out.getvalue())

    [file] = kept(media)
    with Image.open(file) as picture:
        assert picture.mode == "RGBA"


@pytest.mark.parametrize("mode", ["CMYK", "L", "1", "I;16", "P"])
def test_pictures_of_any_make_are_taken(mode: str) -> None:
    out = io.BytesIO()
    kind = "JPEG" if mode == "CMYK" else "PNG"
    picture = (
        Image.new(mode, (20, 20)) if mode == "I;16" else Image.new("L", (20, 20)).convert(mode)
    )
    picture.save(out, kind)

    assert send(out.getvalue()).json()["uploaded"] == 1


def bomb() -> bytes:
    """A small file that says it has 2,500 million points."""
    picture = bytearray(drawn("PNG", (8, 8)))
    picture[16:24] = (50_000).to_bytes(4, "big") * 2
    import zlib

    picture[29:33] = zlib.crc32(picture[12:29]).to_bytes(4, "big")
    return bytes(picture)


@pytest.mark.parametrize(
    ("content", "name", "answer"),
    [
        (b"just words", "notes.txt", "“notes.txt” is no picture that we know. Send a JPEG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "x.svg", "no picture that we know"),
        (b"GIF89a/*" + b"\xff" * 60 + b"*/=1;alert(1)", "x.gif", "x.gif"),
        (drawn("JPEG")[:300], "half.jpg", "“half.jpg”"),
        (drawn("TIFF"), "x.tiff", "no picture that we know"),
        (bomb(), "bomb.png", "“bomb.png” has too many pixels"),
        (drawn("PNG", (7000, 6000), "1"), "vast.png", "“vast.png” has too many pixels"),
        (b"\xff" * (10 * 1024 * 1024 + 1), "huge.jpg", "a picture may have 10"),
        (b"", "none.png", "No file arrived"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_sentence(
    content: bytes, name: str, answer: str, media: Path
) -> None:
    page = send(content, name)

    assert page.status_code == 200
    said = page.json()
    assert said["uploaded"] == 0
    assert answer in said["error"]["message"] or "empty" in said["error"]["message"]
    assert kept(media) == []


def test_no_file_at_all_is_asked_for() -> None:
    assert staff_client("Reporters").post(ADDRESS).json()["error"]["message"].startswith("No file")


def test_only_those_who_write_issues_may_send_pictures(media: Path) -> None:
    logged_out = send(drawn("PNG"), client=Client())

    assert logged_out.status_code == 403
    assert "logged out" in logged_out.json()["error"]["message"]
    assert send(drawn("PNG"), client=staff_client(may=("view_issue",))).status_code == 403
    assert staff_client("Reporters").get(ADDRESS).status_code == 405
    assert kept(media) == []


def test_another_site_cannot_send_pictures_in_somebodys_name(media: Path) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_staff("Reporters"))

    assert send(drawn("PNG"), client=client).status_code == 403
    assert kept(media) == []


def test_a_contributors_photo_takes_the_same_way(media: Path) -> None:
    client = staff_client("Editors")
    fields = {"name": "Ada", "slug": "ada"}
    address = reverse("admin:briefings_contributor_add")
    photo = SimpleUploadedFile("ada.html", drawn("GIF") + b"<script>")

    refused = client.post(address, {**fields, "photo": SimpleUploadedFile("a.jpg", b"words")})
    client.post(address, {**fields, "photo": photo})

    assert "no picture that we know" in refused.content.decode()
    assert str(Contributor.objects.get().photo.name).endswith((".png", ".jpg"))
    [file] = kept(media)
    assert b"<script" not in file.read_bytes()
