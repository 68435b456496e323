"""What a sentence encoder made of words: a vector that stands for their meaning."""

from __future__ import annotations

from django.db import models


class WordsVector(models.Model):
    """A vector of 32-bit floats, and which encoder made it of which words."""

    encoder = models.CharField(max_length=64, help_text="The hash of the encoder's files.")
    words_hash = models.CharField(max_length=64)
    vector = models.BinaryField()
    at = models.DateTimeField(help_text="When the encoder began to read.")

    class Meta:
        abstract = True


class ResponseVector(WordsVector):
    """What the encoder made of a response."""

    comment = models.OneToOneField(
        "briefings.Comment", primary_key=True, on_delete=models.CASCADE, related_name="vector"
    )

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Vector of response {self.comment_id}"


class PointVector(WordsVector):
    """What the encoder made of a point's sentence."""

    point = models.OneToOneField(
        "briefings.Point", primary_key=True, on_delete=models.CASCADE, related_name="vector"
    )

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Vector of point {self.point_id}"
