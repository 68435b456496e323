"""Requests of many connections are combined, and each gets its own reply."""

from __future__ import annotations

import asyncio

import pytest

from subscribers.sending.batcher import FEW, SEVERAL, SMALL, Batcher


class Doubler:
    """Doubles numbers in batches, slowly, and keeps the batches; 13 makes a batch fail."""

    def __init__(self, *, seconds: float = 0.0, requesters: int | None = None) -> None:
        self.batches: list[list[int]] = []
        count = None if requesters is None else lambda: requesters
        self.batcher = Batcher(self._double, seconds=seconds, requesters=count)

    async def _double(self, numbers: list[int]) -> list[int]:
        self.batches.append(numbers)
        await asyncio.sleep(0.01)
        if 13 in numbers:
            raise LookupError("13 is not allowed")
        return [2 * number for number in numbers]


def test_requests_during_a_batch_are_the_next_batch() -> None:
    async def ask() -> tuple[list[list[int]], list[int]]:
        doubler = Doubler()
        first = doubler.batcher.submit(1)
        await asyncio.sleep(0.005)
        rest = [doubler.batcher.submit(number) for number in (2, 3, 4)]
        return doubler.batches, await asyncio.gather(first, *rest)

    batches, replies = asyncio.run(ask())
    assert batches == [[1], [2, 3, 4]]
    assert replies == [2, 4, 6, 8]


def test_a_batch_does_not_wait_once_all_requesters_do() -> None:
    async def ask() -> list[list[int]]:
        doubler = Doubler(seconds=3600, requesters=3)
        async with asyncio.timeout(30):
            await asyncio.gather(*(doubler.batcher.submit(number) for number in (1, 2, 3)))
        return doubler.batches

    assert asyncio.run(ask()) == [[1, 2, 3]]


def test_a_batch_waits_for_no_turn_while_few_requesters_wait() -> None:
    async def ask() -> list[list[int]]:
        doubler = Doubler(seconds=3600, requesters=2 * FEW + 1)
        async with asyncio.timeout(30):
            await asyncio.gather(*(doubler.batcher.submit(number) for number in (1, 2)))
        return doubler.batches

    assert asyncio.run(ask()) == [[1, 2]]


@pytest.mark.parametrize(
    ("requesters", "sizes"), [(4 * SMALL, [SMALL, SMALL - 1]), (3 * SMALL, [2 * SMALL - 1])]
)
def test_a_batch_is_small_until_half_of_the_requesters_wait(
    requesters: int, sizes: list[int]
) -> None:
    async def ask() -> tuple[list[list[int]], list[int]]:
        doubler = Doubler(requesters=requesters)
        asked = [doubler.batcher.submit(number) for number in range(20, 20 + 2 * SMALL - 1)]
        return doubler.batches, await asyncio.gather(*asked)

    batches, replies = asyncio.run(ask())
    assert [len(batch) for batch in batches] == sizes
    assert replies == [2 * number for number in range(20, 20 + 2 * SMALL - 1)]


def test_a_failure_is_raised_for_its_own_batch_only() -> None:
    async def ask() -> list[int | BaseException]:
        doubler = Doubler()
        early = [doubler.batcher.submit(number) for number in (12, 13)]
        await asyncio.sleep(0.005)
        late = doubler.batcher.submit(14)
        return await asyncio.gather(*early, late, return_exceptions=True)

    *failed, fine = asyncio.run(ask())
    assert [str(failure) for failure in failed] == ["13 is not allowed"] * 2
    assert fine == 28


def test_a_cancelled_request_does_not_disturb_the_others() -> None:
    async def ask() -> int:
        doubler = Doubler()
        gone, there = doubler.batcher.submit(1), doubler.batcher.submit(2)
        gone.cancel()
        return await there

    assert asyncio.run(ask()) == 4


def test_a_batch_waits_one_turn_and_another_while_several_requests_arrive() -> None:
    async def ask() -> list[list[int]]:
        doubler = Doubler(seconds=0.1)
        alone = doubler.batcher.submit(1)
        await alone
        asked = [doubler.batcher.submit(2)]
        for number in (10, 20, 30):
            await asyncio.sleep(0.05)
            asked += [doubler.batcher.submit(number + one) for one in range(SEVERAL)]
        await asyncio.gather(*asked)
        return doubler.batches

    several = [number + one for number in (10, 20, 30) for one in range(SEVERAL)]
    assert asyncio.run(ask()) == [[1], [2, *several]]
