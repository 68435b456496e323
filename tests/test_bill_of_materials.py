"""`make sbom` lists every package of the lock file, with its hashes (CycloneDX)."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.servers.programs import environment, run
from tests.source_files import ROOT


def test_the_list_of_components_is_that_of_the_lock(tmp_path: Path) -> None:
    files = [tmp_path / "one.json", tmp_path / "two.json"]
    for file in files:
        done = run("tools/sbom.py", str(file), env=environment())
        assert done.returncode == 0, done.stderr
    assert files[0].read_bytes() == files[1].read_bytes()
    document = json.loads(files[0].read_text())
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", document["serialNumber"])
    locked = re.findall(
        r"^([\w.-]+)==([^\s;\\]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE
    )
    found = [(one["name"], one["version"]) for one in document["components"]]
    assert sorted(found) == sorted(locked)
    assert len(locked) > 30
    hashes = (ROOT / "requirements.lock").read_text().count("--hash=sha256:")
    assert sum(len(one["hashes"]) for one in document["components"]) == hashes
    references = [one["bom-ref"] for one in document["components"]]
    assert len(set(references)) == len(references)
    assert set(document["dependencies"][0]["dependsOn"]) == set(references)
    assert all(one["purl"].startswith("pkg:pypi/") for one in document["components"])
    django = next(one for one in document["components"] if one["name"].lower() == "django")
    assert "BSD" in json.dumps(django["licenses"])
    assert "index" not in files[0].read_text()
