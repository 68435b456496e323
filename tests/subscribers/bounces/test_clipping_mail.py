"""Staff email links to a briefing's clippings address; nobody else's emails get into the tray."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from briefings.clippings import clippings_address
from briefings.models import Briefing, Clipping, Comment
from subscribers.bounces.incoming_mail import process_message
from tests.briefings.admin_client import make_staff
from tests.factories import make_briefing, make_published_issue

pytestmark = pytest.mark.django_db
MX = "mx.news.example.com"
KEPT = "links for the clippings tray"
REFUSED = "no links, or not from proved staff, for the clippings tray"
PASSED = f"{MX}; dmarc=pass header.from=ward.example"


@pytest.fixture(autouse=True)
def _mailbox(settings: Any) -> None:
    settings.REPLY_ADDRESS = "replies@news.example.com"
    settings.AUTHSERV_ID = MX


@pytest.fixture
def reporter() -> User:
    return make_staff("Reporters", email="Ida@Ward.example")


def send(
    briefing: Briefing,
    body: str = "https://paper.example/beds?utm_source=x",
    *,
    html: str = "",
    author: str = "Ida <ida@ward.example>",
    subject: str = "Fwd: Beds closed",
    results: str = PASSED,
    to: str = "",
) -> str:
    message = EmailMessage()
    message["From"] = author
    message["To"] = to or clippings_address(briefing)
    message["Subject"] = subject
    message["Message-ID"] = "<clip1@ward.example>"
    if results:
        message["Authentication-Results"] = results
    message.set_content(body)
    if html:
        message.add_alternative(html, subtype="html")
    return process_message(message.as_bytes(), provider="mailbox", at=timezone.now()).action


def urls(briefing: Briefing) -> list[str]:
    return sorted(clipping.url for clipping in Clipping.objects.in_tray_of(briefing))


def test_a_link_of_proved_staff_gets_into_the_tray(reporter: User) -> None:
    briefing = make_briefing()

    assert send(briefing) == KEPT

    clipping = Clipping.objects.get()
    assert (clipping.briefing, clipping.url) == (briefing, "https://paper.example/beds")
    assert clipping.title == "Beds closed"
    assert clipping.added_by == reporter
    assert not Comment.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"author": "Eve <eve@ward.example>"},
        {"results": ""},
        {"results": f"{MX}; dmarc=fail header.from=ward.example"},
        {"results": "mx.elsewhere.example; dmarc=pass header.from=ward.example"},
        {"body": "No link at all"},
    ],
)
def test_nothing_else_does_nor_does_it_become_a_comment(
    reporter: User, wrong: dict[str, str]
) -> None:
    issue = make_published_issue()

    assert send(issue.briefing, **wrong) == REFUSED

    assert not Clipping.objects.exists()
    assert not Comment.objects.exists()


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}])
def test_a_former_member_of_staff_is_refused(reporter: User, change: dict[str, bool]) -> None:
    User.objects.filter(pk=reporter.pk).update(**change)

    assert send(make_briefing()) == REFUSED


def test_staff_who_do_not_write_are_refused() -> None:
    make_staff("Moderators", email="ida@ward.example")

    assert send(make_briefing()) == REFUSED


def test_of_two_accounts_with_one_address_the_one_who_may_is_found() -> None:
    make_staff("Moderators", email="ida@ward.example")
    writer = make_staff("Reporters", email="ida@ward.example")

    assert send(make_briefing()) == KEPT

    assert Clipping.objects.get().added_by == writer


def test_a_forged_token_is_no_clippings_address(reporter: User) -> None:
    briefing = make_briefing()
    address = clippings_address(briefing)
    token = address.partition("+")[2].partition("@")[0]
    forged = token[:-1] + ("0" if token[-1] != "0" else "1")

    send(briefing, to=address.replace(token, forged))

    assert not Clipping.objects.exists()


def test_the_same_email_twice_brings_no_removed_link_back(reporter: User) -> None:
    briefing = make_briefing()
    send(briefing)
    Clipping.objects.update(removed_at=timezone.now())

    assert send(briefing) == KEPT

    assert urls(briefing) == []


def test_quoted_links_and_those_of_html_count_too(reporter: User) -> None:
    briefing = make_briefing()

    send(briefing, "See below\n\n> Beds\n> https://paper.example/quoted\n")
    send(briefing, " ", html='<p><a href="https://paper.example/html">Wards</a></p>')

    assert urls(briefing) == ["https://paper.example/html", "https://paper.example/quoted"]


def test_a_signature_is_no_clipping(reporter: User) -> None:
    briefing = make_briefing()

    send(briefing, "Wards\nhttps://paper.example/wards\n\n-- \nIda\nhttps://ward.example/\n")

    assert urls(briefing) == ["https://paper.example/wards"]


def test_a_line_of_hyphens_between_links_is_no_signature(reporter: User) -> None:
    briefing = make_briefing()

    send(briefing, "https://paper.example/beds\n--\nhttps://paper.example/wards\n")

    assert urls(briefing) == ["https://paper.example/beds", "https://paper.example/wards"]


def test_a_link_under_the_signature_of_a_forwarded_email_counts(reporter: User) -> None:
    briefing = make_briefing()

    send(
        briefing,
        "-- \nIda\nhttps://ward.example/\n\n"
        "---------- Forwarded message ---------\nFrom: Bo <bo@other.example>\n\n"
        "Wards\nhttps://paper.example/wards\n",
    )

    assert "https://paper.example/wards" in urls(briefing)


@pytest.mark.parametrize(
    "link",
    [
        '<a href="https://paper.example/wards">Wards close</a>',
        '<div><p>Look: <a href="https://paper.example/wards">Wards close</a></p></div>',
    ],
)
def test_links_only_in_the_html_part_count(reporter: User, link: str) -> None:
    briefing = make_briefing()

    answer = send(
        briefing,
        "See Wards close, and https://paper.example/beds\n",
        html=f'<p>See {link}, and <a href="https://paper.example/beds">beds</a></p>'
        '<div><span>-- </span><br>Ida <a href="https://ward.example/">Ward</a></div>',
    )

    assert answer == KEPT
    assert urls(briefing) == ["https://paper.example/beds", "https://paper.example/wards"]
    assert Clipping.objects.get(url="https://paper.example/wards").title.endswith("Wards close")


SIGNATURE = 'Ida Lund<br>The Ward<br><a href="https://ward.example/ida">ward.example/ida</a>'
FORWARDED = '<div>See <a href="https://paper.example/wards">Wards close</a></div>'


@pytest.mark.parametrize(
    "signed",
    [
        f'<div class="gmail_signature" data-smartmail="gmail_signature">{SIGNATURE}</div>',
        f'<div id="Signature"><p>{SIGNATURE}</p></div>',
        f'<div id="ms-outlook-mobile-signature">{SIGNATURE}</div>',
        f'<pre class="moz-signature" cols="72">{SIGNATURE}</pre>',
        f'<div name="messageSignatureSection">{SIGNATURE}</div>',
        f'<div data-marker="__SIG_PRE__"><div>{SIGNATURE}</div></div>',
        f'<div><div><div id="AppleMailSignature" dir="ltr">{SIGNATURE}</div></div></div>',
        f'<div id="_rc_sig">{SIGNATURE}</div>',
        f'<br id="lineBreakAtBeginningOfSignature"><div>{SIGNATURE}</div>',
    ],
)
@pytest.mark.parametrize("is_plain_too", [True, False])
def test_a_signature_that_only_its_html_marks_is_no_clipping(
    reporter: User, signed: str, is_plain_too: bool
) -> None:
    briefing = make_briefing()
    plain = "https://paper.example/beds\n\nIda Lund\nThe Ward\nhttps://ward.example/ida\n"

    send(
        briefing,
        plain if is_plain_too else " ",
        html=f'<div>Beds: <a href="https://paper.example/beds">here</a></div>{signed}'
        f'<blockquote type="cite">{FORWARDED}</blockquote>',
    )

    assert urls(briefing) == ["https://paper.example/beds", "https://paper.example/wards"]


@pytest.mark.parametrize(
    "body",
    [
        f'<div class="gmail_signature">{SIGNATURE}<div class="gmail_quote">{FORWARDED}</div></div>',
        f'<div id="AppleMailSignature">{SIGNATURE}<blockquote>{FORWARDED}</blockquote></div>',
        f'<div id="Signature">{SIGNATURE}</div><div id="divRplyFwdMsg">From: Bo</div>{FORWARDED}',
        f'<br id="lineBreakAtBeginningOfSignature">{SIGNATURE}<blockquote>{FORWARDED}</blockquote>',
    ],
)
def test_what_is_forwarded_below_a_signature_counts(reporter: User, body: str) -> None:
    briefing = make_briefing()

    send(briefing, " ", html=body)

    assert urls(briefing) == ["https://paper.example/wards"]


def test_a_link_that_stands_in_the_text_and_in_the_signature_counts(reporter: User) -> None:
    briefing = make_briefing()

    send(briefing, " ", html=f'<p>{SIGNATURE}</p><div class="moz-signature">{SIGNATURE}</div>')

    assert urls(briefing) == ["https://ward.example/ida"]


def test_the_start_page_of_the_authors_own_paper_is_no_clipping(reporter: User) -> None:
    briefing = make_briefing()

    send(
        briefing,
        "https://paper.example/\nhttps://ward.example/beds\n\nIda Lund\nhttps://www.ward.example\n",
    )

    assert urls(briefing) == ["https://paper.example/", "https://ward.example/beds"]
