"""Reports that do not look like reports are recognised, and final refusals are final."""

from __future__ import annotations

import pytest

from subscribers.bounces.classification import classify
from subscribers.bounces.incoming_mail import preview_message
from subscribers.bounces.report import MessageKind
from subscribers.bounces.report_parser import parse_report
from subscribers.models import Subscription, SubscriptionState, Suppression
from tests.subscribers.bounces.reports.bounce_factories import (
    bounce_address,
    make_sent_delivery,
    process,
)

RETURNED = (
    "Received: from out.example by mx.ward.example; Thu, 12 Nov 2026 07:01:00 +0000\n"
    "Message-ID: <d1.s1@news.example.com>\nFrom: news@news.example.com\n"
    "To: ivy@ward.example\nSubject: Who pays for the empty beds?\n\nThe wards are empty.\n"
)


def write(subject: str, text: str, *, sender: str = "ivy.ward@ward.example", **head: str) -> bytes:
    fields = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in head.items())
    return (
        f"From: {sender}\nTo: bounces@news.example.com\nSubject: {subject}\n{fields}\n{text}\n"
    ).encode()


@pytest.mark.parametrize(
    "words",
    [
        "Your message could not be delivered: this address is no longer in use.",
        "Sorry, delivery failed. 550 no such user here.",
        "Nicht zugestellt: das Postfach existiert nicht.",
    ],
)
@pytest.mark.parametrize("subject", ["Your message", "Who pays for the empty beds?", "Notice"])
def test_an_email_of_ours_that_comes_back_with_words_of_failure_is_a_bounce(
    words: str, subject: str, settings: object
) -> None:
    settings.SITE_HOST = "news.example.com"  # type: ignore[attr-defined]
    report = parse_report(
        write(subject, f"{words}\n\n{RETURNED}", Return_Path="<ivy@ward.example>")
    )
    assert report.kind == MessageKind.BOUNCE


def test_a_person_who_quotes_our_text_is_no_bounce(settings: object) -> None:
    settings.SITE_HOST = "news.example.com"  # type: ignore[attr-defined]
    text = (
        "The new ward was not delivered on time, and the plan failed.\n\n"
        "On Thursday, News wrote:\n> Message: The wards are empty.\n"
    )
    assert parse_report(write("Re: Who pays?", text)).kind == MessageKind.REPLY
    reply = write("Re: Who pays?", f"It does not exist here.\n\n{RETURNED}", In_Reply_To="<1@x>")
    assert parse_report(reply).kind == MessageKind.REPLY


@pytest.mark.parametrize("subject", ["Deferred: your message", "Delivery delayed", "Mail delayed"])
def test_a_final_refusal_is_final_under_any_subject(subject: str) -> None:
    text = "<ivy@ward.example>: 550 5.1.1 user unknown\n"
    report = parse_report(write(subject, text, sender="MAILER-DAEMON@mx.example", Return_Path="<>"))
    assert report.kind == MessageKind.BOUNCE
    assert [one.classification for one in report.results] == ["hard"]


def test_a_delay_is_a_delay_while_the_mail_system_tries() -> None:
    text = "<ivy@ward.example>: 550 5.1.1 user unknown\n\nDelivery will be retried for four days.\n"
    report = parse_report(
        write("Deferred: your message", text, sender="MAILER-DAEMON@mx.example", Return_Path="<>")
    )
    assert report.kind == MessageKind.NOTICE


@pytest.mark.parametrize(
    "words",
    [
        "We will retry for 46 more hours. You'll be notified if the delivery fails permanently.",
        "It is delayed. We will keep trying. If that fails, it will be returned to you.",
        "It has not yet been delivered. Eventually we give up: when that happens, it comes back.",
        "Votre message n'a pas encore été remis. Si la remise échoue, vous en serez averti.",
        "Su mensaje no se ha podido entregar todavía. Si no se puede entregar, se le avisará.",
        "Il messaggio non è stato ancora consegnato. Riproveremo per due giorni.",
        "Uw bericht is nog niet bezorgd.",
        "ivy@ward.example 宛のメールはまだ配信されていません。引き続き再送します。",
        "Delivery delayed. Falls wir aufgeben, kommt sie: returned to sender.",
    ],
)
def test_what_would_come_later_does_not_make_a_delay_a_failure(words: str) -> None:
    report = parse_report(
        write("Delivery Status Notification (Delay)", f"** Delivery incomplete **\n\n{words}\n",
              sender="Mail Delivery Subsystem <mailer-daemon@mx.example>", Return_Path="<>")
    )  # fmt: skip
    assert report.kind == MessageKind.NOTICE


@pytest.mark.parametrize(
    "words",
    [
        "ivy@ward.example: if you still need it, send it again. We have given up.",
        "ivy@ward.example\n\nIf you need help, ask us\n\nThe message has been returned to sender",
        "Die Nachricht an ivy@ward.example gilt als unzustellbar: returned to sender",
        "No se pudo entregar a ivy@ward.example. Se ha devuelto: message returned to sender",
        "Si è verificato un errore per ivy@ward.example: permanent error",
    ],
)
def test_a_delay_that_has_become_a_failure_is_one(words: str) -> None:
    report = parse_report(
        write("Delayed mail", words, sender="mailer-daemon@mx.example", Return_Path="<>")
    )
    assert report.kind == MessageKind.BOUNCE


@pytest.mark.parametrize(
    "scanner",
    [
        *("Barracuda", "SpamAssassin", "IronPort", "SpamTitan", "Spam Filter", "Anti-Spam Gateway"),
        *("AntiVirus milter", "Anti Virus", "VirusWall", "Virus Scanner", "SpamHero", "SpamShield"),
    ],
)
def test_a_scanner_s_name_is_not_what_it_found(scanner: str) -> None:
    assert classify(f"550 5.1.1 {scanner}: user unknown").classification == "hard"
    assert classify(f"550 {scanner}: user unknown").classification == "hard"
    assert classify(f"550 {scanner}: mailbox is full").classification == "full"
    assert classify(f"554 {scanner}: message rejected as spam").classification == "policy"
    assert classify(f"554 blocked by {scanner}").classification == "policy"


UNSUBSCRIBE_REQUESTS = {
    "apple": {"X_Apple_Unsubscribe": "true"},
    "words": {},
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", UNSUBSCRIBE_REQUESTS)
@pytest.mark.parametrize("with_report", [True, False])
def test_an_email_program_s_own_request_unsubscribes_and_is_no_complaint(
    name: str, with_report: bool
) -> None:
    delivery = make_sent_delivery()
    words = "Apple Mail sent this email to unsubscribe from the message “The beds”.\n"
    feedback = "--cut\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n\n"
    head = {
        "MIME_Version": "1.0",
        "Content_Type": "multipart/report; report-type=feedback-report; boundary=cut",
        **UNSUBSCRIBE_REQUESTS[name],
    }
    body = f"--cut\nContent-Type: text/plain\n\n{words}\n{feedback if with_report else ''}--cut--"
    message = write("Unsubscribe", body, **head)
    assert preview_message(message).action == "unsubscribed"
    assert process(message, recipient=bounce_address(delivery)).action == "unsubscribed"
    assert Subscription.objects.get().state == SubscriptionState.UNSUBSCRIBED
    assert not Suppression.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("X-Apple-Unsubscribe: true", ""),
        ("X-Courier-Unsubscribe: yes", ""),
        ("", "This message was automatically sent by Post Office Mail to unsubscribe you."),
        ("", "Mail hat diese E-Mail gesendet, um dich von der Liste abzumelden."),
    ],
)
def test_a_feedback_report_about_such_a_request_unsubscribes(head: str, words: str) -> None:
    delivery = make_sent_delivery()
    returned = f"To: {bounce_address(delivery)}\nSubject: unsubscribe\n{head or 'X-Kind: none'}\n"
    body = (
        "--cut\nContent-Type: text/plain\n\nThis is a report.\n--cut\n"
        "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\n\n--cut\n"
        f"Content-Type: message/rfc822\n\n{returned}\n{words}\n--cut--"
    )
    report_type = "multipart/report; report-type=feedback-report; boundary=cut"
    message = write("FW: unsubscribe", body, MIME_Version="1.0", Content_Type=report_type)
    assert preview_message(message).action == "unsubscribed"
    assert process(message).action == "unsubscribed"
    assert not Suppression.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("unsubscribe", "This was written by a mail program."),
        ("Unsubscribe", ""),
        ("Abmelden", "Automatisch erzeugt von Postfach."),
        ("désabonnement", ""),
    ],
)
def test_a_report_about_an_email_that_only_unsubscribes_is_no_complaint(
    subject: str, words: str
) -> None:
    delivery = make_sent_delivery()
    action = process(
        report_of(f"To: {bounce_address(delivery)}\nFrom: ivy@ward.example", subject, words)
    )
    assert action.action == "unsubscribed"
    assert not Suppression.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("subject", ["How to unsubscribe from the council", "Who pays?"])
def test_a_report_about_an_issue_is_a_complaint(subject: str) -> None:
    delivery = make_sent_delivery()
    head = f"Return-Path: <{bounce_address(delivery)}>\nFrom: news@news.example.com"
    assert process(report_of(head, subject, "Dear Ivy")).action == "suppressed"


def report_of(head: str, subject: str, words: str) -> bytes:
    body = (
        "--cut\nContent-Type: text/plain\n\nThis is a report.\n--cut\n"
        "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\n\n--cut\n"
        f"Content-Type: message/rfc822\n\n{head}\nSubject: {subject}\n\n{words}\n--cut--"
    )
    report_type = "multipart/report; report-type=feedback-report; boundary=cut"
    return write("FW: the beds", body, MIME_Version="1.0", Content_Type=report_type)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "classification"),
    [
        ("550 5.1.1 ivy@ward.example: no such mailbox. It could not be delivered.", "hard"),
        ("Your message was not delivered.\n\n554 5.2.1 <ivy@ward.example> account closed", "hard"),
        ("Undeliverable to ivy@ward.example: 552 5.2.2 mailbox full", "full"),
    ],
)
@pytest.mark.parametrize("prefix", ["Re", "AW", "SV"])
def test_a_gateway_that_answers_with_our_whole_email_reports_a_bounce(
    words: str, classification: str, prefix: str
) -> None:
    delivery = make_sent_delivery()
    returned = f"Return-Path: <{bounce_address(delivery)}>\n{RETURNED}"
    message = write(f"{prefix}: The beds", f"{words}\n\n{returned}", sender="mx7@gate.example")
    done = process(message, recipient=bounce_address(delivery))
    assert done.report.kind == MessageKind.BOUNCE
    assert [one.classification for one in done.report.results] == [classification]


@pytest.mark.parametrize(
    ("words", "sender"),
    [
        ("I pay, and 550 others do. It was not delivered.", "ivy@ward.example"),
        ("It was not delivered to my aunt, says our post office.", "tom@ward.example"),
    ],
)
def test_a_person_who_answers_with_our_whole_email_is_no_bounce(
    words: str, sender: str, settings: object
) -> None:
    settings.SITE_HOST = "news.example.com"  # type: ignore[attr-defined]
    token = f"Return-Path: <bounces+{'0' * 34}@news.example.com>\n"
    message = write("Re: The beds", f"{words}\n\n{token}{RETURNED}", sender=sender)
    assert parse_report(message).kind == MessageKind.REPLY


def results_of(text: str, **head: str) -> dict[str, str | None]:
    head = {"Return_Path": "<>", **head}
    report = parse_report(
        write("Undelivered mail", text, sender="MAILER-DAEMON@mx.example", **head)
    )
    return {one.address: one.classification for one in report.results}


def test_two_recipients_keep_their_own_words() -> None:
    fields = "Final-Recipient: rfc822; {}@ward.example\nAction: failed\nStatus: 5.0.0\n\n"
    text = (
        "--cut\nContent-Type: text/plain\n\n<ivy@ward.example>: 550 5.1.1 user unknown\n\n"
        "<tom@ward.example>: 552 5.2.2 mailbox full\n\n--cut\n"
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        f"{fields.format('ivy')}{fields.format('tom')}--cut--"
    )
    report_type = "multipart/report; report-type=delivery-status; boundary=cut"
    own = {"ivy@ward.example": "hard", "tom@ward.example": "full"}
    assert results_of(text, MIME_Version="1.0", Content_Type=report_type) == own
    transcript = (
        "The following addresses had permanent fatal errors:\n<ivy@ward.example>\n"
        "<tom@ward.example>\n\nTranscript of session follows\n"
        "550 5.1.1 <ivy@ward.example>... User unknown\n552 5.2.2 <tom@ward.example>... over quota\n"
    )
    assert results_of(transcript) == own


# How mail systems write of several recipients: the report, and what it says about each of them.
PROSE = {
    "qmail": (
        """Hi. This is the qmail-send program at out.example.

{}--- Below this line is a copy of the message.

""",
        "<{}>:\nRemote host said: {}\nGiving up on 192.0.2.7.\n\n",
    ),
    "Exim": (
        """A message that you sent could not be delivered to some recipients.
The following address(es) failed:

{}
------ This is a copy of the message, including all the headers. ------

""",
        "  {0}\n    SMTP error from remote mail server after RCPT TO:<{0}>:\n    {1}\n",
    ),
    "Sendmail": (
        """   ----- The following addresses had permanent fatal errors -----
{}
   ----- Original message follows -----

""",
        "<{}>\n    (reason: {})\n",
    ),
    "one line each": ("Delivery failed:\n\n{}\n", "{}: {}\n"),
    "a paragraph each": ("Your message did not arrive:\n\n{}", "{}\n  {}\n\n"),
}
SAID = {
    "ivy": ("550 no such mailbox", "hard"),
    "tom": ("552 this mailbox is full", "full"),
    "kim": ("550 5.7.1 refused by our policy", "policy"),
}


@pytest.mark.parametrize("names", ["ivy tom", "tom ivy", "ivy tom kim", "tom kim", "tom", "ivy"])
@pytest.mark.parametrize("returned", ["inline", "quoted", "attached"])
@pytest.mark.parametrize("shape", PROSE)
def test_each_recipient_in_prose_gets_their_own_words(
    shape: str, returned: str, names: str
) -> None:
    """Our email to Ivy comes back with it, which says nothing about anybody."""
    report, about = PROSE[shape]
    failed = [(f"{name}@ward.example", *SAID[name]) for name in names.split()]
    text = report.format("".join(about.format(address, words) for address, words, _ in failed))
    head = {}
    if returned == "attached":
        text = (
            f"--cut\nContent-Type: text/plain\n\n{text}\n"
            f"--cut\nContent-Type: message/rfc822\n\n{RETURNED}\n--cut--\n"
        )
        head = {"MIME_Version": "1.0", "Content_Type": "multipart/mixed; boundary=cut"}
    else:
        quote = "> " if returned == "quoted" else ""
        text += "".join(f"{quote}{line}\n" for line in RETURNED.splitlines())

    assert results_of(text, **head) == {address: found for address, _, found in failed}


@pytest.mark.parametrize("separator", [", ", "; ", " and ", ",\n  "])
def test_the_second_recipient_of_a_list_is_not_lost(separator: str) -> None:
    text = f"Could not deliver to ivy@ward.example{separator}tom@ward.example: user unknown\n"
    assert set(results_of(text)) == {"ivy@ward.example", "tom@ward.example"}


@pytest.mark.parametrize("before", ["=", "==", "to=", "orig_to==", "envelope-to=", "rfc822="])
def test_an_equals_sign_in_front_is_not_part_of_an_address(before: str) -> None:
    text = f"Delivery failed:\n{before}ivy@ward.example: 550 user unknown\n"
    assert results_of(text) == {"ivy@ward.example": "hard"}


@pytest.mark.parametrize("code", ["550 ", "550 5.1.1 ", "", "- 550 "])
@pytest.mark.parametrize("address", ["<{}>", "{}", "[{}]"])
def test_words_in_front_of_an_address_are_its_own(code: str, address: str) -> None:
    lines = [("user unknown", "ivy"), ("mailbox full", "tom"), ("no such mailbox", "kim")]
    text = "\n".join(
        f"{code}{words}: {address.format(f'{name}@ward.example')}" for words, name in lines
    )
    own = {"ivy@ward.example": "hard", "tom@ward.example": "full", "kim@ward.example": "hard"}
    assert results_of(text) == own


def test_words_on_the_line_above_an_address_are_its_own() -> None:
    text = "550 user unknown:\n  <ivy@ward.example>\n552 mailbox full:\n  <tom@ward.example>\n"
    assert results_of(text) == {"ivy@ward.example": "hard", "tom@ward.example": "full"}


@pytest.mark.parametrize("written", ["=3D{}", "<=3D{}>", "x={}", "to=3D{}", "=3C{}=3E", "=3D=3D{}"])
def test_what_is_left_of_quoted_printable_is_not_part_of_an_address(written: str) -> None:
    text = f"Delivery failed:\n{written.format('ivy@ward.example')}: 550 user unknown\n"
    assert results_of(text) == {"ivy@ward.example": "hard"}
    # The same where other equals signs show that the text is not quoted-printable.
    assert results_of(f"id=none\n{text}") == {"ivy@ward.example": "hard"}


def test_quoted_printable_without_its_header_is_decoded() -> None:
    text = "Delivery to ivy@ward.exa=\nmple failed:=20\n550 user unk=\nnown (code=3D550)\n"
    assert results_of(text) == {"ivy@ward.example": "hard"}


@pytest.mark.parametrize(
    "address", ["list-1-ivy=ward.example@lists.example", "SRS0=ab=cd=out.example=ivy@ward.example"]
)
def test_a_rewritten_address_keeps_its_equals_signs(address: str) -> None:
    assert results_of(f"{address}: 550 user unknown\n") == {address: "hard"}


@pytest.mark.parametrize("status", ["5.1.1", "5.0.0"])
@pytest.mark.parametrize(
    ("words", "classification"),
    [
        ("the domain of the sender cannot be verified", "policy"),
        ("Der Absender ist gesperrt", "policy"),
        ("the mailbox is busy, come back later", "soft"),
        ("El buzón está lleno", "full"),
        ("blocked by company policy", "policy"),
        ("no such user", "hard"),
        ("", "hard or soft"),
    ],
)
def test_words_beside_the_address_count_where_the_report_has_no_field_for_them(
    words: str, classification: str, status: str
) -> None:
    text = f"Your message could not be delivered to\n\n<ivy@ward.example>: {words}\n"
    fields = (
        "Reporting-MTA: dns; mx.ward.example\n\nFinal-Recipient: rfc822; ivy@ward.example\n"
        f"Action: failed\nStatus: {status}\n"
    )
    raw = (
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.ward.example\nTo: bounces@news.example.com\n"
        "Subject: Undelivered\nMIME-Version: 1.0\nContent-Type: multipart/report; "
        "report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain; "
        f"charset=utf-8\n\n{text}\n--b\nContent-Type: message/delivery-status\n\n{fields}\n--b--\n"
    )
    [result] = parse_report(raw.encode()).results
    assert result.classification in classification.split(" or ")


@pytest.mark.parametrize(
    ("words", "classification"),
    [
        ("ユーザー ivy は Domino ディレクトリに登録されていません", "hard"),
        ("ユーザーの名前が Domino ディレクトリにリストされていません", "hard"),
        ("名前がアドレス帳に含まれていません", "hard"),
        ("メールファイルの割当量を超過しています", "full"),
        ("ユーザーの検索で複数の一致が見つかりました", "soft"),
        ("Utilisateur Ivy non répertorié dans l'annuaire Domino", "hard"),
        ("El usuario Ivy no se encuentra en el Directorio de Domino", "hard"),
        ("Benutzer Ivy ist nicht im Domino-Verzeichnis aufgeführt", "hard"),
        ("Utilizador Ivy não listado no Diretório Domino", "hard"),
    ],
)
def test_domino_is_understood_in_its_languages(words: str, classification: str) -> None:
    assert classify(words, status="5.0.0").classification == classification
