"""Nobody whom a list calls do-not-contact gets in silently, whatever its column is called."""

from __future__ import annotations

import io
from collections.abc import Iterable

import pytest
from django.core.management import CommandError

from subscribers.lists.import_plan import ImportPlan, make_plan
from subscribers.models import Subscriber
from tests.factories import make_briefing
from tests.subscribers.lists.list_files import (
    EVIDENCE,
    EVIDENCE_OPTIONS,
    NOW,
    import_list,
    make_csv,
)

pytestmark = pytest.mark.django_db

STAY, STOP = "stay@example.org", "stop@example.org"
# Columns of other systems: the name, what it says of somebody who may be emailed, and of somebody
# who may not.
UNDERSTOOD = [
    # Salesforce, Pardot, Marketo, Eloqua
    *(("HasOptedOutOfEmail", "FALSE", "TRUE"), ("Email Opt Out", "0", "1")),
    *(("IsEmailBounced", "false", "true"), ("EmailBouncedDate", "", "2024-02-01T10:00:00.000Z")),
    *(("EmailBouncedReason", "", "550 5.1.1 no such user"), ("Opted Out", "No", "Yes")),
    *(("Do Not Email", "", "1"), ("Black Listed", "no", "yes"), ("Email Suspended", "0", "1")),
    *(("Marketing Suspended", "0", "1"), ("Email Invalid", "false", "true")),
    # HubSpot, Klaviyo, Shopify, Intercom, Pipedrive
    *(("Unsubscribed from all email", "", "true"), ("Email hard bounce reason", "", "OTHER")),
    *(("Marketing contact status", "Marketing contact", "Non-marketing contact"),),
    *(("Email Marketing Consent", "SUBSCRIBED", "NEVER_SUBSCRIBED"),),
    *(("Email Marketing Consent", "SUBSCRIBED", "UNSUBSCRIBED"),),
    *(("Email Suppressions", "[]", "['UNSUBSCRIBE']"), ("Accepts Email Marketing", "yes", "no")),
    *(("Unsubscribed from Emails", "false", "true"), ("Has hard bounced", "false", "true")),
    *(("Marked email as spam", "false", "true"), ("Marketing status", "Subscribed", "No consent")),
    # Brevo, Mailjet, CleverReach, Sendy, GetResponse, AWeber, Zoho, MailerLite, Drip
    *(("EMAIL_BLACKLISTED", "0", "1"), ("blacklisted?", "No", "Yes")),
    *(("IsExcludedFromCampaigns", "False", "True"), ("IsUnsubscribed", "False", "True")),
    *(("deactivated", "0", "1709290000"), ("activated", "1709290000", "0")),
    *(("Status", "Subscribed", "Marked as spam"), ("Status", "Active", "Do-Not-Mail")),
    *(("Stop Time", "", "03/25/24 10:00"), ("Global Status", "active", "junk")),
    *(("suppressed_at", "", "2024-02-01 08:00:00"), ("Subscriber state", "yes", "no")),
    *(("is_active", "true", "false"), ("Active?", "Y", "N"), ("isEnabled", "1", "0")),
    # Mautic, phpList, Mailman, CiviCRM, Odoo, SugarCRM, Dynamics, NationBuilder
    *(("doNotEmail", "0", "2"), ("dnc", "", "1"), ("disabled", "0", "1")),
    *(("bouncecount", "0", "7"), ("delivery_status", "enabled", "by_bounces")),
    *(
        ("delivery_status", "enabled", "by_user"),
        ("is_opt_out", "0", "1"),
        ("On Hold", "No", "Yes"),
    ),
    *(("No Bulk Emails (User Opt Out)", "No", "Yes"), ("do_not_mail", "0", "1")),
    *(("is_deceased", "", "1"), ("is_blacklisted", "False", "True"), ("opt_out", "", "on")),
    *(("Do not allow Emails", "Allow", "Do Not Allow"), ("donotbulkemail", "0", "1")),
    *(("email1_is_bad", "f", "t"), ("email_opt_in", "t", "f"), ("Invalid Email", "0", "1")),
    # Raiser's Edge, Bloomerang, Action Network, MailPoet, Emma
    *(("Requests no email", "No", "Yes"), ("CnBio_Inactive", "No", "Yes"), ("Deceased", "", "x")),
    *(("Email DNC", "", "Yes"), ("No contact", "", "✓"), ("noEmail", "0", "1")),
    *(("Email Subscription Status", "subscribed", "previous spam complaint"),),
    *(("Not subscribed", "", "x"), ("unconfirmed", "0", "1"), ("Complaint date", "", "1.3.2024")),
    *(("member_status", "active", "O"), ("Status", "Y", "S")),
    *(("Subscribed to newsletter", "Yes, please", "No, thanks"), ("Consent", "granted", "denied")),
    # German, French, Spanish, Italian, Dutch, Portuguese
    *(("Abgemeldet", "nein", "ja"), ("Abmeldedatum", "", "01.03.2024"), ("Gesperrt", "", "X")),
    *(("Newsletter abbestellt am", "", "01.03.2024"), ("Einwilligung", "Ja", "Nein")),
    *(("Bestätigt", "ja", "nein"), ("gelöscht", "0", "1"), ("Keine Werbung", "", "ja")),
    *(("Nicht kontaktieren", "falsch", "wahr"), ("Kontaktsperre", "", "ja"), ("Robinson", "", "x")),
    *(("Désabonné", "non", "oui"), ("Date de désinscription", "", "01/03/2024")),
    *(("Ne pas contacter", "faux", "vrai"), ("Abonné", "oui", "non"), ("NPAI", "", "oui")),
    *(("Consentement", "oui", "non"), ("Bloqué", "0", "1"), ("Statut", "Actif", "Désinscrit")),
    *(("Baja", "", "sí"), ("Fecha de baja", "", "01/03/2024"), ("Suscrito", "sí", "no")),
    *(("No contactar", "", "x"), ("Consentimiento", "Sí", "No"), ("Dado de baja", "0", "1")),
    *(("Disiscritto", "", "sì"), ("Attivo", "vero", "falso"), ("Non contattare", "", "sì")),
    *(("Consenso", "sì", "no"), ("Bloccato", "no", "sì"), ("Iscritto", "sì", "no")),
    *(("Afgemeld", "nee", "ja"), ("Uitgeschreven op", "", "01-03-2024"), ("Geblokkeerd", "", "ja")),
    *(("Toestemming", "ja", "nee"), ("Niet mailen", "", "ja"), ("Descadastrado", "não", "sim")),
]
# Columns that may be about emails or about something else: we ask.
ASKED = [
    *(("Do Not Call", "0", "1"), ("SMS opt-in", "yes", "no"), ("HasOptedOutOfFax", "0", "1")),
    *(("VIP", "yes", "no"), ("Flag 3", "", "x"), ("ml", "0", "1"), ("", "", "2024-03-01")),
    *(("Not bounced", "yes", "no"), ("nicht abgemeldet", "ja", "nein")),
    *(("type", "regular", "unsubscribed"), ("Solicit code", "Major donor", "Do Not Email")),
    *(("Segment", "2024 fair", "bounced"), ("Tags", "fair", "fair, unsubscribed")),
    *(("DOUBLE_OPT-IN", "1", "2"), ("Email permission", "written", "lapsed")),
    *(("Lead Status", "Open", "Gone"), ("Unsubscribe status", "no", "yes")),
    *(("Opt-in/opt-out", "yes", "no"), ("Send Marketing Materials", "Send", "Do Not Send")),
    *(
        ("Comments", "", "Do not contact!"),
        ("Privacy", "x", ""),
        ("Erlaubnis", "ok", "nur im Notfall"),
    ),
    *(("Situación", "alta", "baja"), ("subscriber_status_id", "1", "3")),
    *(("Soft bounced", "0", "1"), ("Einstellung", "aktiv", "inaktiv"), ("Ended", "", "2024-03-01")),
]
# A stem that lets people in, beside a word that may turn its meaning round: no list has them all.
TURNED_ROUND = [
    *(("Consent forfeited", "N", "Y"), ("Permission void", "no", "yes")),
    *(("Subscriber gone", "0", "1"), ("Newsletter unwanted", "", "x")),
    *(("Sending fails", "N", "Y"), ("Email validation unsuccessful", "false", "true")),
    *(("Subscription ran out", "", "2024-03-01"), ("Consent lost on", "", "2024-03-01")),
    *(("Newsletter until", "", "2024-03-01"), ("Active up to", "2030-01-01", "2024-03-01")),
    *(("Einwilligung entzogen", "nein", "ja"), ("Zustimmungsende", "", "01.03.2024")),
    *(("Abonnement suspendu ou perdu", "non", "oui"), ("Consentement échu", "non", "oui")),
    *(("Suscripción vencida", "no", "sí"), ("Consentimiento perdido", "no", "sí")),
    *(("Iscrizione decaduta", "no", "sì"), ("Consenso perso", "no", "sì")),
    *(("Toestemming vervallen", "nee", "ja"), ("Inscrição encerrada", "não", "sim")),
    *(("Subscription expiry", "", "2024-03-01"), ("Newsletterende", "", "01.03.2024")),
]
# Dates of an end, whatever else their names have.
ENDS = [
    *(
        "Date of passing",
        "Date vacated",
        "Last term",
        "Last post",
        "Membership expiry",
        "expires_at",
    ),
    *("Ablauf am", "register_off", "timestamp_void", "first_missed", "Date de fin", "Fecha salida"),
    *("last_known_alive", "Birth and death", "changed_address_on"),
]
# Dates that say nothing of it.
DATES = [
    *("updated_at", "Date of birth", "Last login date", "Last email opened on", "created_on"),
    *(
        "Geburtsdatum",
        "Date de naissance",
        "Última modificación",
        "Date added",
    ),
]
# Other words leave it as it is.
PLAIN = [
    *(("Has consented to our weekly newsletter", "yes", "no"), ("consentGiven", "1", "0")),
    *(("Email marketing opted in (Y/N)", "Y", "N"), ("Newsletter erhalten", "ja", "nein")),
    *(("Einwilligung erteilt am", "01.03.2024", ""), ("Wants to receive news", "x", "")),
    *(("Consentement donné par courriel", "oui", "non"), ("Abonné à la lettre", "oui", "non")),
    *(("Consenso ricevere newsletter", "sì", "no"), ("Suscrito al boletín", "sí", "no")),
    *(("Toestemming voor nieuwsbrief", "ja", "nee"), ("is_subscribed_to_emails", "t", "f")),
]
# Cells of columns whose names say nothing.
MARKS = [
    *(
        ("nie", "tak"),
        ("nej", "ja"),
        ("нет", "да"),
        ("ne", "ano"),
        ("hayır", "evet"),
        ("ei", "kyllä"),
    ),
    *(("いいえ", "はい"), ("否", "是"), ("όχι", "ναι"), ("-", "+"), ("", "●"), ("×", "○")),
    *(("live", "paused"), ("current", "lapsed"), ("", "May 2024"), ("", "Mai 2024")),
    *(("likes trams", "Please remove"), ("", "stop sending, please")),
]


def plan_of(data: bytes) -> ImportPlan:
    return make_plan(io.BytesIO(data), EVIDENCE_OPTIONS, now=NOW)


def two_people(column: str, stay: str, stop: str, *more: str) -> bytes:
    rows = [
        [STAY, stay],
        [STOP, stop],
        *([f"more{n}@example.org", one] for n, one in enumerate(more)),
    ]
    return make_csv(["email", column], *rows)


@pytest.mark.parametrize(("column", "stay", "stop"), UNDERSTOOD)
def test_who_must_not_be_emailed_is_refused(column: str, stay: str, stop: str) -> None:
    result = import_list(two_people(column, stay, stop), into=make_briefing(), **EVIDENCE)
    assert [subscriber.address for subscriber in Subscriber.objects.all()] == [STAY]
    assert [row["email"] for row in result["refused_rows"]] == [STOP]
    assert [*result["status_columns"]] == [column]


def plan_of_columns(*columns: tuple[str, ...]) -> ImportPlan:
    header, *rows = zip(*columns, strict=True)
    people = zip((STAY, STOP, "more@example.org"), rows, strict=False)
    return plan_of(make_csv(["email", *header], *([address, *row] for address, row in people)))


def test_a_word_that_may_turn_a_name_round_is_asked_about() -> None:
    plan = plan_of_columns(*TURNED_ROUND)
    assert [question.name for question in plan.questions.values()] == [
        name for name, _, _ in TURNED_ROUND
    ]


# Dates that some people have and others do not, under names that do not say enough.
DATES_OF_SOMETHING = [
    *("Date of passing", "Date moved away", "Date terminated", "Date de clôture", "Date du décès"),
    *("Datum des Wegzugs", "Datum einde", "Fecha de cierre", "Data uscita", "Last supper", "Until"),
    *("Last day of membership", "First absence", "expires_at", "Expiration", "Verfallsdatum"),
    *(
        "timestamp_churned",
        "registration_end",
        "last_known_alive",
        "Created or closed",
        "Sent home",
    ),
    *("imported_then_parked", "Letzter Kontakt vor Austritt", "dernier jour", "ultimo giorno"),
    *("Status changed on", "Member since", "joined_on", "Anmeldung am", "Active through"),
]
HARMLESS_DATES = [
    *("Date of birth", "Birthday", "Geburtsdatum", "Date de naissance", "last_opened_at", "dob"),
    *(
        "Last email open date",
        "Letzter Klick",
        "Date de création",
        "Fecha de nacimiento",
        "Nascita",
    ),
    *("modified", "Record updated on", "Last login", "Last active", "Geändert am", "toegevoegd op"),
    *("Date of last donation", "imported_at", "First order date"),
]


@pytest.mark.parametrize("names", [DATES_OF_SOMETHING, HARMLESS_DATES])
def test_dates_are_asked_about_unless_each_word_of_their_name_is_harmless(names: list[str]) -> None:
    plan = plan_of_columns(*((name, "", "2024-05-03", "") for name in names))
    asked = [question.name for question in plan.questions.values()]
    assert asked == (DATES_OF_SOMETHING if names is DATES_OF_SOMETHING else [])
    assert not plan.status_rules


def test_few_short_words_are_asked_about_in_any_language() -> None:
    columns = [
        *(("Cadence", "weekly", "never", "daily"), ("Account", "open", "closed", "open")),
        *(("Frequency", "weekly", "none", "weekly"), ("Ledger", "current", "shelved", "current")),
        *(("State", "open", "shut", "open"), ("Tilstand", "i orden", "væk", "i orden")),
        *(("q1", "lo", "ken", "lo"), ("q2", "좋음", "나쁨", "좋음"), ("q3", "", "♦", "")),
        *(("q4", "2", "1", "2"), ("q5", "", "2023", ""), ("q6", "", "1714557600", "")),
        *(("Newsletter", "●", "○", "●"), ("Newsletter", "+", "-", "+"), ("Gesperrt", "", "●", "")),
        *(("Subscribed", "lo", "ken", "lo"), ("Is unsubscribed", "ken", "lo", "ken")),
    ]
    assert len(plan_of_columns(*columns).questions) == len(columns)


def test_words_of_people_and_their_numbers_are_not_asked_about() -> None:
    columns = [
        *(("Job title", "baker", "nurse", "baker"), ("Wohnort", "Ulm", "Bonn", "Ulm")),
        *(("Z/I/P", "A1", "B2", "A1"), ("State", "NY", "CA", "NY"), ("Tags", "fair", "", "fair")),
        *(
            ("Signup source", "web", "fair", "web"),
            ("Opens", "0", "1", "0"),
            ("Clicks", "", "1", ""),
        ),
        *(("Shoe size", "9", "", "9"), ("utm_medium", "web", "", "web"), ("Lists", "a", "b", "a")),
        *(("Unsubscribe link", "https://a.example/1", "", "https://a.example/2"),),
        *(("Board", "North", "North", "North"), ("Emails received (6mo)", "0", "1", "1")),
    ]
    plan = plan_of_columns(*columns)
    assert [question.name for question in plan.questions.values()] == []
    assert not plan.status_rules


@pytest.mark.parametrize(
    ("column", "is_asked"),
    [
        *(("confirmed_at", False), ("CONFIRM_TIME", False), ("Confirmation date", False)),
        *(("OPTIN_TIME", False), ("consent_date", True), ("subscribed_at", True), ("joined", True)),
    ],
)
def test_a_date_for_everyone_is_no_consent_of_people_without_their_own(
    column: str, *, is_asked: bool
) -> None:
    """Beside others who have a date, an empty cell may say that somebody never agreed."""
    data = two_people(column, "2024-03-01", "")
    if is_asked:
        with pytest.raises(CommandError, match=r"must not be emailed"):
            import_list(data, into=make_briefing(), **EVIDENCE)
        assert not Subscriber.objects.exists()
        assert import_list(data, into=make_briefing(), ignore=["#2"], **EVIDENCE)["new"] == 2
        return
    result = import_list(data, into=make_briefing(), **EVIDENCE)
    assert [row["email"] for row in result["refused_rows"]] == [STOP]


def test_a_date_for_everyone_fills_in_for_rows_without_a_date_of_their_own() -> None:
    data = two_people("created_at", "2024-03-01", "")
    assert import_list(data, into=make_briefing(), **EVIDENCE)["new"] == 2


def test_plain_words_beside_a_stem_leave_its_meaning() -> None:
    plan = plan_of_columns(*PLAIN)
    assert not plan.questions
    assert len(plan.status_rules) == len(PLAIN)


def test_only_dates_of_known_names_say_nothing() -> None:
    plan = plan_of_columns(*((name, "", "2024-05-03") for name in [*ENDS, *DATES]))
    assert [question.name for question in plan.questions.values()] == ENDS


@pytest.mark.parametrize("column", ["confirmed_at", "CONFIRM_TIME", "Opt-in date"])
def test_a_date_for_the_list_does_not_confirm_whoever_never_did(column: str) -> None:
    data = two_people(column, "2024-05-03 10:00", "")
    result = import_list(data, into=make_briefing(), **EVIDENCE)
    assert [row["email"] for row in result["refused_rows"]] == [STOP]


def test_marks_in_a_column_of_any_name_are_asked_about() -> None:
    plan = plan_of_columns(*((f"x{n}", stay, stop, stay) for n, (stay, stop) in enumerate(MARKS)))
    assert len(plan.questions) == len(MARKS)


# Cells of notes, labels and lists, which hold other words for everybody else.
NOTES_OF_STOPS = [
    *(
        "do not mail",
        "Do-Not-Send",
        "please no more emails",
        "has asked us to stop writing",
        "quit",
    ),
    *("wants to be removed", "never write to her", "not interested any more", "hands off!", "gone"),
    *("removed at own request, account deleted", "Rang in May: he does not want to be contacted."),
    *(
        "keine Newsletter",
        "nicht mehr anschreiben",
        "Bitte nichts mehr, kein Interesse",
        "verzogen",
    ),
    *("will von der Liste gestrichen werden", "hat widerrufen", "Plus de courriels", "à retirer"),
    *("ne plus contacter", "ne veut plus rien recevoir par mail", "à enlever de la liste"),
    *("No enviar más", "pidió la baja", "no quiere correos", "Non scrivere", "niente mail, grazie"),
    *("geen mails meer", "niet benaderen", "van de lijst halen", "Não enviar", "não quer receber"),
    *("nie wysyłać", "kontakta inte, inte mejla", "må ikke kontaktes, ikke send", "не писать"),
    *("配信停止", "请勿联系", "수신 거부"),
]
PLAIN_NOTES = [
    *("met at the spring fair", "likes long reads", "left bank walking group", "Blocked drains"),
    *("mag Züge", "chez Anne", "amigo de Juan", "vriend van Piet", "no sugar", "nicht aus Bonn"),
    *("archive volunteers", "pas loin de Lyon", "never late", "Baker Street 5", "Stop Road 2"),
]


@pytest.mark.parametrize("column", ["Notes", "Listen", "q7"])
def test_a_note_that_somebody_wants_no_emails_is_asked_about(column: str) -> None:
    silent = [
        note
        for note in NOTES_OF_STOPS
        if not plan_of(two_people(column, "met at the spring fair of 2024", note)).questions
    ]
    assert not silent


def test_other_notes_are_not_asked_about() -> None:
    asked = [
        note
        for note in PLAIN_NOTES
        if plan_of(two_people("Notes", "met at the spring fair of 2024", note)).questions
    ]
    assert not asked


@pytest.mark.parametrize("where", [50, 150, 3_000])
def test_one_note_among_many_is_heard(where: int) -> None:
    rows = (
        [f"r{n}@example.org", "asked for no more mail" if n == where else f"met at fair {n}"]
        for n in range(3_001)
    )
    [question] = plan_of(make_csv(["email", "Notes"], *rows)).questions.values()
    assert question.words[0] == "asked for no more mail"


@pytest.mark.parametrize(("column", "stay", "stop"), ASKED)
def test_a_column_that_is_not_understood_is_asked_about(column: str, stay: str, stop: str) -> None:
    briefing, data = make_briefing(), two_people(column, stay, stop)
    with pytest.raises(CommandError, match=r"must not be emailed.*--meaning.*--ignore") as refusal:
        import_list(data, into=briefing, **EVIDENCE)
    assert f"“{column or '(no name)'}”" in str(refusal.value)
    assert not Subscriber.objects.exists()
    result = import_list(data, into=briefing, ignore=["#2"], **EVIDENCE)
    assert (result["new"], result["unused_columns"]) == (2, [column or "#2"])


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        *(("City", ["York", "NO"]), ("Country", ["NO", "IT"]), ("Birthday", ["1990-02-03", ""])),
        *(("updated_at", ["2024-03-01", "2024-03-02"]), ("Last login", ["1.3.2024", ""])),
        *(("Unsubscribe URL", ["https://a.example/1", ""]), ("subscriber_id", ["1", "0"])),
        *(
            ("Zip", ["45413", "44994"]),
            ("Company", ["Stop & Shop", "Block Ltd"]),
            ("Empty", ["", ""]),
        ),
        *(("Interests", ["news", "sport"]), ("Rating", ["4", "5"]), ("Language", ["no", "si"])),
    ],
)
def test_a_column_that_says_nothing_about_emails_is_not_asked_about(
    column: str, cells: list[str]
) -> None:
    result = import_list(two_people(column, *cells), into=make_briefing(), **EVIDENCE)
    assert (result["new"], result["unused_columns"]) == (2, [column])


@pytest.mark.parametrize(
    ("column", "stay", "stop"),
    [
        *(("Address wrong", "N", "Y"), ("Anschrift Adresse fehlerhaft", "nein", "ja")),
        *(("Adresse incorrecte", "non", "oui"), ("Dirección equivocada", "", "sí")),
        *(("Indirizzo sbagliato", "falso", "vero"), ("Town wrong", "0", "1")),
        *(("Company gone", "", "2024-05-03"), ("Firma erloschen", "", "03.05.2024")),
        *(("Country office only", "no", "yes"), ("Address check", "ok", "invalid")),
        *(("Name struck out", "", "x"), ("URL only", "no", "yes")),
    ],
)
def test_no_description_of_a_person_is_a_yes_or_a_no(column: str, stay: str, stop: str) -> None:
    """Whatever its name has beside an address or a company, such a column is asked about."""
    with pytest.raises(CommandError, match=r"must not be emailed") as refusal:
        import_list(two_people(column, stay, stop), into=make_briefing(), **EVIDENCE)
    assert f"“{column}”" in str(refusal.value)
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(
    "column", ["LATITUDE", "GMTOFF", "dstoff", "Time zone", "Age", "id", "owner_id", "Gender"]
)
def test_numbers_that_describe_are_not_a_yes_or_a_no(column: str) -> None:
    cells = ("f", "F") if column == "Gender" else ("0", "1")
    result = import_list(two_people(column, *cells), into=make_briefing(), **EVIDENCE)
    assert (result["new"], result["unused_columns"]) == (2, [column])


@pytest.mark.parametrize(
    ("meaning", "addresses"),
    [
        ("ignore", {STAY, STOP, "more0@example.org"}),
        ("do-not-email", {STAY}),
        ("may-email", {STOP}),
        ("status", {STOP, STAY}),
        ("only:Weg", {"more0@example.org"}),
    ],
)
def test_a_person_says_what_a_column_means(meaning: str, addresses: set[str]) -> None:
    data = two_people("x9", "", "yes", "Weg")
    options = {"meaning": [f"x9={meaning}"], "blank_status": "import"}
    if meaning == "may-email":
        data = two_people("x9", "", "yes", "no")
    import_list(data, into=make_briefing(), **options, **EVIDENCE)
    assert set(Subscriber.objects.values_list("address", flat=True)) == addresses


def test_an_answer_outweighs_what_we_understood() -> None:
    data = two_people("Do not email", "no", "yes")
    result = import_list(data, into=make_briefing(), ignore=["do not email"], **EVIDENCE)
    assert (result["new"], result["status_columns"]) == (2, {})


@pytest.mark.parametrize("words", ["x9=whatever", "x9=only:", "x9=status:word", "x8=ignore", "x9"])
def test_a_wrong_answer_gets_a_plain_error(words: str) -> None:
    with pytest.raises(CommandError):
        import_list(
            two_people("x9", "yes", "no"), into=make_briefing(), meaning=[words], **EVIDENCE
        )
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("column", ["status", "Subscriber state", "Statut"])
def test_people_without_a_status_beside_others_who_have_one_are_asked_about(column: str) -> None:
    data = two_people(column, "active", "")
    with pytest.raises(CommandError, match=r"others have none.*--blank-status"):
        import_list(data, into=make_briefing(), **EVIDENCE)
    assert not Subscriber.objects.exists()
    result = import_list(data, into=make_briefing(), blank_status="refuse", **EVIDENCE)
    assert (result["new"], result["refused_rows"][0]["email"]) == (1, STOP)
    result = import_list(data, into=make_briefing(), blank_status="import", **EVIDENCE)
    assert result["new"] == 2


def test_a_status_column_without_any_status_is_not_asked_about() -> None:
    assert import_list(two_people("status", "", " "), into=make_briefing(), **EVIDENCE)["new"] == 2


@pytest.mark.parametrize("where", [1, 3_000, 9_000])
def test_a_mark_far_down_the_list_is_found(where: int) -> None:
    rows = ([f"r{number}@example.org", "x" * (number == where)] for number in range(9_001))
    assert plan_of(make_csv(["email", "q"], *rows)).questions.keys() == {1}


def test_a_column_of_many_different_words_is_not_a_status() -> None:
    def column(cells: Iterable[str]) -> ImportPlan:
        rows = ([f"r{number}@example.org", cell] for number, cell in enumerate(cells))
        return plan_of(make_csv(["email", "Note"], *rows))

    assert not column(f"met at fair {number}" for number in range(200)).questions
    assert column([f"2024-01-{day:02}" for day in range(1, 32)] * 9).questions


def test_the_report_names_the_columns_that_decide_and_those_not_used() -> None:
    data = make_csv(
        ["email", "Do not email", "Town", "Shoe size"],
        [STAY, "no", "York", "9"],
        [STOP, "1", "", ""],
    )
    result = import_list(data, into=make_briefing(), dry_run=True, **EVIDENCE)
    assert result["status_columns"] == {"Do not email": "do-not-email"}
    assert result["unused_columns"] == ["Town", "Shoe size"]
