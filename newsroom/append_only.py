"""Rows that are written once: neither changed nor taken back by whoever goes through models.

There is one door: the retention policy (newsroom/retention/) takes off what was kept long enough,
and reaches the rows by `all_rows`.
"""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

from django.db import models

Row_co = TypeVar("Row_co", bound=models.Model, covariant=True)


class AppendOnlyQuerySet(models.QuerySet[Row_co]):
    """Rows to be read."""

    def update(self, **_: Any) -> NoReturn:
        raise TypeError(f"{self.model._meta.verbose_name_plural} are append-only")

    def delete(self) -> NoReturn:
        raise TypeError(f"{self.model._meta.verbose_name_plural} are append-only")


class AppendOnlyModel(models.Model):
    """A row that is saved once; it goes only with the row that it belongs to."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write once."""
        if not self._state.adding:
            raise TypeError(f"{self._meta.verbose_name_plural} are append-only")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(f"{self._meta.verbose_name_plural} are append-only")


def all_rows(model: type[Row_co]) -> models.QuerySet[Row_co]:
    """Rows as the retention policy reaches them, append-only ones too; nothing else may ask."""
    return models.QuerySet(model)
