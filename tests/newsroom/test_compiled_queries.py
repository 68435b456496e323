"""A compiled query returns what the query itself returns, and its SQL is made once."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection, connections
from django.db.models import Count, QuerySet
from pytest_django import DjangoAssertNumQueries

from briefings.models import Issue
from newsroom.compiled_queries import CompiledQuery
from tests.factories import make_briefing, make_comment, make_issue, make_published_issue


def issues_of(slug: str, *numbers: int) -> QuerySet[Issue]:
    issues = Issue.objects.select_related("briefing__lead", "author").defer("strapline")
    counted = issues.annotate(said=Count("comments"))
    return counted.filter(briefing__slug=slug, number__in=numbers).order_by("-number")


@pytest.mark.django_db
def test_rows_have_their_relations_and_annotations(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    briefing = make_briefing(slug="o'hara--%s")
    issues = [make_published_issue(briefing=briefing) for _ in range(3)]
    make_comment(on=issues[0])
    make_issue(briefing=make_briefing())
    query = CompiledQuery(issues_of, str, int, int)
    for numbers in ((1, 2), (3, 3), (7, 8)):
        expected = list(issues_of(briefing.slug, *numbers))
        with django_assert_num_queries(1):
            found = query.rows(briefing.slug, *numbers)
            assert found == expected
            for one, same in zip(found, expected, strict=True):
                assert one.briefing.lead.name == same.author.name
                assert vars(one)["said"] == vars(same)["said"]
                assert one.get_deferred_fields() == {"strapline"}
                assert not one._state.adding


@pytest.mark.django_db
def test_the_query_is_built_once() -> None:
    built = []

    def build(number: int) -> QuerySet[Issue]:
        built.append(number)
        return Issue.objects.filter(number=number)

    query = CompiledQuery(build, int)
    issue = make_issue(number=5)
    for number, expected in ((4, []), (5, [issue]), (2**31, []), (2**63, []), (10**30, [])):
        assert query.rows(number) == expected
    assert len(built) == 1


@pytest.mark.django_db
def test_a_value_that_the_sql_would_not_have_is_an_error() -> None:
    def build(number: int, title: str) -> QuerySet[Issue]:
        return Issue.objects.filter(number=number, title__icontains=title)  # '%title%'

    with pytest.raises(ValueError, match="does not take"):
        CompiledQuery(build, int, str).rows(1, "beds")


@pytest.mark.django_db
def test_a_query_that_would_prefetch_is_an_error() -> None:
    def build(number: int) -> QuerySet[Issue]:
        return Issue.objects.filter(number=number).prefetch_related("sections")

    with pytest.raises(ValueError, match="cannot prefetch"):
        CompiledQuery(build, int).rows(1)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_each_thread_uses_its_own_connection() -> None:
    issue = make_issue(number=5)
    query = CompiledQuery(lambda number: Issue.objects.filter(number=number), int)
    found: list[Any] = [query.rows(5)]

    def read() -> None:
        try:
            found.append(query.rows(5))
        finally:
            connections.close_all()

    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT 1")
        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [[issue]] * 5


def prepared_statements() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return [statement for (statement,) in cursor.fetchall()]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_second_time_on_a_connection_postgresql_keeps_its_plan(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    briefing = make_briefing(slug="100%")
    issue = make_published_issue(briefing=briefing)
    query = CompiledQuery(issues_of, str, int)
    connection.close()
    for expected in (0, 1, 1):
        with django_assert_num_queries(1):
            assert query.rows("100%", issue.number) == [issue]
        assert len(prepared_statements()) == expected
    assert query.rows("100%", 2**31) == query.rows("other", issue.number) == []
    connection.close()
    for expected in (0, 1):
        assert query.rows("100%", issue.number) == [issue]
        assert len(prepared_statements()) == expected


@pytest.mark.django_db
def test_too_few_values_are_an_error() -> None:
    query = CompiledQuery(issues_of, str, int)
    for _ in range(2):
        with pytest.raises(ValueError, match="takes 2 values, not 1"):
            query.rows("beds")
