"""The exceptions to the repository's checks, read from allow.txt: CHECK PATTERN  # REASON."""
from __future__ import annotations

import subprocess
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

CHECKS = ("parity", "length", "word", "path", "link", "header", "program", "module", "source", "header-name")
SKIPPED_FOLDERS = {".git", "build", ".venv", "__pycache__"}


class AllowListError(Exception):
    """A line of the allow-list that cannot be read; the text names the file and the line."""


@dataclass
class Entry:
    line: int
    check: str
    pattern: str
    reason: str
    used: bool = False


class AllowList:
    """Which findings are accepted. An entry that no finding needed is stale, and an error itself."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.entries: list[Entry] = []
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            if line.strip() and not line.lstrip().startswith("#"):
                self.entries.append(self._entry(number, line))

    def _entry(self, number: int, line: str) -> Entry:
        rule, _, reason = line.partition("#")
        words = rule.split()
        if len(words) != 2 or words[0] not in CHECKS:
            raise AllowListError(f"{self.file.name}:{number}: '{line.strip()}' is not CHECK PATTERN  # REASON, "
                                 f"with CHECK one of {', '.join(CHECKS)}")
        if len(reason.split()) < 2:
            raise AllowListError(f"{self.file.name}:{number}: {words[1]} has no reason")
        return Entry(number, words[0], words[1], reason.strip())

    def allows(self, check: str, path: str) -> bool:
        """Whether `path` is excepted from `check`; the entries that say so count as used."""
        matching = [e for e in self.entries if e.check == check and fnmatchcase(path, e.pattern)]
        for entry in matching:
            entry.used = True
        return bool(matching)

    def stale(self, *checks: str) -> list[str]:
        """One message for each entry of these checks that nothing has used."""
        return [f"{self.file.name}:{e.line}: stale entry: no finding of '{e.check}' needs {e.pattern}"
                for e in self.entries if e.check in checks and not e.used]


def tracked_files(root: Path) -> list[str]:
    """Paths under `root` that git tracks and that exist; without git, every file outside build folders."""
    if (root / ".git").exists():
        listed = subprocess.run(["git", "-c", "safe.directory=*", "-C", str(root), "ls-files", "-z"],
                                capture_output=True, text=True, check=True).stdout
        return sorted(name for name in listed.split("\0") if name and (root / name).is_file())
    return sorted(str(path.relative_to(root)) for path in root.rglob("*")
                  if path.is_file() and not SKIPPED_FOLDERS & set(path.relative_to(root).parts))
