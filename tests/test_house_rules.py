"""The project's rules for its own code, as tests; `test_import_layers.py` has those on imports."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from briefings.models.briefing import RESERVED_SLUGS
from tests.source_files import APPS, ROOT, module_name, project_files, python_files

VAGUE_NAMES = {
    "base",
    "common",
    "core",
    "helper",
    "helpers",
    "misc",
    "service",
    "services",
    "util",
    "utils",
}
# Django's own names, which every app or package may have.
SHARED_NAMES = {
    "__init__",
    "admin",
    "apps",
    "formats",
    "forms",
    "models",
    "permissions",
    "tasks",
    "urls",
    "views",
}
# Nouns that happen to end in "ing".
ING_NOUNS = {"briefing", "consent_wording", "quote_wording"}
LOCKS = (
    "requirements.lock",
    "requirements-points.lock",
    "requirements-encoder.lock",
    "requirements-dev.lock",
    "requirements-uv.lock",
)


def application_modules() -> list[Path]:
    return [file for file in python_files(*APPS) if "migrations" not in file.parts]


def test_no_module_has_a_vague_name() -> None:
    culprits = [str(file) for file in python_files() if VAGUE_NAMES & {*file.parts[:-1], file.stem}]
    assert culprits == []


def test_no_two_modules_share_a_name() -> None:
    """A name leads to one file, so that a search for it does too."""
    files = defaultdict(list)
    for file in application_modules():
        files[file.stem].append(str(file))
    shared = {name: found for name, found in files.items() if len(found) > 1}
    assert {name: shared[name] for name in shared.keys() - SHARED_NAMES} == {}


def test_a_module_is_named_for_its_subject_and_not_for_an_activity() -> None:
    names = {file.stem: str(file) for file in application_modules() if file.stem.endswith("ing")}
    assert {name: names[name] for name in names.keys() - ING_NOUNS} == {}


def test_nothing_connects_model_signals() -> None:
    """Work is found by querying the tables; a signal is a call that no reader of the code sees.

    Only the groups of staff are made after a migrate.
    """
    signals = re.compile(r"django\.db\.models\.signals(?! import post_migrate\n)")
    culprits = [
        str(file) for file in python_files(*APPS) if signals.search((ROOT / file).read_text())
    ]
    assert culprits == []


def test_permissions_are_named_once() -> None:
    """`permissions.py` of each app names them; whoever asks uses the constant and `may`."""
    named = re.compile(
        r"has_perms?\(|[\"'](?:briefings|subscribers)\.(?:add|change|delete|view|approve|send"
        r"|moderate|import|export)_\w+[\"']"
    )
    culprits = [
        str(file)
        for file in python_files("briefings", "subscribers")
        if file.name != "permissions.py" and named.search((ROOT / file).read_text())
    ]
    assert culprits == []


def test_no_file_contains_a_path_of_a_developers_machine() -> None:
    home = re.compile(rb"(?<![\w.])/(?:work|root|home/\w+|Users/\w+)/")
    culprits = [
        file.relative_to(ROOT)
        for file in project_files()
        if home.search(file.read_bytes()) and file != Path(__file__)
    ]
    assert culprits == []


def test_no_file_names_a_package_index() -> None:
    index = re.compile(
        rb"https?://[^\s/]*(?:pypi|pythonhosted)|--(?:extra-)?index-url|\bindex-url *="
    )
    culprits = [
        file.relative_to(ROOT)
        for file in project_files()
        if index.search(file.read_bytes()) and file != Path(__file__)
    ]
    assert culprits == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_has_hashes_and_names_no_host(name: str) -> None:
    lock = (ROOT / name).read_text()
    assert "://" not in lock
    assert "--index" not in lock
    entries = re.split(r"\n(?=\S)", lock.strip())
    for entry in entries:
        pinned = r"[a-z0-9][a-z0-9._-]*==\S+ \\\n( +--hash=sha256:[0-9a-f]{64}( \\\n|$))+"
        assert re.fullmatch(pinned, entry), entry


def pins(name: str) -> dict[str, str]:
    found = re.findall(r"^(\S+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE)
    return dict(found)


def test_tests_run_with_the_packages_that_are_shipped() -> None:
    for lock in ("requirements.lock", "requirements-points.lock"):
        shipped, tested = pins(lock), pins("requirements-dev.lock")
        assert {name: tested.get(name) for name in shipped} == shipped


def test_every_email_has_a_subject_a_text_and_an_html_template() -> None:
    for folder in (ROOT / "templates" / "email").iterdir():
        if folder.is_dir():
            found = {part.name for part in folder.iterdir() if not part.name.startswith("_")}
            assert {"subject.txt", "body.txt", "body.html"} <= found, folder.name


def test_a_page_of_subscribers_stands_in_the_folder_of_its_room() -> None:
    """What a room renders is under the same name in templates; the layout is everybody's."""
    rooms = {file.parts[1] for file in python_files("subscribers") if len(file.parts) == 3}
    flat = {file.name for file in (ROOT / "templates" / "subscribers").glob("*.html")}
    assert flat == {"_layout.html"}
    rendered = re.compile(r'"subscribers/(\w+)/\w+\.html"')
    culprits = [
        f"{file} renders a page of {room}"
        for file in python_files("subscribers")
        for room in rendered.findall((ROOT / file).read_text())
        if room in rooms and room != file.parts[1]
    ]
    assert culprits == []


def test_no_briefing_can_take_the_address_of_a_page() -> None:
    """A briefing lives at /its-slug/, so the first word of every other address is reserved."""
    routes = [str(pattern.pattern) for pattern in _patterns(get_resolver().url_patterns)]
    words = {route.split("/")[0] for route in routes}
    slugs = {word for word in words if re.fullmatch(r"[a-z0-9-]+", word)}
    assert slugs - RESERVED_SLUGS == set()


def _patterns(found: list[URLPattern | URLResolver]) -> Iterator[URLPattern | URLResolver]:
    """Yield patterns, with those that a pattern without a prefix includes."""
    for pattern in found:
        if isinstance(pattern, URLResolver) and not str(pattern.pattern):
            yield from _patterns(pattern.url_patterns)
        else:
            yield pattern


# Emails that no visitor chooses the address of, and why.
NOT_TO_AN_ENTERED_ADDRESS = {
    "welcome": "its address has just been confirmed",
    "password_reset": "goes to staff accounts only, and once in a while",
    "new_log_in": "goes to the staff account that has just been logged in to",
    "account_changed": "goes to the staff account that was changed",
    "invitation": "goes to an account that an administrator made",
    "subscriber_returned": "goes to staff accounts only",
    "bounces_about_us": "goes to staff accounts only",
    "dispatch_paused": "goes to staff accounts only",
    "review_request": "goes to staff accounts only",
    "address_changed": "both addresses have just been confirmed",
    "address_taken": "both addresses have just been confirmed",
    "answer_taken": "goes to the subscriber whose token was used",
    "comments_signed_in": "goes to the subscriber whose token was used",
    "unsubscribed": "goes to the subscriber whose token was used",
    "paused": "goes to the subscriber whose token was used",
}

# Functions that email whatever their caller names, to staff accounts only.
TO_STAFF_ONLY = {"briefings.alarms.raise_alarm"}


def test_every_public_form_that_writes_to_an_entered_address_passes_the_guard() -> None:
    """From a public view that leads to an email, a call leads to `check_form` too.

    The admin's pages are for staff.
    """
    calls, names = call_graph()
    addresses = views_with_an_address()
    culprits = []
    for view in sorted(calls):
        module = view.rpartition(".")[0]
        if not (module.endswith("views") or {view, module} & addresses) or ".admin" in view:
            continue
        found = _reached(view, calls)
        found -= TO_STAFF_ONLY
        emails = {name for function in found for name in names.get(function, ())}
        emails -= NOT_TO_AN_ENTERED_ADDRESS.keys()
        if emails and "newsroom.form_guard.check_form" not in found and not view_is_part(view):
            culprits.append(f"{view} leads to {sorted(emails)}")
    assert culprits == []


@pytest.mark.parametrize(
    "view",
    [
        "briefings.views.comment_create",
        "subscribers.signup.views.subscribe",
        "subscribers.signup.views.subscribe_briefing",
        "subscribers.preferences.views.preferences_link",
        "subscribers.preferences.views.preferences",
    ],
)
def test_the_rule_sees_the_forms_that_write_to_an_entered_address(view: str) -> None:
    calls, names = call_graph()
    reached = _reached(view, calls)
    assert {name for one in reached for name in names.get(one, ())} - {*NOT_TO_AN_ENTERED_ADDRESS}
    assert "newsroom.form_guard.check_form" in reached


def test_the_rule_starts_from_every_address_of_the_site() -> None:
    addresses = views_with_an_address()
    assert "newsroom.password_reset.ResetRequestView" in addresses
    assert "briefings.views.comment_create" in addresses


def views_with_an_address() -> set[str]:
    """Return the names of our views that a URL leads to, wherever they are."""
    found, waiting = set(), [*get_resolver().url_patterns]
    while waiting:
        pattern = waiting.pop()
        if isinstance(pattern, URLResolver):
            waiting += pattern.url_patterns
            continue
        view = getattr(pattern.callback, "view_class", pattern.callback)
        name = f"{view.__module__}.{view.__qualname__}"
        if name.split(".", maxsplit=1)[0] in {"newsroom", "briefings", "subscribers"}:
            found.add(name)
    return found


def view_is_part(view: str) -> bool:
    """Whether this is a part of a view, which the view itself answers for."""
    return view.rpartition(".")[2].startswith("_")


@cache
def call_graph() -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Return what each function and class mentions of ours, and the emails that it sends.

    A class stands for its methods and for what its attributes name, such as its form.
    """
    calls: dict[str, set[str]] = {}
    emails: dict[str, set[str]] = {}
    for file in application_modules():
        read_calls(module_name(file), (ROOT / file).read_text(), calls, emails)
    for function in [*emails]:  # the way that every email takes is not a reason to send one
        if function.rpartition(".")[0] in {"newsroom.emails", "newsroom.smtp_submission"}:
            del emails[function]
    return calls, emails


def read_calls(
    module: str, source: str, calls: dict[str, set[str]], emails: dict[str, set[str]]
) -> None:
    """Add a module's functions and classes to the call graph."""
    tree = ast.parse(source)
    known = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    parts = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    known |= {part.name: f"{module}.{part.name}" for part in parts}
    for part in parts:
        own = f"{module}.{part.name}"
        calls[own] = set()
        for node in ast.walk(part):
            if isinstance(node, ast.Name) and node.id in known:
                calls[own].add(known[node.id])
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                calls[own].add(f"{known.get(node.value.id, '')}.{node.attr}")
            if isinstance(node, ast.Call) and (name := _sent_email(node, known)):
                emails.setdefault(own, set()).add(name)


def _sent_email(call: ast.Call, known: dict[str, str]) -> str:
    """Return the name of the email that a call queues or sends; empty if it does neither."""
    function = ast.unparse(call.func)
    if "queue_email" in function or "queue_rendered_email" in function:
        literal = call.args[0] if call.args else None
        return str(literal.value) if isinstance(literal, ast.Constant) else "any email"
    by_django = known.get(function, "").startswith("django.core.mail.")
    by_hand = known.get(function, "") == "newsroom.smtp_submission.submit"
    return "any email" if by_django or by_hand else ""


LEAKS = """
from django.core.mail import send_mail
from django.views import View
from newsroom.emails import queue_email


class LeakView(View):
    def post(self, request):
        queue_email("confirm_comment", to=request.POST["email"], context={})


def leak(request):
    send_mail("Hello", "", None, [request.POST["email"]])
"""


def test_the_rule_sees_methods_of_classes_and_emails_of_django() -> None:
    calls: dict[str, set[str]] = {}
    emails: dict[str, set[str]] = {}
    read_calls("newsroom.leaks", LEAKS, calls, emails)
    assert emails == {
        "newsroom.leaks.LeakView": {"confirm_comment"},
        "newsroom.leaks.leak": {"any email"},
    }
    found, names = call_graph()
    reset = _reached("newsroom.password_reset.ResetRequestView", found)
    assert {"password_reset"} <= {name for one in reset for name in names.get(one, ())}
    assert "newsroom.form_guard.check_form" in reset


def _reached(start: str, calls: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = {start}
    while waiting:
        one = waiting.pop()
        seen.add(one)
        waiting |= calls.get(one, set()) - seen
    return seen


def test_titles_on_subscribers_pages_and_in_emails_are_isolated() -> None:
    """A Hebrew or Arabic title does not reorder the words around it (Unicode Annex 9)."""
    title = re.compile(r"\{\{ (?:[\w.]*\.)?(?:briefing|issue|latest_issue)\.title \}\}")
    isolated = re.compile(r'(<bdi>|dir="auto"[^>]*>(<a [^>]*>)?)$')
    pages = [*(ROOT / "templates" / "subscribers").rglob("*.html")]
    pages += (ROOT / "templates" / "email").glob("*/body.html")
    culprits = [
        f"{page.parent.name}/{page.name}: {line.strip()[:80]}"
        for page in pages
        for line in page.read_text().splitlines()
        if "{% block title %}" not in line and "{% block preheader %}" not in line
        for found in title.finditer(line)
        if not isolated.search(line[: found.start()])
    ]
    assert pages
    assert culprits == []
