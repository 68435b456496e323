"""We keep only what the author of a reply by email added."""

from __future__ import annotations

import time
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.bounces.reply_text import MAX_REPLY_CHARS, reply_text, strip_quoted_text

OWN = "Thank you for this.\n\nTwo wards were closed here, too."


@pytest.mark.parametrize(
    "rest",
    [
        "On Thu, 12 Nov 2026 at 07:00, News <news@news.example> wrote:\n\n> Beds\n> are empty",
        "On Thu, 12 Nov 2026 at 07:00, The Ward Round of the News\n<n@news.example> wrote:\n> x",
        "On 12 Nov 2026, at 07:00, News wrote:\n\nThe beds are empty\nand nobody pays",
        "Am 12.11.2026 um 07:00 schrieb News <news@news.example.com>:\n> Die Betten",
        "Am Do., 12. Nov. 2026 um 07:00 Uhr schrieb News <\nn@news.example>:\n\n> Die Betten",
        "Le jeu. 12 nov. 2026 à 07:00, News <news@news.example.com> a écrit :\n\n> Les lits",
        "El jue, 12 nov 2026 a las 7:00, News (<news@news.example.com>) escribió:\n\n> Las camas",
        "Il giorno gio 12 nov 2026 alle ore 07:00 News ha scritto:\n> I letti",
        "Op do 12 nov 2026 om 07:00 schreef News <news@news.example.com>:\n> De bedden",
        "12.11.2026 07:00, News написал:\n> Койки",
        "-----Original Message-----\nFrom: News\nSent: Thursday\nTo: Ivy\n\nThe beds",
        "-------- Original Message --------\nThe beds",
        "-----Ursprüngliche Nachricht-----\nVon: News\n\nDie Betten",
        "________________________________\nFrom: News <news@news.example.com>\nSent: 12 November",
        "From: News <n@news.example>\nSent: 12 November 2026\nTo: Ivy\nSubject: Beds\n\nThe beds",
        "*From:* News\n*Date:* Thursday\n*To:* Ivy\n\nThe beds",
        "Von: News <n@news.example>\nGesendet: Donnerstag, 12. November\nAn: Ivy\n\nDie Betten",
        "De : News\nEnvoyé : jeudi 12 novembre\nÀ : Ivy\nObjet : Les lits\n\nLes lits",
        "> The beds are empty\n> and nobody pays",
        "-- \nIvy Ward\nWard Street 1",
        "Sent from my iPhone",
        "Sent from my iPhone\n\n> On 12 Nov 2026, at 07:00, News wrote:\n> The beds",
        "Get Outlook for Android\n\n________________________________\nFrom: News",
        "Von meinem iPhone gesendet",
        "Envoyé de mon iPhone",
    ],
)
def test_the_quoted_email_and_the_signature_are_left_out(rest: str) -> None:
    assert strip_quoted_text(f"{OWN}\n\n{rest}\n") == OWN
    assert strip_quoted_text(f"{OWN}\n\n{rest}\n".replace("\n", "\r\n")) == OWN


def test_answers_between_quoted_lines_are_kept() -> None:
    text = "On Thursday, News wrote:\n> Who pays?\n\nThe county.\n\n> And who decides?\n\nNobody.\n"
    assert strip_quoted_text(text) == "The county.\n\nNobody."


def test_a_signature_above_a_quotation_is_left_out() -> None:
    assert (
        strip_quoted_text("The county pays.\n\n-- \nIvy Ward\n\n> Who pays?\n")
        == "The county pays."
    )


def test_a_sentence_that_looks_like_a_quotation_is_kept() -> None:
    for words in (
        "From: what I hear, two wards are closed.",
        "On Monday they closed a ward.\nI wrote to the county about it.",
        "My sister wrote: they are closed.",
    ):
        assert strip_quoted_text(words) == words


@pytest.mark.parametrize(
    "quoted",
    [
        '<div class="gmail_quote"><div class="gmail_attr">On Thu wrote:</div>The beds</div>',
        '<div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> News</div>The beds',
        '<blockquote type="cite">The beds</blockquote>',
        '<div class="moz-cite-prefix">On Thu, News wrote:</div><blockquote>The beds</blockquote>',
        '<div class="yahoo_quoted">The beds</div>',
        "<blockquote>A <blockquote>B <blockquote>C</blockquote></blockquote>D</blockquote>",
        "<blockquote>The <blockquote>older</blockquote> beds",  # an end tag is missing
        '<BLOCKQUOTE\nclass="a > b" cite=x>The beds</BLOCKQUOTE>',
        "On 12 Nov 2026, News wrote:<br><blockquote type=cite>The beds</blockquote>",
        '<div><div id="mail-editor-reference-message-container">The</div></div><p>beds</p>',
        '<div>-- <br>Ivy</div><div class="gmail_quote">On Thu<blockquote>Beds</blockquote></div>',
    ],
)
def test_a_reply_in_html_only_becomes_text(quoted: str) -> None:
    message = EmailMessage()
    markup = f"<style>p {{}}</style><p>Thank you &amp; more.</p><p>Two&nbsp;wards.</p>{quoted}"
    message.set_content(markup, subtype="html")
    assert " ".join(reply_text(message).split()) == "Thank you & more. Two wards."


@pytest.mark.parametrize(
    "quote",
    [
        "<blockquote>{}</blockquote>",
        '<div class="gmail_quote"><blockquote>{}</blockquote></div>',
        "<blockquote>{} <blockquote>earlier</blockquote></blockquote>",
    ],
)
@pytest.mark.parametrize("wrapper", ["{}", '<div class="gmail_quote">{}</div>'])
def test_answers_between_quotations_in_html_are_kept(quote: str, wrapper: str) -> None:
    message = EmailMessage()
    answers = (
        f"{quote.format('Who pays?')}<p>The county.</p>{quote.format('Who decides?')}<p>Us.</p>"
    )
    markup = f"<p>On 12 Nov 2026, News wrote:</p>{wrapper.format(answers)}"
    message.set_content(markup, subtype="html")
    assert reply_text(message).split("\n\n") == ["The county.", "Us."]


@pytest.mark.parametrize(
    "unit",
    ["<blockquote>", "<blockquote>x</blockquote>y", '<div class="gmail_quote">', "--\n", "<p>--\n"],
)
def test_a_long_reply_is_read_in_bounded_time(unit: str) -> None:
    """Twice as much takes about twice as long, whatever is nested in it."""
    took = []
    for chars in (MAX_REPLY_CHARS // 4, MAX_REPLY_CHARS):
        message = EmailMessage()
        message.set_content(unit * (chars // len(unit)) + "\n> x\nend", subtype="html")
        started = time.process_time()
        reply_text(message)
        took.append(time.process_time() - started)
    assert took[1] < 10 * took[0] + 0.5


@given(st.text(max_size=2000))
def test_any_text_is_accepted(text: str) -> None:
    assert len(strip_quoted_text(text)) <= len(text)
