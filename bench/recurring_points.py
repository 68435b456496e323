"""Recurring points: how much of a response an editor reads to find a point's pieces, and its price.

Each folder has a set of labelled comments: `comments.jsonl` with `id`, `text`, `name`, `reply_to`,
`point` and `also`, and `points.json` with each point as a sentence. An editor who answers
truthfully is shown one piece after the other in the order of the page, by the same functions.

share_read_to_80   share of the comments shown until 80 % of a point's comments were among them:
                   the mean over points, then over sets
duplicates_missed  pairs of comments that say the same and were not joined
duplicates_wrong   pairs that were joined and say different things

Which comments say the same stands in `duplicates.json`, a list of lists of ids. Without that file,
they are those that one name wrote about one point.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import resource
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import mean, median
from typing import Any

from bench.installation import ROOT
from bench.report import Aim
from briefings.points.encoder import Encoder, hash_of_files
from briefings.points.likely_number import likely_more
from briefings.points.likeness import Likeness, PieceWords
from briefings.points.more_like_this import in_order, scores

ENCODER = ROOT / ".venv" / "encoder"
ENOUGH = 0.8
SIZES = (60, 500)
ANSWERS = 60  # in the large response, while the time of each new order is taken
AIMS = (
    Aim(figure="share_read_to_80", bound=0.30, at_most=True),
    Aim(figure="duplicates_missed", bound=0, at_most=True),
    Aim(figure="duplicates_wrong", bound=0, at_most=True),
    Aim(figure="cpu_seconds_500", bound=30, at_most=True),
    Aim(figure="peak_mb_500", bound=400, at_most=True),
    Aim(figure="reorder_ms_500", bound=200, at_most=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledSet:
    """Comments on one issue, and which of them make which point."""

    name: str
    comments: list[dict[str, Any]]
    sentences: dict[str, str]
    duplicates: set[frozenset[str]]

    def makes(self, place: int, point: str) -> bool:
        """Whether the comment at a place makes a point."""
        comment = self.comments[place]
        return point == comment["point"] or point in (comment.get("also") or ())


def read_set(folder: Path) -> LabelledSet:
    """Read a folder."""
    lines = (folder / "comments.jsonl").read_text().splitlines()
    comments = [json.loads(line) for line in lines if line.strip()]
    points = json.loads((folder / "points.json").read_text())
    sentences = {name: words for name, words in points.items() if isinstance(words, str)}
    return LabelledSet(
        name=folder.name,
        comments=comments,
        sentences=sentences,
        duplicates=_duplicates(folder, comments),
    )


def _duplicates(folder: Path, comments: list[dict[str, Any]]) -> set[frozenset[str]]:
    labelled = folder / "duplicates.json"
    if labelled.exists():
        groups = json.loads(labelled.read_text())
    else:
        by_writer = defaultdict(list)
        for one in comments:
            if one.get("name") and one["point"]:
                by_writer[one["name"], one["point"]].append(one["id"])
        groups = by_writer.values()
    return {frozenset(pair) for group in groups for pair in combinations(group, 2)}


def pieces_of(comments: list[dict[str, Any]], vectors: list[bytes]) -> list[PieceWords]:
    """Return comments as the page compares them; without vectors, by their wording only."""
    place_of = {comment["id"]: place for place, comment in enumerate(comments)}
    return [
        PieceWords(
            text=comment["text"],
            person=comment.get("name") or comment["id"],
            parent=place_of.get(comment.get("reply_to")),
            vector=vectors[place] if vectors else b"",
        )
        for place, comment in enumerate(comments)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One point, read until enough was found."""

    share: float
    # The likely number that the page showed after half of the reading, and the true one.
    likely: int | None
    left: int


def read_for_point(labelled: LabelledSet, likeness: Likeness, point: str, vector: bytes) -> Reading:
    """Show one piece after the other until 80 % of a point's comments were among them."""
    groups = likeness.groups
    makes = [any(labelled.makes(place, point) for place in group) for group in groups]
    total = sum(labelled.makes(place, point) for place in range(len(labelled.comments)))
    needed = math.ceil(ENOUGH * total - 1e-9)
    shown = found = 0
    answers: dict[int, bool] = {}
    guesses: list[tuple[int | None, int]] = []
    while found < needed:
        order = in_order(
            scores(
                likeness,
                labelled.sentences[point],
                vector,
                yes=[place for place, is_yes in answers.items() if is_yes],
                no=[place for place, is_yes in answers.items() if not is_yes],
            ),
            without=answers,
        )
        place = order[0]
        answers[place] = makes[place]
        shown += len(groups[place])  # as if each of those that say the same were read
        found += sum(labelled.makes(each, point) for each in groups[place])
        likely = likely_more([*answers.values()], unchecked=len(groups) - len(answers))
        left = sum(makes) - sum(answers.values())
        guesses.append((likely, left))
    likely, left = guesses[len(guesses) // 2]
    return Reading(share=shown / len(labelled.comments), likely=likely, left=left)


def measure(folders: list[Path]) -> dict[str, Any]:
    """Return the figures of these sets, and print them."""
    encoder = Encoder(ENCODER, sha256=hash_of_files(ENCODER))
    found: dict[str, Any] = {"sets": {}}
    for folder in folders:
        labelled = read_set(folder)
        found["sets"][labelled.name] = _measure_set(labelled, encoder)
    sets = found["sets"].values()
    for name in ("share_read_to_80", "share_read_to_80_by_wording"):
        found[name] = mean(each[name] for each in sets)
    for name in ("duplicates_missed", "duplicates_wrong"):
        found[name] = sum(each[name] for each in sets)
    for size in SIZES:
        found |= _measure_in_a_process(folders, size)
    found["aims"] = [
        {"figure": aim.figure, "aim": str(aim), "result": aim.result(found[aim.figure])}
        for aim in AIMS
    ]
    print(_table(found))
    return found


def _measure_set(labelled: LabelledSet, encoder: Encoder) -> dict[str, Any]:
    vectors = encoder.encode([comment["text"] for comment in labelled.comments])
    sentences = dict(
        zip(labelled.sentences, encoder.encode([*labelled.sentences.values()]), strict=True)
    )
    likeness = Likeness(pieces_of(labelled.comments, vectors))
    by_wording = Likeness(pieces_of(labelled.comments, []))
    readings = {
        point: read_for_point(labelled, likeness, point, vector)
        for point, vector in sentences.items()
    }
    joined = {
        frozenset(labelled.comments[place]["id"] for place in pair)
        for group in likeness.groups
        for pair in combinations(group, 2)
    }
    guessed = [each for each in readings.values() if each.likely is not None]
    return {
        "comments": len(labelled.comments),
        "share_read_to_80": mean(reading.share for reading in readings.values()),
        "share_read_to_80_by_wording": mean(
            read_for_point(labelled, by_wording, point, b"").share for point in sentences
        ),
        "points": {point: reading.share for point, reading in readings.items()},
        "duplicates_missed": len(labelled.duplicates - joined),
        "duplicates_wrong": len(joined - labelled.duplicates),
        "likely_more_off_by": mean(abs((each.likely or 0) - each.left) for each in guessed)
        if guessed
        else None,
    }


def _measure_in_a_process(folders: list[Path], size: int) -> dict[str, Any]:
    """Return what a response of this size costs a process that does nothing else."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "bench.recurring_points",
            str(size),
            *map(str, map(Path.resolve, folders)),
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    figures = json.loads(done.stdout)
    return {f"{name}_{size}": value for name, value in figures.items()}


def invented_response(folders: list[Path], size: int) -> list[dict[str, Any]]:
    """Return this number of comments: of the sets, and others in their words."""
    comments = [comment for folder in folders for comment in read_set(folder).comments]
    texts = [comment["text"] for comment in comments]
    words = [word for text in texts for word in text.split()]
    chance = random.Random(13)  # noqa: S311  (the same each time)
    while len(texts) < size:
        texts.append(" ".join(chance.sample(words, len(chance.choice(comments)["text"].split()))))
    return [{"id": str(number), "text": text} for number, text in enumerate(texts[:size])]


def price_of(folders: list[Path], size: int) -> dict[str, float]:
    """Encode and compare a response, then answer some of it; return what that cost."""
    comments = invented_response(folders, size)
    encoder = Encoder(ENCODER, sha256=hash_of_files(ENCODER))
    vectors = encoder.encode([comment["text"] for comment in comments])
    sentence = comments[0]["text"]
    likeness = Likeness(pieces_of(comments, vectors))
    answers: dict[int, bool] = {}
    milliseconds = []
    for number in range(min(ANSWERS, size // 2)):
        begun = time.perf_counter()
        yes = [place for place, is_yes in answers.items() if is_yes]
        no = [place for place, is_yes in answers.items() if not is_yes]
        order = in_order(scores(likeness, sentence, vectors[0], yes=yes, no=no), without=answers)
        milliseconds.append(1000 * (time.perf_counter() - begun))
        answers[order[0]] = number % 3 == 0
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss / 1024,
        "words": float(median(len(comment["text"].split()) for comment in comments)),
        "reorder_ms": max(milliseconds),
    }


def _table(found: dict[str, Any]) -> str:
    lines = ["", "| set | comments | read until 80 % | by wording only |", "|---|---:|---:|---:|"]
    lines += [
        f"| {name} | {each['comments']} | {each['share_read_to_80']:.2f}"
        f" | {each['share_read_to_80_by_wording']:.2f} |"
        for name, each in found["sets"].items()
    ]
    lines += ["", "| figure | measured | aim | result |", "|---|---:|---:|---|"]
    lines += [
        f"| {aim.figure} | {found[aim.figure]:.4g} | {aim} | {aim.result(found[aim.figure])} |"
        for aim in AIMS
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What a response costs; `make bench` calls it.")
    parser.add_argument("size", type=int)
    parser.add_argument("folders", type=Path, nargs="+")
    options = parser.parse_args()
    print(json.dumps(price_of(options.folders, options.size)))
