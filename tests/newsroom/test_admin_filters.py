"""A list in the admin filters by what it declares. Any other column could be read by guessing."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from django.urls import reverse

from subscribers.models import SignUp
from tests.briefings.admin_client import staff_client
from tests.factories import make_comment, make_published_issue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.contrib.admin import ModelAdmin
    from django.db.models import Model

pytestmark = pytest.mark.django_db
LISTS = sorted(admin.site._registry, key=lambda model: model._meta.label)
LOOKUPS = ("", "__exact", "__regex", "__startswith", "__contains", "__gt", "__in", "__isnull")


def list_url(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def columns(model: type[Model], *, depth: int = 1) -> Iterator[str]:
    """Yield the columns of a model and of its related models, in either direction."""
    for field in model._meta.get_fields():
        if field.related_model is None:
            yield field.name
            continue
        yield field.name
        if depth and isinstance(field.related_model, type):
            yield from (
                f"{field.name}__{column}"
                for column in columns(field.related_model, depth=depth - 1)
            )


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", "root@news.example.com"))
    return client


@pytest.mark.slow
@pytest.mark.parametrize("model", LISTS, ids=lambda model: model._meta.label)
def test_no_list_filters_by_a_column_that_it_does_not_declare(
    client: Client, model: type[Model]
) -> None:
    asked = list(columns(model))
    assert len(asked) >= len(model._meta.fields)

    taken = [
        column
        for column in asked
        if client.get(list_url(model), {f"{column}__regex": "^a"}).status_code != 400
    ]

    assert taken == []


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model._meta.label)
def test_of_a_declared_filter_only_its_own_addresses_are_taken(
    rf: RequestFactory, model: type[Model]
) -> None:
    model_admin: ModelAdmin[Any] = admin.site._registry[model]
    request = rf.get("/")
    request.user = User.objects.create_superuser("root", "root@news.example.com")

    allowed = {
        f"{column}{lookup}"
        for column in columns(model)
        for lookup in LOOKUPS
        if model_admin.lookup_allowed(f"{column}{lookup}", "a", request)
    }

    declared = model_admin.get_list_filter(request)
    filters = str([getattr(one, "parameter_name", one) for one in declared])
    for lookup in allowed:
        column = lookup.rpartition("__")[0] or lookup
        column = column.removesuffix("__id")
        assert f"'{column}'" in filters or f"'{lookup}'" in filters
        assert not lookup.endswith(("__regex", "__startswith", "__contains", "__in"))


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href") or ""
        if tag == "a" and href.startswith("?"):
            self.found.add(href)


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model._meta.label)
def test_every_link_of_a_list_still_works(client: Client, model: type[Model]) -> None:
    make_comment(on=make_published_issue())
    page = client.get(list_url(model))
    links = _Links()
    links.feed(page.content.decode())

    answers = {link: client.get(list_url(model) + link).status_code for link in links.found}

    assert set(answers.values()) <= {200}, answers


def test_nobody_reads_an_address_or_a_token_by_guessing() -> None:
    make_comment(on=make_published_issue(), email="ada@example.com")
    reporter, editor = staff_client("Reporters"), staff_client("Editors")

    for first in "ab":
        answer = reporter.get(
            reverse("admin:briefings_comment_changelist"), {"email__regex": f"^{first}"}
        )
        assert answer.status_code == 400
        answer = editor.get(list_url(SignUp), {"token__regex": f"^{first}"})
        assert answer.status_code == 400
    assert editor.get(list_url(SignUp), {"nonsense": "1"}).status_code == 400
