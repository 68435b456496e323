"""Upload of an image from the text editor, with the JSON that CKEditor expects."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_POST

from briefings.images import MAX_BYTES, ImageRefused, folder_of_issues, store_image
from briefings.permissions import may_write_issues
from newsroom.file_uploads import accepts_files


def _refuse(sentence: str, *, status: int = 200) -> JsonResponse:
    """Return a refusal for the dialog, which shows messages only of responses with status 200."""
    return JsonResponse({"uploaded": 0, "error": {"message": sentence}}, status=status)


def may_upload(request: HttpRequest) -> bool:
    """Whether this person may upload images: whoever may write issues may."""
    user = request.user
    return user.is_active and bool(getattr(user, "is_staff", False)) and may_write_issues(user)


def _ask_to_log_in(request: HttpRequest) -> JsonResponse:
    return _refuse(
        "You are logged out. Log in again in another tab, then upload the image again.",
        status=403,
    )


# Several times what an image may have, so that the dialog can say how large a photo is.
@accepts_files(max_bytes=4 * MAX_BYTES, refuse=_ask_to_log_in)
@require_POST
def upload_image(request: HttpRequest) -> JsonResponse:
    """Store one image (field `upload`) and return its URL and size.

    The middleware protects it against CSRF; the page sends the token in a header.
    """
    if not request.user.is_authenticated:
        return _ask_to_log_in(request)
    if not may_upload(request):
        raise PermissionDenied
    upload = request.FILES.get("upload")
    if upload is None:
        return _refuse("We received no file. Choose an image and upload it again.")
    try:
        image = store_image(upload, folder=folder_of_issues())
    except ImageRefused as refusal:
        return _refuse(str(refusal))
    return JsonResponse(
        {
            "uploaded": 1,
            "fileName": upload.name,
            "url": image.url,
            "width": image.width,
            "height": image.height,
        }
    )
