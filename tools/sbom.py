"""Write the packages of requirements.lock as a software bill of materials (CycloneDX 1.6).

`make sbom` writes var/sbom.cdx.json. The same lock file gives the same bytes on every machine that
has its packages installed, from which the licences come.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
import uuid
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
_PACKAGE = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(.*(?:\n[ \t].*)*)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def bill_of_materials() -> dict[str, Any]:
    """Return the document as JSON has it."""
    text = LOCK.read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    components = [_component(*found.groups()) for found in _PACKAGE.finditer(text)]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, text)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "newsroom",
                "name": project["name"],
                "version": project["version"],
                "licenses": [{"license": {"id": project["license"]}}],
            }
        },
        "components": sorted(components, key=lambda one: str(one["name"])),
        "dependencies": [
            {"ref": "newsroom", "dependsOn": sorted(str(one["bom-ref"]) for one in components)}
        ],
    }


def _component(name: str, version: str, rest: str) -> dict[str, Any]:
    """Return a package with the hashes of the files that may be installed for it."""
    address = f"pkg:pypi/{re.sub(r'[-_.]+', '-', name).lower()}@{version}"
    component = {
        "type": "library",
        "bom-ref": address,
        "name": name,
        "version": version,
        "purl": address,
        "hashes": [{"alg": "SHA-256", "content": found} for found in _HASH.findall(rest)],
    }
    if licence := _licence(name):
        component["licenses"] = [licence]
    return component


def _licence(name: str) -> dict[str, Any]:
    """Return what an installed package says of its licence; nothing if it is not installed."""
    try:
        facts = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return {}
    if expression := facts.get("License-Expression"):
        return {"expression": expression}
    named = [
        one.rpartition(" :: ")[2] for one in facts.get_all("Classifier", []) if "License ::" in one
    ]
    words = (facts.get("License") or "").strip()
    if named or (words and "\n" not in words):
        return {"license": {"name": "; ".join(named) or words}}
    return {}


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "var" / "sbom.cdx.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(bill_of_materials(), indent=2) + "\n")
    print(f"Wrote {target}.")
