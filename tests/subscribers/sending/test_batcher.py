"""Requests of many connections are answered together, each with its own reply."""

from __future__ import annotations

import asyncio

from subscribers.sending.batcher import Batcher


class Counter:
    """Doubles numbers in batches, slowly, and keeps the batches; 13 brings a batch down."""

    def __init__(self, *, seconds: float = 0.0) -> None:
        self.batches: list[list[int]] = []
        self.gathering = Batcher(self._double, seconds=seconds)

    async def _double(self, numbers: list[int]) -> list[int]:
        self.batches.append(numbers)
        await asyncio.sleep(0.01)
        if 13 in numbers:
            raise LookupError("no thirteen here")
        return [2 * number for number in numbers]


def test_who_asks_while_a_batch_is_under_way_is_in_the_next() -> None:
    async def ask() -> tuple[list[list[int]], list[int]]:
        counter = Counter()
        first = counter.gathering.ask(1)
        await asyncio.sleep(0.005)
        rest = [counter.gathering.ask(number) for number in (2, 3, 4)]
        return counter.batches, await asyncio.gather(first, *rest)

    batches, replies = asyncio.run(ask())
    assert batches == [[1], [2, 3, 4]]
    assert replies == [2, 4, 6, 8]


def test_a_failure_reaches_those_of_its_batch_and_nobody_else() -> None:
    async def ask() -> list[int | BaseException]:
        counter = Counter()
        early = [counter.gathering.ask(number) for number in (12, 13)]
        await asyncio.sleep(0.005)
        late = counter.gathering.ask(14)
        return await asyncio.gather(*early, late, return_exceptions=True)

    *failed, fine = asyncio.run(ask())
    assert [str(failure) for failure in failed] == ["no thirteen here"] * 2
    assert fine == 28


def test_one_who_stopped_waiting_takes_nothing_from_the_others() -> None:
    async def ask() -> int:
        counter = Counter()
        gone, there = counter.gathering.ask(1), counter.gathering.ask(2)
        gone.cancel()
        return await there

    assert asyncio.run(ask()) == 4


def test_a_batch_waits_for_one_turn_and_while_several_come_for_the_next() -> None:
    async def ask() -> list[list[int]]:
        counter = Counter(seconds=0.1)
        alone = counter.gathering.ask(1)
        await alone
        asked = [counter.gathering.ask(2)]
        for number in (10, 20, 30):
            await asyncio.sleep(0.05)
            asked += [counter.gathering.ask(number), counter.gathering.ask(number + 1)]
        await asyncio.gather(*asked)
        return counter.batches

    assert asyncio.run(ask()) == [[1], [2, 10, 11, 20, 21, 30, 31]]
