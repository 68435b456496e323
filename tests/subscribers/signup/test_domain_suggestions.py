"""“Did you mean gmail.com?”: asked about likely typing mistakes."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from subscribers.models import SignUp
from subscribers.signup.domain_suggestions import suggest_domain
from tests.factories import make_briefing

REAL = {
    domain
    for line in """
    gmail.com googlemail.com mail.com email.com ymail.com gmx.de gmx.net gmx.com gmx.at gmx.ch
    gmx.co.uk web.de t-online.de freenet.de mail.de posteo.de mailbox.org hotmail.com hotmail.co.uk
    hotmail.fr hotmail.de hotmail.es hotmail.it hotmail.be hotmail.nl hotmail.se hotmail.ca
    hotmail.gr outlook.com outlook.de outlook.fr outlook.ie outlook.es outlook.pt outlook.com.au
    live.com live.co.uk live.nl live.be live.fr msn.com yahoo.com yahoo.co.uk yahoo.ca yahoo.fr
    yahoo.de yahoo.ie yahoo.it yahoo.es yahoo.gr yahoo.se yahoo.in yahoo.co.jp yahoo.com.br
    rocketmail.com icloud.com me.com mac.com aol.com aol.co.uk aol.de btinternet.com btopenworld.com
    virginmedia.com virgin.net blueyonder.co.uk ntlworld.com sky.com talktalk.net talktalk.co.uk
    tiscali.co.uk plus.com proton.me protonmail.com protonmail.ch pm.me fastmail.com fastmail.fm
    hey.com zoho.com tutanota.com inbox.com hushmail.com yandex.ru yandex.com mail.ru inbox.ru bk.ru
    rambler.ru orange.fr wanadoo.fr free.fr sfr.fr laposte.net laposte.fr libero.it virgilio.it
    tin.it ziggo.nl kpnmail.nl telenet.be skynet.be bluewin.ch hispeed.ch seznam.cz centrum.cz wp.pl
    o2.pl onet.pl interia.pl abv.bg ukr.net qq.com 163.com 126.com sina.com naver.com daum.net
    hanmail.net rediffmail.com comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net
    charter.net earthlink.net juno.com shaw.ca rogers.com sympatico.ca telus.net bigpond.com
    optusnet.com.au xtra.co.nz nhs.net nhs.uk gov.uk ac.uk example.org example.co example.cm
    example.om example.net tmail.com fmail.com vmail.com cloud.com photon.me proton.com libero.com
    outlook.example yaho.example example.co.uk london.ac.uk t-mobile.com orange.com live.in.example
    snail.com hotel.com look.com outlook.co.th
    """.splitlines()
    for domain in line.split()
}
SLIPS = {
    "gmial.com": "gmail.com",
    "gmai.com": "gmail.com",
    "gmal.com": "gmail.com",
    "gamil.com": "gmail.com",
    "gnail.com": "gmail.com",
    "gmaill.com": "gmail.com",
    "mgail.com": "gmail.com",
    "gmail.con": "gmail.com",
    "gmail.cmo": "gmail.com",
    "gmail.co": "gmail.com",
    "gmail.cm": "gmail.com",
    "gmail.co.uk": "gmail.com",
    "gmail.net": "gmail.com",
    "gmial.con": "gmail.com",
    "googlmail.com": "googlemail.com",
    "hotmial.com": "hotmail.com",
    "hotmai.com": "hotmail.com",
    "hotmal.co.uk": "hotmail.co.uk",
    "homtail.fr": "hotmail.fr",
    "hotmail.co": "hotmail.com",
    "hotmail.comm": "hotmail.com",
    "yaho.com": "yahoo.com",
    "yahooo.co.uk": "yahoo.co.uk",
    "yhaoo.com": "yahoo.com",
    "yahoo.cm": "yahoo.com",
    "outlok.com": "outlook.com",
    "outllok.com": "outlook.com",
    "outloook.de": "outlook.de",
    "iclould.com": "icloud.com",
    "icoud.com": "icloud.com",
    "btinternt.com": "btinternet.com",
    "btintenet.con": "btinternet.com",
    "virginmeda.com": "virginmedia.com",
    "protonmial.com": "protonmail.com",
    "example.con": "example.com",
    "county.gov.ukk": "county.gov.uk",
    "charity.ogr": "charity.org",
}


@pytest.mark.parametrize("domain", sorted(REAL))
def test_a_real_domain_is_accepted(domain: str) -> None:
    assert suggest_domain(domain) == ""


@pytest.mark.parametrize(("typed", "meant"), SLIPS.items())
def test_a_typing_mistake_is_noticed(typed: str, meant: str) -> None:
    assert suggest_domain(typed) == meant


@given(st.from_regex(r"[a-z0-9-]{1,12}(\.[a-z0-9-]{1,9}){1,3}", fullmatch=True))
def test_a_suggested_domain_is_accepted(domain: str) -> None:
    if suggested := suggest_domain(domain):
        assert suggested != domain
        assert suggest_domain(suggested) == ""


@pytest.fixture
def path(db: None) -> str:
    return f"/subscribe/{make_briefing().slug}/"


def post(client: Client, path: str, address: str = "Ada@gmial.com", **fields: Any) -> Any:
    return client.post(path, {"address": address, "name": "Ada", "source": "/x/", **fields})


def test_a_typing_mistake_is_asked_about_before_anything_is_stored(
    client: Client, path: str
) -> None:
    asked = post(client, path)
    page = asked.content.decode()
    assert "Did you mean gmail.com?" in page
    assert "Yes, use Ada@gmail.com" in page
    assert "No, Ada@gmial.com is right" in page
    assert not SignUp.objects.exists()


@pytest.mark.parametrize(
    ("answer", "kept"), [("gmail.com", "Ada@gmail.com"), ("no", "Ada@gmial.com")]
)
def test_each_answer_takes_one_click(client: Client, path: str, answer: str, kept: str) -> None:
    entered = dict(post(client, path).context["entered_values"])
    done = client.post(path, {**entered, "chosen_domain": answer})
    assert done.status_code == 200
    assert kept in done.content.decode()
    asked = SignUp.objects.get()
    assert (asked.address, asked.name, asked.choices.get().source) == (kept, "Ada", "/x/")


@pytest.mark.parametrize(
    "answer", ["evil.example", "hotmail.com", "gmail.com ", "\0", "gmail.com@"]
)
def test_only_the_suggested_domain_can_be_chosen(client: Client, path: str, answer: str) -> None:
    post(client, path, chosen_domain=answer)
    assert not SignUp.objects.exclude(address="Ada@gmail.com").exists()


def test_an_answer_does_not_change_an_address_without_a_mistake(client: Client, path: str) -> None:
    assert post(client, path, "ada@example.org", chosen_domain="gmail.com").status_code == 200
    assert SignUp.objects.get().address == "ada@example.org"


def test_the_chosen_briefings_survive_the_question(client: Client, path: str) -> None:
    slugs = [make_briefing().slug, make_briefing().slug]
    entered = post(client, "/subscribe/", briefings=slugs).context["entered_values"]
    assert [value for name, value in entered if name == "briefings"] == slugs
