"""A secret link to a draft: what guests see and say by it, and how it ends."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from briefings.alarms import GUEST_SPOKE
from briefings.guest_form import HOURLY_PER_LINK
from briefings.models import (
    AlarmChoice,
    AlarmScope,
    GuestOpinion,
    Issue,
    IssueState,
    PreviewLink,
    Remark,
    SectionKind,
)
from briefings.models.preview_link import LINK_WORKS_FOR
from briefings.preview_links import (
    HOURLY_ALARMS,
    MAX_WORKING,
    LinkRefused,
    make_link,
    withdraw_link,
)
from newsroom.models import AuditLogEntry, OutgoingEmail
from newsroom.retention.enforcement import apply_policy
from tests.briefings.admin_client import (
    author_client,
    change_url,
    make_staff,
    messages_of,
    staff_client,
)
from tests.briefings.working_copies_in_tests import keep_unsaved
from tests.factories import make_briefing, make_contributor, make_issue, make_published_issue

pytestmark = pytest.mark.django_db


def shared(issue: Issue, *, at: datetime | None = None, **options: Any) -> PreviewLink:
    return make_link(issue, by=None, at=at or timezone.now(), **options)


def text(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))


def say(link: PreviewLink, *, act: str = "remarks", name: str = "Dr Bell", **form: str) -> Any:
    """Send the form as a guest does, and follow the redirect."""
    data = {"act": act, "name": name, "version": str(link.issue.version), **form}
    return Client().post(link.get_absolute_url(), data, follow=True)


def test_a_guest_reads_the_saved_draft_without_an_account() -> None:
    issue = make_issue(title="Council & mayor")
    keep_unsaved(make_staff("Editors"), issue, title="Not saved")
    page = Client().get(shared(issue).get_absolute_url())
    assert page.status_code == 200
    assert "Council &amp; mayor" in text(page)
    assert "The county has 214 beds." in text(page)
    assert "Not saved" not in text(page)
    assert not page.cookies


def test_the_page_of_a_link_is_kept_out_of_indexes_caches_and_referrers() -> None:
    link = shared(make_issue())
    ended = shared(make_issue(), at=timezone.now() - 2 * LINK_WORKS_FOR)
    for one, status in ((link, 200), (ended, 404)):
        page = Client().get(one.get_absolute_url())
        assert page.status_code == status
        assert "noindex" in page.headers["X-Robots-Tag"]
        assert "no-store" in page.headers["Cache-Control"]
        assert page.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("token", ["x", "a" * 22, "../admin", "A" * 500])
def test_a_wrong_link_says_that_it_does_not_work(token: str) -> None:
    assert Client().get(f"/preview/{token}/").status_code == 404


def test_a_link_works_for_a_week_unless_somebody_chooses_otherwise() -> None:
    issue, now = make_issue(), timezone.now()
    client = staff_client("Editors")
    url = reverse("admin:briefings_preview_links", args=[issue.pk])
    for days in ("7", "2", "9999", "x"):
        client.post(url, {"act": "make", "days": days})
    ends = [round((link.ends_at - now) / timedelta(days=1)) for link in PreviewLink.objects.all()]
    assert ends == [7, 2, 30, 7]
    late = shared(issue, at=now - LINK_WORKS_FOR)
    assert Client().get(late.get_absolute_url()).status_code == 404


def test_a_link_is_listed_with_who_made_it_and_can_be_withdrawn() -> None:
    issue = make_issue()
    client = staff_client("Editors", first_name="Nia", last_name="Okoro")
    url = reverse("admin:briefings_preview_links", args=[issue.pk])
    page = client.post(url, {"act": "make", "days": "7"}, follow=True)
    link = PreviewLink.objects.get()
    assert link.address in messages_of(page)
    assert link.address in page.content.decode()
    assert "Nia Okoro, ends" in text(page)
    page = client.post(url, {"act": f"withdraw:{link.pk}"}, follow=True)
    assert "Nobody can open it any more" in messages_of(page)
    assert "Nia Okoro, withdrawn" in text(page)
    assert Client().get(link.get_absolute_url()).status_code == 404
    assert say(link, act="fine").status_code == 404
    assert not GuestOpinion.objects.exists()
    verbs = [entry.verb for entry in AuditLogEntry.objects.on(issue)]
    assert verbs[:2] == ["withdrew a preview link", "made a preview link"]


def test_a_link_that_has_ended_cannot_be_withdrawn_again() -> None:
    link, now = shared(make_issue()), timezone.now()
    withdraw_link(link, by=None, at=now)
    with pytest.raises(LinkRefused):
        withdraw_link(link, by=None, at=now)


def test_who_may_edit_may_share_and_others_do_not_see_the_address() -> None:
    issue = make_issue()
    link = shared(issue)
    url = reverse("admin:briefings_preview_links", args=[issue.pk])
    for client, status in (
        (author_client(issue), 302),
        (staff_client(may=("view_issue",)), 403),
        (staff_client("Reporters"), 403),
        (staff_client(), 403),
    ):
        assert client.post(url, {"act": "make"}).status_code == status
    page = staff_client(may=("view_issue",)).get(change_url(issue))
    assert page.status_code == 200
    assert link.token not in page.content.decode()
    elsewhere = shared(make_issue())
    assert staff_client("Editors").post(url, {"act": f"withdraw:{elsewhere.pk}"}).status_code == 404


def test_an_issue_has_only_so_many_links_that_work() -> None:
    issue = make_issue()
    links = [shared(issue) for _ in range(MAX_WORKING)]
    with pytest.raises(LinkRefused, match="Withdraw one first"):
        shared(issue)
    withdraw_link(links[0], by=None, at=timezone.now())
    shared(issue)


def test_once_the_issue_is_published_the_link_leads_to_its_page() -> None:
    issue = make_published_issue()
    link = PreviewLink.objects.create(issue=issue, ends_at=timezone.now() + LINK_WORKS_FOR)
    page = Client().get(link.get_absolute_url())
    assert page.headers["Location"] == issue.get_absolute_url()
    with pytest.raises(LinkRefused, match="published"):
        shared(issue)


def test_a_guest_leaves_remarks_on_sections_with_one_form() -> None:
    issue = make_issue()
    one, two = issue.sections.all()
    link = shared(issue)
    form = {
        f"remark_{one.pk}": "Is it 214?\r\nOr 241?",
        f"remark_{two.pk}": " ",
        "remark_0": "Good.",
    }
    page = say(link, name="  Dr   Bell ", **form)
    assert "The newsroom has your remarks." in text(page)
    remarks = {remark.section: remark for remark in Remark.objects.all()}
    assert {section: remark.words for section, remark in remarks.items()} == {
        one: "Is it 214?\nOr 241?",
        None: "Good.",
    }
    assert remarks[one].who == "Dr Bell (guest)"
    assert remarks[one].link == link
    assert "Is it 214?" in text(page)


def test_staff_see_what_a_guest_says_and_the_guest_sees_the_answer() -> None:
    issue = make_issue()
    link = shared(issue)
    say(link, remark_0="Is it <214>?")
    remark = Remark.objects.get()
    client = staff_client("Editors")
    assert "Dr Bell (guest)" in text(client.get(change_url(issue)))
    url = reverse("admin:briefings_remarks", args=[issue.pk])
    client.post(url, {"act": f"answer:{remark.pk}", f"answer-{remark.pk}": "It is."})
    page = text(Client().get(link.get_absolute_url()))
    assert "Is it &lt;214&gt;?" in page
    assert "It is." in page
    other = text(Client().get(shared(issue).get_absolute_url()))
    assert "It is." not in other


def test_fine_by_me_is_logged_and_approves_nothing() -> None:
    issue = make_issue()
    issue.submit(by=None)
    link = shared(issue)
    page = say(link, act="fine", remark_0="One comma.")
    assert "fine by you" in text(page)
    issue.refresh_from_db()
    assert (issue.state, issue.approved_hash) == (IssueState.IN_REVIEW, "")
    opinion = GuestOpinion.objects.get()
    assert (opinion.guest_name, opinion.version, opinion.link) == ("Dr Bell", issue.version, link)
    assert Remark.objects.get().words == "One comma."
    entry = AuditLogEntry.objects.on(issue).get(verb="was fine by a guest")
    assert "Bell" not in str(entry.detail)
    page = text(staff_client("Editors").get(change_url(issue)))
    assert "Fine by Dr Bell" in page
    assert "A guest said that the issue is fine by them, which approves nothing" in page


def test_an_opinion_is_about_the_version_that_the_guest_read() -> None:
    issue = make_issue()
    link = shared(issue)
    Issue.objects.filter(pk=issue.pk).update(version=5)
    say(link, act="fine", version="3")
    say(link, act="fine", version="99")
    assert [one.version for one in GuestOpinion.objects.order_by("pk")] == [3, 5]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"name": "", "remark_0": "Kept words"}, "Enter your name"),
        ({"name": "www.example.com", "remark_0": "Kept words"}, "cannot include a web address"),
        ({"remark_0": ""}, "Write a remark under a section first"),
        ({"remark_0": "Kept words" * 401}, "The limit is 4,000"),
    ],
)
def test_a_wrong_form_keeps_what_the_guest_wrote(form: dict[str, str], words: str) -> None:
    page = say(shared(make_issue()), **form)
    assert page.status_code == 422
    assert words in text(page)
    assert form["remark_0"] in page.content.decode()
    assert not Remark.objects.exists()


def test_a_remark_on_a_section_that_is_gone_is_kept_on_the_issue() -> None:
    """Somebody removed the section while the guest was writing."""
    issue = make_issue(sections=[(SectionKind.FEATURE, "One", "<p>1</p>")])
    link = shared(issue)
    section = issue.sections.get()
    section.delete()
    say(link, **{f"remark_{section.pk}": "About One", "remark_0": "About all"})
    assert Remark.objects.get().words == "About all\n\nAbout One"


def test_a_bot_is_thanked_and_nothing_is_kept() -> None:
    page = say(shared(make_issue()), remark_0="Buy now", website="https://spam.example")
    assert page.status_code == 200
    assert not Remark.objects.exists()


def test_guests_are_limited_by_link_and_lose_no_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("briefings.guest_form.HOURLY_PER_LINK", 2)
    assert HOURLY_PER_LINK > 2
    link = shared(make_issue())
    for number in range(2):
        assert say(link, remark_0=f"Remark {number}").status_code == 200
    page = say(link, remark_0="The third")
    assert page.status_code == 429
    assert "The third" in page.content.decode()
    assert "too many remarks" in text(page)
    assert Remark.objects.count() == 2


def test_a_form_from_another_site_is_refused() -> None:
    link = shared(make_issue())
    client = Client(enforce_csrf_checks=True)
    form = {"act": "fine", "name": "Dr Bell"}
    foreign = client.post(link.get_absolute_url(), form, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403
    own = client.post(link.get_absolute_url(), form, headers={"Sec-Fetch-Site": "same-origin"})
    assert own.status_code == 302
    assert GuestOpinion.objects.count() == 1


def test_opening_a_link_writes_nothing() -> None:
    link = shared(make_issue())
    before = AuditLogEntry.objects.count()
    for query in ("", "?act=fine&name=X", "?sent=fine"):
        Client().get(link.get_absolute_url() + query)
    assert AuditLogEntry.objects.count() == before
    assert not GuestOpinion.objects.exists()


def test_the_names_of_guests_have_an_end() -> None:
    issue = make_issue()
    say(shared(issue), act="fine", remark_0="Good.")
    link = PreviewLink.objects.get()
    apply_policy(at=timezone.now() + timedelta(days=400))
    remark = Remark.objects.get()
    assert (remark.words, remark.guest_name) == ("Good.", "")
    assert GuestOpinion.objects.get().guest_name == ""
    assert not PreviewLink.objects.filter(pk=link.pk).exists()


def mails() -> dict[str, str]:
    """Return the text of each email about a guest by its recipient, the newest of each."""
    found = OutgoingEmail.objects.filter(name="guest_remarks").order_by("pk")
    return {email.to: " ".join(email.text.split()) for email in found}


def shared_by_staff() -> tuple[Issue, PreviewLink, dict[str, User]]:
    """Return an issue with an author and a reviewer, and a link that an editor made."""
    people = {
        name: make_staff("Editors", email=f"{name}@news.example.com", username=name)
        for name in ("author", "reviewer", "editor", "bystander")
    }
    lead = make_contributor(account=people["author"])
    issue = make_issue(
        briefing=make_briefing(lead=lead, title="Council & mayor"), reviewer=people["reviewer"]
    )
    return issue, make_link(issue, by=people["editor"], at=timezone.now()), people


def test_what_a_guest_says_is_emailed_to_those_who_work_on_the_draft() -> None:
    issue, link, _ = shared_by_staff()
    section = issue.sections.first()
    assert section is not None

    say(link, name="Dr <Bell>", **{f"remark_{section.pk}": "Is it <214>?", "remark_0": "Good."})

    assert sorted(mails()) == [
        f"{name}@news.example.com" for name in ("author", "editor", "reviewer")
    ]
    text = mails()["author@news.example.com"]
    assert f"Dr <Bell> read the draft of “{issue.title}” (Council & mayor {issue.number})" in text
    assert f"{section.heading}: Is it <214>?" in text
    assert "The whole issue: Good." in text
    assert "fine by them" not in text
    assert f"{change_url(issue)}#remarks" in text
    assert reverse("admin:briefings_my_alarms") in text
    email = OutgoingEmail.objects.filter(name="guest_remarks")[0]
    assert email.subject == f"Remarks by a guest: Council & mayor {issue.number}"
    assert "Is it &lt;214&gt;?" in email.html


def test_a_guest_who_says_that_the_draft_is_fine_is_emailed_too() -> None:
    issue, link, _ = shared_by_staff()

    say(link, act="fine")

    text = mails()["reviewer@news.example.com"]
    assert "says that it is fine by them. This approves nothing." in text
    subject = OutgoingEmail.objects.filter(name="guest_remarks")[0].subject
    assert subject == f"Fine by a guest: Council & mayor {issue.number}"


def test_everybody_chooses_whether_to_be_emailed_about_guests() -> None:
    _, link, people = shared_by_staff()
    for name, scope in (("author", AlarmScope.NONE), ("bystander", AlarmScope.ALL)):
        AlarmChoice.objects.create(user=people[name], kind=GUEST_SPOKE.name, scope=scope)

    say(link, remark_0="Good.")

    assert sorted(mails()) == [
        f"{name}@news.example.com" for name in ("bystander", "editor", "reviewer")
    ]


def test_a_refused_form_and_a_bot_email_nobody() -> None:
    _, link, _ = shared_by_staff()
    say(link, name="", remark_0="Good.")
    say(link, remark_0="Buy now", website="https://spam.example")
    assert mails() == {}


def test_a_talkative_guest_fills_no_inbox() -> None:
    _, link, _ = shared_by_staff()

    for number in range(HOURLY_ALARMS + 2):
        say(link, remark_0=f"Remark {number}")

    assert Remark.objects.count() == HOURLY_ALARMS + 2
    to_author = OutgoingEmail.objects.filter(
        name="guest_remarks", to="author@news.example.com"
    ).order_by("pk")
    assert len(to_author) == HOURLY_ALARMS
    said = ["will email you no more of it" in " ".join(email.text.split()) for email in to_author]
    assert said == [*[False] * (HOURLY_ALARMS - 1), True]


@pytest.mark.parametrize("name", ["Isla Overton", "Isl\u0430 Ov\u0435rton", "The Editors"])
def test_a_guest_cannot_take_the_name_of_a_colleague(name: str) -> None:
    make_contributor(name="Isla Overton")
    link = shared(make_issue())
    page = say(link, name=name, act="fine")
    assert page.status_code == 422
    assert "could be mistaken for one of our authors or editors" in text(page)
    assert not GuestOpinion.objects.exists()
