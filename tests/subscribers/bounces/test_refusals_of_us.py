"""What a server says of our own names or our account says nothing of the reader."""

from __future__ import annotations

from typing import Any

import pytest

from subscribers.bounces.classification import classify
from subscribers.bounces.report import Reason
from subscribers.models import BounceClassification


@pytest.fixture(autouse=True)
def own_names(settings: Any) -> None:
    settings.SITE_HOST = "briefings.hall.example"
    settings.DEFAULT_FROM_EMAIL = "Town hall <editors@hall.example>"
    settings.BOUNCE_ADDRESS = "returns@briefings.hall.example"


@pytest.mark.parametrize(
    "words",
    [
        "Host briefings.hall.example not found",
        "Domain hall.example does not exist",
        "briefings.hall.example: unknown host",
        "unable to resolve host briefings.hall.example",
        "<editors@hall.example>: not found in our directory",
        "No such user: returns+d0123456789@briefings.hall.example",
        "invalid domain name (hall.example)",
        "<returns@briefings.hall.example>... User unknown",
        "Account not verified",
        "This account has not been verified",
        "not a known sender",
        "You are not a registered sender here",
        "hall is not yet known as a sender",
        "the mailbox of editors@hall.example could not be looked at",
        "editors@hall.example kennen wir nicht",
        "MX of briefings.hall.example points nowhere",
        "the sending host must say who it is",
        "Host 192.0.2.7 ist gesperrt",
        "Account dell'inviante disattivato",
    ],
)
@pytest.mark.parametrize("status", ["5.1.1", "5.0.0", ""])
@pytest.mark.parametrize("code", ["550 5.1.1", "550 5.7.1", "550"])
def test_a_refusal_of_us_is_not_about_the_reader(words: str, status: str, code: str) -> None:
    found = classify(f"{code} {words}", status=status)

    assert found.classification != BounceClassification.HARD
    assert found.reason in {Reason.SENDER, Reason.POLICY}


@pytest.mark.parametrize(
    "words",
    [
        "Host mail.ward.example not found",
        "Domain town-hall.example does not exist",
        "<ivy@hall.example>: user unknown",
        "<editors@ward.example> not found in our directory",
        "Mail from briefings.hall.example: 550 user unknown",
        "No such user (message from editors@hall.example)",
        "Account unknown",
        "Recipient not found. Please check the address you are sending to",
        "ann is no longer with this organisation, and our policy is to reject such emails",
        "user unknown (talking to briefings.hall.example)",
        "mail from <editors@hall.example> to <ivy@ward.example>: user unknown",
        "Recipient unknown here, asked by hall.example",
    ],
)
def test_a_refusal_of_the_reader_stays_one(words: str) -> None:
    found = classify(f"550 5.1.1 {words}", status="5.1.1")

    assert found.classification == BounceClassification.HARD


@pytest.mark.parametrize(
    "words",
    [
        "User newsletter@hall.example not found",
        "<news@briefings.hall.example>: unknown user",
        "no mailbox here is called office@hall.example",
        "news@hall.example is not known to us",
    ],
)
@pytest.mark.parametrize("status", ["5.1.1", "5.0.0", ""])
def test_another_address_at_our_host_is_about_us(words: str, status: str) -> None:
    found = classify(f"550 5.1.1 {words}", status=status, recipient="ivy@ward.example")

    assert found.reason == Reason.SENDER


@pytest.mark.parametrize(
    ("words", "recipient"),
    [
        ("User newsletter@hall.example not found", "Newsletter@hall.example"),
        ("<ivy@hall.example>: user unknown", "ivy@hall.example"),
        ("<ivy@ward.example>: user unknown (from news@hall.example)", "ivy@ward.example"),
        ("No such user here (message from news@hall.example)", "ivy@ward.example"),
        ("User newsletter@hall.example.ward.example not found", "ivy@ward.example"),
    ],
)
def test_a_reader_at_our_host_may_be_unknown(words: str, recipient: str) -> None:
    found = classify(f"550 5.1.1 {words}", status="5.1.1", recipient=recipient)

    assert found.classification == BounceClassification.HARD


@pytest.mark.parametrize(
    "words",
    [
        "the originator's mailbox is unavailable",
        "no such user as sender",
        "Mailbox disabled for this sender address",
        "there is no mailbox behind the return-path",
        "from header: address unknown",
        "the reverse path has no such mailbox",
        "MAIL FROM address not found in our directory",
        "no account is registered for your IP",
        "your hostname is not known here",
        "EHLO: no such host",
        "client [192.0.2.7] unknown",
        "server [192.0.2.7] could not be found in the DNS",
        "submission account closed",
        "the API account is no longer active",
        "authenticated account unknown",
        "SASL user unknown",
        "no such login for SMTP AUTH",
        "relay account inactive",
        "You are not registered here, no such account",
        "callout: user unknown",
        "Das Konto des Absenders ist geschlossen",
        "Postfach der Absenderadresse unbekannt",
        "La boîte de l'expéditeur est inconnue",
        "Adresse de retour inexistante",
        "El buzón del remitente fue eliminado",
        "L'indirizzo del mittente non esiste",
        "Conta do remetente encerrada",
        "Het adres van de afzender is onbekend",
        "Konto nadawcy zostało usunięte",
        "Ящик отправителя удален",
        "Avsändarens adress är okänd",
        "Odesílatel: adresa neexistuje",
        "发件人地址不存在",
        "發信人帳號不存在",
        "送信元アドレスが見つかりません",
        "발신자 계정을 찾을 수 없습니다, 사용자 없음",
        "gönderici kullanıcı bulunamadı",
    ],
)
@pytest.mark.parametrize("code", ["5.1.1", "5.2.1"])
def test_a_missing_mailbox_of_the_sender_is_not_the_readers(words: str, code: str) -> None:
    found = classify(f"550 {code} {words}", status=code, recipient="ivy@ward.example")

    assert found.classification != BounceClassification.HARD


@pytest.mark.parametrize(
    "words",
    [
        "Recipient not known here; the sender has been told",
        "The recipient does not exist, says your server",
        "No such user. The original sender was notified",
        "No such user; see the guidelines for senders",
        "user unknown, message goes back to its sender",
        "user unknown in relay recipient table",
        "unknown user; message relayed by our gateway",
        "user doesn't exist. auth=none",
        "no such user. The sender may try again",
        "Benutzer unbekannt, Nachricht geht an den Absender zurück",
        "Utilisateur inconnu, retour à l'expéditeur",
        "Usuario desconocido; se devuelve al remitente",
        "Użytkownik nieznany, zwrot do nadawcy",
        "收件人不存在，邮件已退回给发件人",
        "宛先が見つかりません。送信者に返送します",
    ],
)
def test_a_sender_who_is_only_told_is_not_refused(words: str) -> None:
    found = classify(f"550 5.1.1 {words}", status="5.1.1", recipient="ivy@ward.example")

    assert found.classification == BounceClassification.HARD
