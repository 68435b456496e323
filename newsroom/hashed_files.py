"""Static files under names with a hash, each of whose addresses is worked out once.

A page names a dozen of them. Their names stay the same until a new release is started.
"""

from __future__ import annotations

from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Whitenoise's storage, which remembers the addresses."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._addresses: dict[tuple[str, bool], str] = {}

    def url(self, name: str, force: bool = False) -> str:  # noqa: FBT001, FBT002  (Django's own)
        """Return the address of a file."""
        key = name, force
        if key not in self._addresses:
            self._addresses[key] = super().url(name, force)
        return self._addresses[key]
