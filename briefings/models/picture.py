"""A stored picture of an issue, and the smaller copies of it that pages offer to browsers."""

from __future__ import annotations

from django.db import models


class Picture(models.Model):
    """The size of an uploaded picture in pixels, and the widths in which there is a WebP of it.

    `name` is the file's name in the storage; `briefings/picture_sizes.py` names the copies.
    """

    name = models.CharField(max_length=200, unique=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    widths = models.JSONField(default=list)

    class Meta:
        default_permissions = ()  # whoever writes issues uploads pictures

    def __str__(self) -> str:
        return self.name
