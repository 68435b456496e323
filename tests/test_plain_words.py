"""Everything that a person reads is plain modern English, with one word for one thing.

`docs/glossary.md` has the words to use; here are those to avoid. We check templates, documents and
scripts, and in Python files strings, docstrings, comments and names, in tests and benchmarks too.
Left out are the sample briefings and what else imitates the words of other people.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.source_files import APPS, ROOT, project_files


class Avoid(NamedTuple):
    """Words to avoid, as a regular expression, and what to say instead."""

    pattern: str
    instead: str


AVOID = (
    # Words of the glossary
    Avoid(r"\be-mails?\b", "email"),
    Avoid(
        r"(?<!capital )(?<!small )(?<!first )(?<!upper-case )(?<!lower-case )(?<!two )"
        r"\bletters?\b(?! and digits|, digits|, marks| or digits?|-spacing)",
        "email (letter is for the alphabet: capital letter, letters and digits)",
    ),
    Avoid(r"\boctets?\b", "bytes"),
    Avoid(r"\b(?:\d+|\w+ of|so many|how many|most|more|control|invisible) signs\b", "characters"),
    Avoid(r"\bsigns? (?:long|at most|that stand|which)\b", "characters"),
    Avoid(r"\bg[ia]v(?:e|es|en|ing) (?:\w+ )?back\b", "return"),
    Avoid(
        r"\b(?:take|takes|taken|taking|took) (?:\w+ )?off\b(?! the clock)", "unsubscribe, remove"
    ),
    Avoid(r"\b(?:keep|keeps|kept|keeping) off\b", "suppress"),
    Avoid(
        r"(?<!aria-)\bpress(?:es|ed|ing)?\b(?! (?:office|release|Enter|Escape|Ctrl|Tab))",
        "select, click",
    ),
    Avoid(r"\bbegins? again\b", "resume, start again"),
    Avoid(r"\bhours? (?:has|have) come\b", "it is time to send; the send time has passed"),
    Avoid(r"\b(?:its|their) hours?\b(?! and minute)", "its send time"),
    Avoid(r"\b(?:get|got|gets) leave\b|\bask(?:s|ed|ing)? (?:for )?leave\b", "permit"),
    Avoid(
        r"\bclerks?\b|\bcouriers?\b(?! New)|\bgatherings?\b", "the glossary's word for the class"
    ),
    Avoid(r"\bverdicts?\b|\bjudg(?:es?|ed|ing|e?ments?)\b", "classification, classify, validate"),
    Avoid(r"(?<!newsroom )\bseal(?:s|ed|ing)?\b|\bstamp(?:s|ed|ing)?\b", "signature, token, sign"),
    Avoid(r"\b(?:un)?dress(?:es|ed|ing)?\b", "email HTML, inline styles"),
    Avoid(r"\bstretch(?:es|ed)?\b", "send run, run, period"),
    Avoid(r"\bbudgets?\b", "daily limit"),
    Avoid(r"\bdiscretion\b", "constant-time response"),
    Avoid(r"\bdisclos(?:e|es|ed|ing)\b", "data export"),
    Avoid(r"\bbrak(?:e|es|ed|ing)\b", "pause, limit"),
    Avoid(r"\b(?:one|two|three|first|second|third|another|\d+) strikes?\b", "failure streak"),
    Avoid(r"\bparked\b", "held back"),
    Avoid(r"\baddressees?\b", "recipient, subscriber"),
    Avoid(r"(?<!round )\btrip(?:ped)?\b", "round trip; opened, for a circuit breaker"),
    Avoid(r"\bin hand\b", "being worked on, leased, current"),
    Avoid(
        r"\b(?:server|broker|database|Redis|worker|mailbox) (?:is|are|was|were) away\b",
        "unreachable",
    ),
    Avoid(r"\b(?:log|record) of acts\b|\bacts? of staff\b", "audit log, staff action"),
    Avoid(r"\bmend(?:s|ed|ing)?\b", "fix"),
    Avoid(
        r"\b(?:copy|copies) (?:is|are|was|were|that|which|goes|go|under way|of a subscriber)\b",
        "delivery",
    ),
    Avoid(r"(?<!help )\b(?-i:desk)\b(?!\.css|/|-row)", "admin"),
    Avoid(r"\bthe beat\b", "beat"),
    Avoid(r"\bthe books\b", "ledger, records"),
    Avoid(r"\bwebhooks? (?:is|are) heard\b", "accepted"),
    # English that follows another language, or another century
    Avoid(r"(?-i:\bOf) (?:two|several|each|those|these)\b", "If two …, only one …"),
    Avoid(r"\b(?:is|are) done with\b", "finished, no longer needed"),
    Avoid(r"\bapprovals? (?:is|are|becomes?) void\b|\bvoid approvals?\b", "no longer valid"),
    Avoid(r"\bso many\b(?! (?:people|that))", "a number, how many, this many"),
    Avoid(r"\bfates?\b", "outcome"),
    Avoid(r"\b(?:with|in) a sentence\b(?! (?:encoder|of))", "with a message, and say why"),
    Avoid(r"\bremark(?:ed|ing)\b", "leave a remark, for staff; comment, for readers"),
    Avoid(r"\bis grave\b|\bhow grave\b", "serious"),
    Avoid(r"\bShall\b|\bshall (?:I|we|you)\b", "Do you want to …?"),
    Avoid(
        r"(?<!here )\b(?:is|are|was|were) no\b(?! longer\b| more\b| less\b| later\b| better\b)",
        "is not a …",
    ),
    Avoid(r"\banew\b", "again"),
    Avoid(r"\bNothing to remark\b", "Nothing to fix"),
    Avoid(
        r"\b(?:whence|thence|whither|hitherto|henceforth|forthwith|thereof|whereof)\b",
        "plain English",
    ),
    Avoid(r"\b(?:lest|nought|aught|albeit|amidst|whilst|amongst|upon|unto)\b", "plain English"),
    Avoid(r"\b(?:its|their|his|her|our|your) own accord\b", "by itself"),
    Avoid(r"\bmust needs\b|\bfor want of\b|\bsave for\b", "plain English"),
)
# Words to avoid in names of Python code, where a name is split at underscores and capitals.
AVOID_IN_NAMES = {
    "addressee",
    "brake",
    "braked",
    "budget",
    "clerk",
    "courier",
    "couriers",
    "disclose",
    "dress",
    "dressed",
    "gathering",
    "judge",
    "judged",
    "judgement",
    "letter",
    "letters",
    "mend",
    "mended",
    "octets",
    "parked",
    "seal",
    "sealed",
    "stamp",
    "stamped",
    "stretch",
    "strike",
    "strikes",
    "trip",
    "tripped",
    "verdict",
}
# Words that no docstring begins with: "Return" says the same.
AVOID_FIRST = ("Give ", "Gives ", "Tell ", "Tells ")
# Files that have to use such a word: what they read was written by others.
EXCEPT: dict[str, str] = {
    "briefings/document_import/foot.py": "recognises what authors write about being away",
    "briefings/document_import/section_kinds.py": "recognises the headings that authors write",
    "subscribers/bounces/classification.py": "phrases of mail servers",
    "subscribers/bounces/diagnostic_phrases.toml": "phrases of mail servers",
    "subscribers/bounces/message_phrases.toml": "phrases of mail systems and email programs",
    "static/newsroom_admin/admin.js": "reads drafts that an earlier version named",
    "tests/browser/test_unsaved_drafts.py": "has drafts that an earlier version named",
    "tests/browser/test_import_pages.py": "columns of other people's lists",
    "tests/subscribers/bounces/test_report_recognition.py": "what mail systems write",
    "tests/subscribers/lists/test_columns.py": "columns of other people's lists",
    "tests/subscribers/lists/test_import_subscribers_command.py": "columns of other people's lists",
    "tests/briefings/document_import/test_formats.py": "what authors write",
    "tests/briefings/document_import/test_head_and_foot.py": "what authors write",
    "tests/briefings/document_import/test_sections.py": "what authors write",
    "tests/briefings/document_import/test_weekly_texts.py": "what authors write",
}
FOLDERS = {*APPS, "templates", "static", "docs", "tools", "bench", "tests"}
SUFFIXES = {".py", ".html", ".txt", ".md", ".toml", ".js", ".sh", ".yml", ".example", ""}
SKIPPED = (
    *("static/altcha/", "static/fonts/", "briefings/sample_data/samples/"),
    *("tests/subscribers/bounces/reports/", "tests/briefings/document_import/documents/"),
    "tests/test_plain_words.py",
)
SKIPPED_FILES = {"LICENSE", "Dockerfile", ".gitignore", ".dockerignore", ".editorconfig"}


def files_to_read() -> list[Path]:
    files = [file.relative_to(ROOT) for file in project_files()]
    return [
        file
        for file in files
        if (len(file.parts) == 1 or file.parts[0] in FOLDERS)
        and file.suffix in SUFFIXES
        and file.name not in SKIPPED_FILES
        and "migrations" not in file.parts
        and not str(file).startswith(SKIPPED)
    ]


class Words(NamedTuple):
    """What a person reads of a file; docstrings and names only of Python files."""

    text: str
    docstrings: list[str]
    names: set[str]


def words_of(file: Path) -> Words:
    source = (ROOT / file).read_text()
    if file.suffix == ".py":
        return _words_of_python(source)
    if file.parts[0] == "templates":
        said = re.findall(r'\{% translate "([^"]*)"|_\("([^"]*)"\)', source)
        source = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " ", source, flags=re.DOTALL)
        source += "\n".join(map("".join, said))
        source = re.sub(r"<style.*?</style>", "", source, flags=re.DOTALL)
        source = re.sub(r'\b(?:class|id|name|for|href|src|style|data-[\w-]+)="[^"]*"', "", source)
    return Words(source, [], set())


def _words_of_python(source: str) -> Words:
    """Parse once and tokenise once: there are a thousand files."""
    strings, docstrings = [], []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            strings.append(node.value)
        elif isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            docstrings.append(ast.get_docstring(node) or "")
    comments, names = [], set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            comments.append(token.string)
        elif token.type == tokenize.NAME:
            names.add(token.string)
    return Words("\n".join([*strings, *comments]), docstrings, names)


def offences(file: Path) -> list[str]:
    """Return what is to be said in other words in a file."""
    words_read = words_of(file)
    text = re.sub(r"\s+", " ", words_read.text)
    found = [
        f"{file}: “{text[max(match.start() - 25, 0) : match.end() + 25]}” → {avoid.instead}"
        for avoid in AVOID
        for match in re.finditer(avoid.pattern, text, re.IGNORECASE)
    ]
    found += [
        f"{file}: docstring “{docstring[:50]}” → Return, Whether"
        for docstring in words_read.docstrings
        if docstring.startswith(AVOID_FIRST)
    ]
    for name in sorted(words_read.names):
        words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)}
        found += [f"{file}: name {name} has “{word}”" for word in words & AVOID_IN_NAMES]
    return found


@pytest.mark.takes(seconds=8)
def test_every_file_uses_plain_words() -> None:
    culprits = {str(file): found for file in files_to_read() if (found := offences(file))}
    assert {file: culprits[file] for file in culprits.keys() - EXCEPT.keys()} == {}
    assert EXCEPT.keys() <= culprits.keys()  # no exception without a need
