"""Contributors on the desk."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.utils.crypto import get_random_string

from briefings.admin.plain_choices import PlainChoices
from briefings.images import ImageRefused, redraw
from briefings.models import Contributor


class PhotoField(forms.FileField):
    """A photo drawn anew, under a name of our own; see images.py for why."""

    widget = forms.ClearableFileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/gif"})

    def clean(self, data: object, initial: object = None) -> object:
        kept = super().clean(data, initial)
        if not isinstance(kept, UploadedFile):
            return kept
        try:
            content, extension, _ = redraw(kept)
        except ImageRefused as refusal:
            raise ValidationError(str(refusal), code="invalid_image") from None
        name = f"{get_random_string(16, 'abcdefghijklmnopqrstuvwxyz0123456789')}.{extension}"
        return ContentFile(content, name=name)


class ContributorForm(forms.ModelForm[Contributor]):
    """A contributor's form; the photo is never kept as it was sent."""

    photo = PhotoField(
        required=False, help_text="A portrait, square if you can: JPEG, PNG, WebP or GIF."
    )

    class Meta:
        model = Contributor
        fields = ("name", "slug", "job_title", "bio", "photo", "contact", "account")
        widgets = {"bio": forms.Textarea(attrs={"rows": 4})}


@admin.register(Contributor)
class ContributorAdmin(PlainChoices, admin.ModelAdmin[Contributor]):
    """Authors as readers see them."""

    form = ContributorForm
    prepopulated_fields = {"slug": ("name",)}
    list_display = ("name", "job_title", "contact", "account")
    list_select_related = ("account",)
    search_fields = ("name", "job_title", "contact")
    actions = None
