"""Contributors in the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import get_random_string

from briefings.admin.form_fields import PlainSelectsMixin
from briefings.approval_loss import void_approval
from briefings.images import MAX_BYTES, ImageRefused, reencode
from briefings.models import Contributor
from briefings.models.issue import APPROVED_STATES
from briefings.picture_sizes import PORTRAIT_WIDTHS, make_sizes
from briefings.slugs import free_slug
from newsroom.file_uploads import accepts_files


class PhotoField(forms.FileField):
    """A photo, stored as a new image under a random name; `images.py` says why."""

    widget = forms.ClearableFileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/gif"})

    def clean(self, data: object, initial: object = None) -> object:
        kept = super().clean(data, initial)
        if not isinstance(kept, UploadedFile):
            return kept
        try:
            image = reencode(kept)
        except ImageRefused as refusal:
            raise ValidationError(str(refusal), code="invalid_image") from None
        name = f"{get_random_string(16, 'abcdefghijklmnopqrstuvwxyz0123456789')}.{image.extension}"
        return ContentFile(image.content, name=name)


class ContributorForm(forms.ModelForm[Contributor]):
    """A contributor's form; the photo is never stored as it was uploaded."""

    photo = PhotoField(
        required=False, help_text="A portrait, square if you can: JPEG, PNG, WebP or GIF."
    )

    class Meta:
        model = Contributor
        fields = ("name", "slug", "job_title", "bio", "photo", "contact", "sign_off", "account")
        widgets = {
            "bio": forms.Textarea(attrs={"rows": 4}),
            "sign_off": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:  # not for those who may only view
            self.fields["slug"].required = False

    def clean_sign_off(self) -> str:
        """Return the sign-off with one kind of line end and no space around its lines."""
        lines = [" ".join(line.split()) for line in self.cleaned_data["sign_off"].splitlines()]
        return "\n".join(lines).strip()

    def clean_slug(self) -> str:
        """Return the slug, or one made of the name."""
        name = self.cleaned_data.get("name", "")
        return self.cleaned_data["slug"] or free_slug(self.instance, name, otherwise="contributor")


@admin.register(Contributor)
class ContributorAdmin(PlainSelectsMixin, admin.ModelAdmin[Contributor]):
    """Authors as readers see them."""

    form = ContributorForm
    prepopulated_fields = {"slug": ("name",)}
    list_display = ("name", "job_title", "contact", "account")
    list_select_related = ("account",)
    search_fields = ("name", "job_title", "contact")
    actions = None

    def save_model(self, request: HttpRequest, obj: Contributor, form: Any, change: bool) -> None:
        """Save; approved issues that would end with another sign-off need a new approval."""
        super().save_model(request, obj, form, change)
        if obj.photo and "photo" in form.changed_data:
            make_sizes(obj.photo.name or "", widths=PORTRAIT_WIDTHS)
        if not change or "sign_off" not in form.changed_data:
            return
        for issue in obj.issues.filter(state__in=APPROVED_STATES):
            if void_approval(issue, by=request.user):
                messages.warning(
                    request,
                    f"{issue} would end with another sign-off than the approved one, so it is in"
                    " review again and needs a new approval.",
                )

    @accepts_files(max_bytes=4 * MAX_BYTES)
    def add_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().add_view(*args, **kwargs)

    @accepts_files(max_bytes=4 * MAX_BYTES)
    def change_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().change_view(*args, **kwargs)
