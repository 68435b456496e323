"""Uploaded images are stored only as new images."""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

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


def vast() -> bytes:
    """A picture of one colour, because noise of this size takes seconds."""
    out = io.BytesIO()
    Image.new("1", (7000, 6000)).save(out, "PNG")
    return out.getvalue()


def send(
    content: bytes, name: str = "image.png", client: Client | None = None, **more: Any
) -> Page:
    upload = SimpleUploadedFile(name, content, content_type="image/png")
    return (client or staff_client("Reporters")).post(ADDRESS, {"upload": upload, **more})


def kept(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file() and path.suffix != ".webp"]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_an_image_is_stored_under_a_random_name(kind: str, media: Path) -> None:
    answer = send(drawn(kind), name="../../My holiday.HTML").json()

    assert answer["uploaded"] == 1
    [file] = kept(media)
    assert answer["url"] == f"/media/{file.relative_to(media).as_posix()}"
    assert file.suffix in {".jpg", ".png"}
    assert "holiday" not in file.name
    with Image.open(file) as image:
        assert image.size == (answer["width"], answer["height"]) == (60, 40)


def test_a_stored_image_is_served_as_an_image() -> None:
    url = send(drawn("JPEG")).json()["url"]

    page = Client().get(url)
    page.close()

    assert page["Content-Type"] in {"image/jpeg", "image/png"}
    assert page["X-Content-Type-Options"] == "nosniff"


def test_metadata_is_dropped_and_the_image_is_upright(media: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # rotated by 90°
    exif[0x010F] = "A camera's maker"
    exif[0x8825] = {1: "N", 2: (51.0, 30.0, 0.0)}

    send(drawn("JPEG", exif=exif))

    [file] = kept(media)
    assert b"camera" not in file.read_bytes()
    with Image.open(file) as image:
        assert image.size == (40, 60)
        assert not image.getexif()
        assert ImageOps.exif_transpose(image).size == (40, 60)


def test_a_script_behind_an_image_is_dropped(media: Path) -> None:
    polyglot = drawn("GIF") + b"<script>alert(document.domain)</script>"

    assert send(polyglot, name="image.html").json()["uploaded"] == 1

    [file] = kept(media)
    assert b"<script" not in file.read_bytes()
    assert file.suffix in {".jpg", ".png"}


def test_a_wide_image_is_made_narrower() -> None:
    answer = send(drawn("JPEG", (3200, 100))).json()

    assert (answer["width"], answer["height"]) == (1600, 50)


def test_a_transparent_image_stays_transparent(media: Path) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (20, 20), (200, 10, 10, 80)).save(out, "WEBP", lossless=True)

    send(out.getvalue())

    [file] = kept(media)
    with Image.open(file) as image:
        assert image.mode == "RGBA"


@pytest.mark.parametrize("mode", ["CMYK", "L", "1", "I;16", "P"])
def test_images_of_every_mode_are_accepted(mode: str) -> None:
    out = io.BytesIO()
    kind = "JPEG" if mode == "CMYK" else "PNG"
    image = Image.new(mode, (20, 20)) if mode == "I;16" else Image.new("L", (20, 20)).convert(mode)
    image.save(out, kind)

    assert send(out.getvalue()).json()["uploaded"] == 1


def bomb() -> bytes:
    """Return a small file that claims to have 2,500 million pixels."""
    content = bytearray(drawn("PNG", (8, 8)))
    content[16:24] = (50_000).to_bytes(4, "big") * 2
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "name", "answer"),
    [
        (b"just words", "notes.txt", "“notes.txt” is not an image that we can use. Upload a JPEG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "x.svg", "is not an image that we can use"),
        (b"GIF89a/*" + b"\xff" * 60 + b"*/=1;alert(1)", "x.gif", "x.gif"),
        (drawn("JPEG")[:300], "half.jpg", "“half.jpg”"),
        (drawn("TIFF"), "x.tiff", "is not an image that we can use"),
        (bomb(), "bomb.png", "“bomb.png” has too many pixels"),
        (vast(), "vast.png", "“vast.png” has too many pixels"),
        (b"\xff" * (10 * 1024 * 1024 + 1), "huge.jpg", "An image can be up to 10 MB"),
        (b"", "none.png", "We received no file"),
    ],
)
def test_other_files_are_refused_with_the_reason(
    content: bytes, name: str, answer: str, media: Path
) -> None:
    page = send(content, name)

    assert page.status_code == 200
    result = page.json()
    assert result["uploaded"] == 0
    assert answer in result["error"]["message"] or "empty" in result["error"]["message"]
    assert kept(media) == []


def test_a_missing_file_is_asked_for() -> None:
    assert (
        staff_client("Reporters")
        .post(ADDRESS)
        .json()["error"]["message"]
        .startswith("We received no file")
    )


def test_only_those_who_may_write_issues_can_upload_images(media: Path) -> None:
    logged_out = send(drawn("PNG"), client=Client())

    assert logged_out.status_code == 403
    assert "logged out" in logged_out.json()["error"]["message"]
    assert send(drawn("PNG"), client=staff_client(may=("view_issue",))).status_code == 403
    assert staff_client("Reporters").get(ADDRESS).status_code == 405
    assert kept(media) == []


def test_another_site_cannot_upload_images_in_somebodys_name(media: Path) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_staff("Reporters"))

    assert send(drawn("PNG"), client=client).status_code == 403
    assert kept(media) == []


def test_a_contributors_photo_is_stored_in_the_same_way(media: Path) -> None:
    client = staff_client("Editors")
    fields = {"name": "Ada", "slug": "ada"}
    address = reverse("admin:briefings_contributor_add")
    photo = SimpleUploadedFile("ada.html", drawn("GIF") + b"<script>")

    refused = client.post(address, {**fields, "photo": SimpleUploadedFile("a.jpg", b"words")})
    client.post(address, {**fields, "photo": photo})

    assert "is not an image that we can use" in refused.content.decode()
    assert str(Contributor.objects.get().photo.name).endswith((".png", ".jpg"))
    [file] = kept(media)
    assert b"<script" not in file.read_bytes()


# --- images that are unusual and not damaged


def stored(media: Path) -> Image.Image:
    [file] = kept(media)
    with Image.open(file) as image:
        return image.convert("RGB")


def test_sixteen_bits_of_grey_keep_their_shades(media: Path) -> None:
    out = io.BytesIO()
    grey = Image.new("I;16", (3, 1))
    for x, value in enumerate((0, 0x8080, 0xFFFF)):
        grey.putpixel((x, 0), value)
    grey.save(out, "PNG")

    assert send(out.getvalue()).json()["uploaded"] == 1
    image = stored(media)
    assert [image.getpixel((x, 0)) for x in range(3)] == [
        (0, 0, 0),
        (128, 128, 128),
        (255, 255, 255),
    ]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_refused_with_the_reason(kind: str, media: Path) -> None:
    out = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=50)

    assert "is an animation" in send(out.getvalue()).json()["error"]["message"]
    assert kept(media) == []


def test_the_photo_of_a_phone_is_made_smaller(media: Path) -> None:
    out = io.BytesIO()
    Image.new("RGB", (8064, 6048), "teal").save(out, "JPEG")  # 48.8 megapixels

    assert send(out.getvalue(), name="photo.jpg").json()["uploaded"] == 1
    assert stored(media).size == (1600, 1200)


def test_a_jpeg_without_its_end_marker_is_whole(media: Path) -> None:
    whole = drawn("JPEG")
    assert whole.endswith(b"\xff\xd9")

    assert send(whole[:-2]).json()["uploaded"] == 1
    assert stored(media).size == (60, 40)


def test_a_jpeg_that_was_cut_short_is_damaged(media: Path) -> None:
    whole = drawn("JPEG", (400, 300))

    assert "damaged" in send(whole[: len(whole) // 2]).json()["error"]["message"]
    assert kept(media) == []


def test_long_text_in_a_png_does_no_harm(media: Path) -> None:
    texts = PngInfo()
    texts.add_text("Description", "x" * 3_000_000, zip=True)

    assert send(drawn("PNG", pnginfo=texts)).json()["uploaded"] == 1
    assert stored(media).size == (60, 40)
