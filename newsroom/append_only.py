"""Models whose rows can be added, but neither changed nor deleted.

There are two exceptions. The retention policy (newsroom/retention/) deletes and blanks rows that
have been kept long enough, and an erasure deletes rows of a person; they reach them by `all_rows`.
"""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

from django.db import models

Row_co = TypeVar("Row_co", bound=models.Model, covariant=True)


class AppendOnlyQuerySet(models.QuerySet[Row_co]):
    """A queryset that refuses to update or delete."""

    def update(self, **_: Any) -> NoReturn:
        raise TypeError(f"{self.model._meta.verbose_name_plural} are append-only")

    def delete(self) -> NoReturn:
        raise TypeError(f"{self.model._meta.verbose_name_plural} are append-only")


class AppendOnlyModel(models.Model):
    """A row that is saved once. It is deleted only by a cascade from the row it belongs to."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the row. Raises TypeError if it has been saved before."""
        if not self._state.adding:
            raise TypeError(f"{self._meta.verbose_name_plural} are append-only")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(f"{self._meta.verbose_name_plural} are append-only")


def all_rows(model: type[Row_co]) -> models.QuerySet[Row_co]:
    """Return an ordinary queryset, even for an append-only model: for retention and erasure."""
    return models.QuerySet(model)
