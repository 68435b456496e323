"""The pictures that other sites show beside our links: where they are, and what is drawn."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import caches
from django.test import Client
from PIL import Image, ImageChops

from briefings.models import Issue
from briefings.rendering import sharing_picture
from briefings.rendering.picture_text import (
    MEASURED_AT,
    SANS,
    SERIF,
    Box,
    Type,
    drawable,
    in_lines,
)
from briefings.rendering.sharing_picture import FOOT, HEIGHT, MARGIN, RULE, WIDTH, SharingPicture
from tests.factories import make_briefing, make_issue, make_published_issue

SITE = "http://news.example.com"


def properties(client: Client, path: str) -> dict[str, str]:
    """Return what a page says of itself in its head, by name."""
    html = client.get(path).content.decode()
    found = re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)">', html)
    return {name: unescape(content) for name, content in found}


def picture_path(client: Client, page: str) -> str:
    return properties(client, page)["og:image"].removeprefix(SITE)


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content), formats=("PNG",)).convert("RGB")


def make_picture(**words: str) -> SharingPicture:
    fields = {
        "name": "The Ward Round",
        "headline": "Who pays for the empty beds?",
        "standfirst": "",
        "foot": "Issue 57 · 14 April 2026",
        "site": "Newsroom",
        "background": "#0b6b4f",
        "ink": "#ffffff",
        "path": "/ward/57/",
    }
    return SharingPicture(**{**fields, **words})


# --- where they are


@pytest.mark.django_db
def test_each_page_names_a_picture_and_says_what_is_in_it(client: Client) -> None:
    briefing = make_briefing(title="The Ward Round", accent="plum")
    issue = make_published_issue(briefing=briefing, title='Beds & "boards"')
    editor = Client()
    editor.force_login(User.objects.create_superuser("rosa", "rosa@news.example.com", "x"))
    for path, words, colour in (
        (issue.get_absolute_url(), 'The Ward Round. Beds & "boards". Issue 1', "#75356f"),
        (briefing.get_absolute_url(), "The Ward Round. What is changing", "#75356f"),
        ("/", "Newsroom. Briefings by email", "#16191d"),
        (issue.author.get_absolute_url(), "Newsroom. Briefings by email", "#16191d"),
    ):
        said = properties(client, path)
        assert words in said["og:image:alt"], path
        assert said["og:image"].startswith(f"{SITE}/"), path
        assert (said["og:image:width"], said["og:image:height"]) == ("1200", "630")
        assert said["twitter:card"] == "summary_large_image"
        assert said["og:url"] == SITE + path
        answer = client.get(said["og:image"].removeprefix(SITE))
        hers = editor.get(said["og:image"].removeprefix(SITE), headers={"accept-language": "cy"})
        assert (hers.content, hers.cookies) == (answer.content, {})
        assert answer.status_code == 200, path
        assert answer["Content-Type"] == said["og:image:type"] == "image/png"
        assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
        assert not answer.cookies
        assert "Cookie" not in answer.get("Vary", "")
        image = opened(answer.content)
        assert image.size == (1200, 630)
        assert "#{:02x}{:02x}{:02x}".format(*image.getpixel((0, 0))) == colour  # type: ignore[misc]


@pytest.mark.django_db
def test_other_words_have_another_address_and_the_former_one_leads_there(client: Client) -> None:
    issue = make_published_issue()
    before = picture_path(client, issue.get_absolute_url())
    for changes in ({"title": "Another headline"}, {"number": 12}):
        Issue.objects.filter(pk=issue.pk).update(**changes)
        issue.refresh_from_db()
        after = picture_path(client, issue.get_absolute_url())
        assert after != before
        if "number" not in changes:
            assert client.get(before)["Location"] == after
        before = after
    issue.briefing.accent = "plum"
    issue.briefing.save()
    assert client.get(before)["Location"] == picture_path(client, issue.get_absolute_url())


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["de", "cy", ""])
def test_the_address_on_a_page_is_that_of_the_picture_in_every_language(
    client: Client, language: str
) -> None:
    briefing = make_briefing(language=language)
    issue = make_published_issue(briefing=briefing, at=datetime(2026, 5, 7, 6, tzinfo=UTC))
    for page in (issue.get_absolute_url(), briefing.get_absolute_url(), "/"):
        path = picture_path(client, page)
        assert client.get(path).status_code == 200, page
        assert client.get(path, headers={"accept-language": "de"}).status_code == 200


@pytest.mark.django_db
def test_nobody_sees_the_headline_of_an_issue_that_is_not_published(client: Client) -> None:
    issue = make_issue()
    assert client.get(f"{issue.get_absolute_url()}picture-x.png").status_code == 404


@pytest.mark.django_db
def test_a_picture_is_drawn_once_and_no_page_or_wrong_address_draws_one(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    caches["pages"].clear()
    drawn = []

    def draw(picture: SharingPicture) -> bytes:
        drawn.append(picture.headline)
        return b"PNG"

    monkeypatch.setattr(SharingPicture, "draw", draw)
    issue = make_published_issue(title="Beds")
    path = picture_path(client, issue.get_absolute_url())
    for number in range(3):
        assert client.get(f"{issue.get_absolute_url()}picture-{number}.png")["Location"] == path
    assert drawn == []
    first, second = client.get(path), client.get(path)
    assert drawn == ["Beds"]
    assert first.content == second.content == b"PNG"
    assert client.get(path, headers={"if-none-match": first["ETag"]}).status_code == 304


# --- what is drawn


@pytest.mark.parametrize(
    "headline",
    [
        *("A", "Who pays for the empty beds?", "Beds " * 40, "W" * 200, "i" * 200),
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunternehmen",
        *("Zażółć gęślą jaźń", "Ποιος πληρώνει για τα άδεια κρεβάτια;"),
        *("Кто платит за пустые койки?", "Хто платить за ґанок", "“Beds”: £31, 50 % — and…"),
        *("Beds 🛏️ and boards", "المستشفى", "空のベッド", " ", "e\u0301te\u0301", "a\x00b\u202eb"),
    ],
)
def test_every_headline_fits(headline: str) -> None:
    picture = make_picture(headline=headline)
    image = opened(picture.draw())
    paper = Image.new("RGB", image.size, picture.background)
    assert ink_within(image, paper, (0, RULE + 10, WIDTH, FOOT - 40)), "it has a headline"
    left, top, right, bottom = ImageChops.difference(image, paper).getbbox() or (0, 0, 0, 0)
    assert left >= MARGIN - 8, "characters may lean out a little"
    assert right <= WIDTH - MARGIN + 8
    assert top > 40
    assert bottom < HEIGHT - 40
    assert not ink_within(image, paper, (0, FOOT - 50, WIDTH, FOOT - 32)), "the foot stands apart"


def ink_within(image: Image.Image, paper: Image.Image, box: tuple[int, int, int, int]) -> bool:
    return ImageChops.difference(image.crop(box), paper.crop(box)).getbbox() is not None


def test_a_long_strapline_leaves_room_for_the_title() -> None:
    long = "What is really changing inside hospitals, every Thursday, by our correspondent. " * 3
    image = opened(make_picture(headline="W" * 120, standfirst=long[:200]).draw())
    paper = Image.new("RGB", image.size, "#0b6b4f")
    assert not ink_within(image, paper, (0, FOOT - 50, WIDTH, FOOT - 32))


def lines_in(text: str, *, as_wide_as: str) -> list[str]:
    width = Type(SERIF, size=MEASURED_AT, weight=500).width(as_wide_as)
    box = Box(width=round(width * 1.03), height=99 * MEASURED_AT, leading=1)
    return in_lines(text, SERIF, weight=500, sizes=[MEASURED_AT], box=box).lines


def test_a_word_is_broken_with_a_hyphen_and_only_if_it_does_not_fit() -> None:
    assert lines_in("Das Bettenhaus", as_wide_as="Bettenhaus") == ["Das", "Bettenhaus"]
    first, *others = lines_in("Bettenhausverwaltung", as_wide_as="Bettenhaus-")
    assert [first, *others[:-1]] == [f"{line[:-1]}-" for line in (first, *others[:-1])]
    assert "".join((first, *others)).replace("-", "") == "Bettenhausverwaltung"
    assert "-" not in "".join(lines_in("1234567890" * 2, as_wide_as="1234567890"))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Zażółć\u00a0gęślą  jaźń", "Zażółć gęślą jaźń"),
        ("Ποιος πληρώνει;", "Ποιος πληρώνει;"),
        ("Ґанок, Ђорђе, Қазақстан", "Ґанок, Ђорђе, Қазақстан"),
        ("Beds 🛏️ and ❤ boards", "Beds and boards"),
        ("e\u0301te\u0301", "été"),
        ("A\x07B\u200d", "AB"),
        ("المستشفى", ""),
        ("Ward 病院", ""),
    ],
)
def test_only_characters_that_our_fonts_have_are_drawn(text: str, kept: str) -> None:
    assert drawable(text) == kept


def test_without_the_characters_of_a_headline_the_name_takes_its_place() -> None:
    name = make_picture(name="", headline="The Ward Round")
    assert make_picture(headline="المستشفى").draw() == name.draw()
    site = make_picture(name="", headline="Newsroom")
    assert make_picture(name="病院", headline="المستشفى").draw() == site.draw()


def test_the_fonts_of_pictures_are_there() -> None:
    for file in {*SERIF, *SANS}:
        assert (settings.BASE_DIR / "static" / "fonts" / f"{file}.woff2").exists()


def test_a_change_of_any_word_or_colour_changes_the_version(monkeypatch: Any) -> None:
    picture = make_picture()
    seen = {picture.version}
    for field in ("name", "headline", "standfirst", "foot", "site", "background", "ink"):
        seen.add(make_picture(**{field: "#123456"}).version)
    monkeypatch.setattr(sharing_picture, "DRAWING", "another way")
    seen.add(picture.version)
    assert len(seen) == 9
