"""Whole public pages, stored with their headers and compressed, until what they show changes.

A stored page is read together with the versions of its subjects, in one exchange with the cache; of
one that this process showed before, only the versions are. If the cache is unreachable, pages are
made as if there were none.
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import cache as remembered
from pathlib import Path
from threading import Lock
from typing import NamedTuple, TypeVar

from django.conf import settings
from django.core.cache import BaseCache, caches

from newsroom.content_changes import CACHE_FAILURES, breaker, new_version, version_key
from newsroom.content_encodings import ENCODINGS, encoded

log = logging.getLogger(__name__)

Result = TypeVar("Result")

# Bounds what goes wrong without our knowing: a process that was killed between a commit and the
# change of the version, or a cache that was unreachable at that moment.
LONGEST = 300.0  # seconds
REMEMBERED = 86_400.0  # seconds for which we know when a page's bytes changed last
MEMORY_BYTES = 16_000_000  # of each web process: some hundred pages


class Page(NamedTuple):
    """A page in one encoding. `modified` is in whole seconds, as its header."""

    body: bytes
    headers: dict[str, str]
    etag: str
    modified: int
    expires: float
    versions: tuple[str, ...] = ()

    def is_right(self, versions: tuple[str, ...]) -> bool:
        """Whether the page shows what is so now, given the current versions of its subjects."""
        return self.versions == versions and time.time() < self.expires


class PageMemory:
    """The pages that this process showed last, up to a number of bytes."""

    def __init__(self, *, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._bytes = 0
        self._pages: OrderedDict[str, Page] = OrderedDict()  # used longest ago first
        self._lock = Lock()

    def get(self, name: str) -> Page | None:
        """Return the page of a name, right or not."""
        with self._lock:
            if name not in self._pages:
                return None
            self._pages.move_to_end(name)
            return self._pages[name]

    def put(self, name: str, page: Page) -> None:
        """Keep a page in place of an earlier one, unless it would take much of the room."""
        with self._lock:
            if earlier := self._pages.pop(name, None):
                self._bytes -= len(earlier.body)
            if len(page.body) > self.max_bytes // 4:
                return
            self._pages[name] = page
            self._bytes += len(page.body)
            while self._bytes > self.max_bytes:
                _, oldest = self._pages.popitem(last=False)
                self._bytes -= len(oldest.body)


_memory = PageMemory(max_bytes=MEMORY_BYTES)


class Found(NamedTuple):
    """What the cache knows of a page; without versions, it must not be stored."""

    page: Page | None
    versions: tuple[str, ...] | None


def page_key(path: str, query: str) -> str:
    """Return the key of a page. Another release, key, name or language of the site has others."""
    words = [_release(), settings.SITE_URL, settings.SITE_NAME, settings.POSTAL_ADDRESS]
    words += [settings.LANGUAGE_CODE, settings.SECRET_KEY, path, query]
    return "page." + hashlib.sha256("\n".join(words).encode()).hexdigest()


def look_up(key: str, *, encoding: str, subjects: Iterable[str]) -> Found:
    """Return a page that is still right, and the versions from which one would be made now."""
    name = _in_encoding(key, encoding)
    version_keys = [version_key(one) for one in subjects]

    def read(store: BaseCache) -> Found:
        ours = _memory.get(name)
        found = store.get_many(version_keys if ours else [name, *version_keys])
        missing = [one for one in version_keys if one not in found]
        if missing:
            for one in missing:
                store.add(one, new_version(), None)
            found |= store.get_many(missing)  # perhaps another process was first
        versions = tuple(found.get(one, "") for one in version_keys)
        if ours and ours.is_right(versions):
            return Found(ours, versions)
        stored: Page | None = store.get(name) if ours else found.get(name)
        if stored and stored.is_right(versions):
            _memory.put(name, stored)
            return Found(stored, versions)
        return Found(None, versions if all(versions) else None)

    return _with_cache(read) or Found(None, None)


def store_page(key: str, page: Page, *, versions: tuple[str, ...]) -> Page:
    """Store a page in every encoding; return it with the time at which its bytes changed."""
    seconds = page.expires - time.time()

    def write(store: BaseCache) -> Page:
        known: tuple[str, int] | None = store.get(f"{key}.modified")
        dated = page._replace(modified=_modified(page, known), versions=versions)
        pages = {_in_encoding(key, name): in_encoding(dated, name) for name in ENCODINGS}
        store.set_many(pages, seconds)
        store.set(f"{key}.modified", (dated.etag, dated.modified), REMEMBERED)
        return dated

    return page if seconds <= 0 else _with_cache(write) or page


def kept_file(name: str, make: Callable[[], bytes]) -> bytes:
    """Return the file of this name, made at most once a day while the cache is reachable.

    A name that holds a hash of what the file is made from needs no version.
    """
    key = f"file.{name}"
    known: bytes | None = _with_cache(lambda store: store.get(key))
    if known is not None:
        return known
    made = make()
    _with_cache(lambda store: store.set(key, made, REMEMBERED))
    return made


def remembered_until_changed(name: str, subject: str, make: Callable[[], Result]) -> Result:
    """Return what `make` returned after the last change of a subject, or call it."""
    version_of_it, key = version_key(subject), f"{_release()}.{name}"

    def read(store: BaseCache) -> tuple[str, tuple[str, Result] | None]:
        found = store.get_many([version_of_it, key])
        if version_of_it not in found:
            store.add(version_of_it, new_version(), None)
        return found.get(version_of_it) or store.get(version_of_it, ""), found.get(key)

    version, known = _with_cache(read) or ("", None)
    if version and known and known[0] == version:
        return known[1]
    made = make()
    if version:
        _with_cache(lambda store: store.set(key, (version, made), LONGEST))
    return made


def in_encoding(page: Page, encoding: str) -> Page:
    """Return a page compressed, if that makes it smaller; it is another representation then."""
    body = encoded(page.body, encoding)
    if len(body) >= len(page.body):
        return page
    headers = {**page.headers, "Content-Encoding": encoding}
    return page._replace(body=body, headers=headers, etag=f"{page.etag}-{encoding}")


def _modified(page: Page, known: tuple[str, int] | None) -> int:
    """Return when the bytes changed: of two changes within a second, the later has a later time."""
    if known is None:
        return page.modified
    etag, modified = known
    return modified if etag == page.etag else max(page.modified, modified + 1)


def _in_encoding(key: str, encoding: str) -> str:
    return f"{key}.{encoding}"


def _with_cache(operation: Callable[[BaseCache], Result]) -> Result | None:
    """Run an operation on the cache; None while it is unreachable."""
    if breaker.is_open:
        return None
    try:
        return operation(caches["pages"])
    except CACHE_FAILURES as failure:
        breaker.open()
        log.warning("the cache of pages is unreachable; each one is made again: %s", failure)
        return None


@remembered
def _release() -> str:
    """Return a hash of the programs and templates that make pages, as they were at the start."""
    found = hashlib.sha256()
    for folder in ("newsroom", "briefings", "subscribers", "templates", "static"):
        for path in sorted(_files(settings.BASE_DIR / folder)):
            facts = path.stat()
            found.update(f"{path} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return found.hexdigest()


def _files(folder: Path) -> Iterable[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        yield from (Path(parent) / name for name in names)
