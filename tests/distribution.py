"""How `pytest -n` shares the tests out among its processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    import pytest

# The tests of demos share a folder that takes long to make, and demos that run.
OF_DEMOS = ("tests/browser/test_whole_journey.py", "tests/newsroom/test_demo.py")


class DemosTogether(LoadScopeScheduling):  # type: ignore[misc]  # published without types
    """Each test goes to the process that asks next, but all tests of demos go to the same one.

    They come first, because together they take longer than any other test.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "demos" if nodeid.startswith(OF_DEMOS) else nodeid


def is_about_demos(item: pytest.Item) -> bool:
    return item.nodeid.startswith(OF_DEMOS)
