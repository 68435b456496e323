"""Names of comments: none passes for the staff, and none changes the words around it."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.test import Client

from briefings.comment_names import validate_comment_name
from briefings.models import Comment
from tests.factories import make_briefing, make_comment, make_contributor, make_published_issue

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def known_people() -> None:
    make_briefing(title="The Ward Round", lead=make_contributor(name="Isla Overton"))
    make_contributor(name="Полина Зуева")
    get_user_model().objects.create_user(
        "sub", first_name="Tom\u00e1s", last_name="Mc Lure", is_staff=True
    )


def refusal(name: str) -> str:
    with pytest.raises(ValidationError) as refused:
        validate_comment_name(name)
    return str(refused.value.code)


@pytest.mark.parametrize(
    "name",
    [
        *("Isla Overton", "isla overton", "ISLA OVERTON", "Isla  Overton", "Overton, Isla"),
        *(
            "lsla Overton",
            "1sla Overton",
            "|sla Overton".replace("|", "\u04c0"),
        ),  # look-alikes of I
        *("Isl\u0430 Ov\u0435rton", "\u0406sla \u041everton", "Isla 0verton", "Isla O\u1d20erton"),
        *("\uff29\uff53\uff4c\uff41 Overton", "\U0001d408\U0001d42c\U0001d425\U0001d41a Overton"),
        *(
            "I\u0301sla Overton",
            "Isla\u200dOverton",
            "Isla-Overton",
            "I.s.l.a Overton",
            "IslaOverton",
        ),
        *("Isla Overton (The Ward Round)", "Dr Isla Overton", "Полина Зyeвa", "Tomas McLure"),
        *("Author", "Isla (author)", "The Editors", "\u0410uthor", "Moderat0r", "verified Isla"),
        *("_Author_", "The_Author", "Isla_Overton_"),
        *("Is\u05d5a Overton", "Isla \u05e1verton", "Is\u0142a Overton", "Isla \u00d8verton"),
        *(
            "Isla Over\u0442on",
            "Is\u029f\u1d00 O\u1d20\u1d07\u0280\u1d1b\u1d0f\u0274",
            "Isla Overto\u043f",
        ),
        *("Isla Overto\u03b7", "Auth\u00f8r", "Authors", "Newsroom team", "The editorial team"),
        *("The Ward Round", "Th\u0435 Ward R\u00f8und"),
    ],
)
def test_a_name_that_passes_for_the_staff_is_refused(name: str) -> None:
    assert refusal(name) == "taken"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *[(f"Ada{char}Byron", "hidden") for char in "\u202e\u2066\u200f\u200b\u3164\x07\ufe0f"],
        ("Z" + "\u0301\u0336\u0353" * 24, "hidden"),
        *[("a" + ("\u0301" * 4 + joiner) * 12, "hidden") for joiner in "\u200c\u200d"],
        ("\u2713 Isla", "character"),
        *[(f"Ada {char}", "character") for char in "\u2714\u2611\u2605\U0001f58b\u00ae"],
        *[
            (name, "link")
            for name in (
                "https://a.example",
                "www.a.example",
                "cheap.example/x",
                "pills.com",
                "pills .com",
                "pills dot com",
                "pills (dot) com",
                *("buy.now", "x.gd", "goo.gl", "Pills.guru", "pills.example", "pills。icu"),
                *("пример.рф", "pills.xn--p1ai", "例子.中国"),
                "a@b.org",
            )
        ],
        ("Call 0800 123 456", "message"),
    ],
)
def test_controls_stacks_signs_and_links_are_refused(name: str, code: str) -> None:
    assert refusal(name) == code


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Ada Byron",
            "Isla",
            "Overton",
            "Isla Overtonova",
            "Zoë O’Neill-Søndergård",
            "J. R. D\u2019Arcy",
            "J.R.D\u2019Arcy",
            "St.John Smythe",
            "Mary dot",
        ),
        *(
            "李小龍",
            "محمد علي",
            "د.محمد علي",
            "דָּוִד",
            "สุภาพ",
            "प्रिया शर्मा",
            "می\u200cخواهم",
            "Nguyễn Thị Ánh",
            "A. (Bristol)",
        ),
    ],
)
def test_other_names_are_accepted(name: str) -> None:
    validate_comment_name(name)


def test_the_form_says_what_is_wrong_and_keeps_the_words(client: Client) -> None:
    issue = make_published_issue(briefing=make_briefing())
    data = {"body": "Kept words", "email": "ada@example.org", "name": "Isl\u0430 Overton"}
    answer = client.post(f"{issue.get_absolute_url()}comments/", data)
    assert answer.status_code == 422
    assert "could be mistaken for one of our authors" in answer.content.decode()
    assert "Kept words" in answer.content.decode()
    assert not Comment.objects.exists()


def test_names_and_bodies_are_isolated_on_the_page(client: Client) -> None:
    """Comments that came before the rules for names, or by email, are shown, too."""
    issue = make_published_issue(briefing=make_briefing())
    thread = make_comment(on=issue, name="\u05d3\u05d5\u05d3", body="\u05e9\u05dc\u05d5\u05dd")
    make_comment(on=issue, name="\u202eRosa", parent=thread, body="Yes")
    page = client.get(issue.get_absolute_url(), {"reply_to": thread.pk}).content.decode()
    for name in (thread.name, "\u202eRosa"):
        bare = re.findall(rf"(?<!<bdi>)(?<!\u2068){name}", page)
        assert name in page
        assert not bare
    for body in ("<p>\u05e9\u05dc\u05d5\u05dd</p>", "<p>Yes</p>"):
        assert f'<div dir="auto">{body}</div>' in page
    assert '<p dir="auto">\u05e9' in page
