"""What a bare Debian has once a list of packages is installed without recommendations, by this machine's dpkg."""
from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

FIELDS = ("binary:Package", "Package", "Essential", "Priority", "Pre-Depends", "Depends", "Provides", "db:Status-Status")
ADMIN = Path("/var/lib/dpkg")
MERGED = re.compile(r"^/(bin|sbin|lib|lib32|lib64|libx32)/")


class DebianError(Exception):
    """dpkg could not be asked; the text is its own."""


@dataclass
class Package:
    names: list[str]  # with their architecture, as dpkg wants them
    base: bool
    depends: list[list[str]] = field(default_factory=list)  # of each dependency the alternatives


def packages_of(line: str) -> list[list[str]]:
    """Depends: a (>= 1), b | c  as [[a], [b, c]]."""
    return [[re.split(r"[ (:\[]", choice.strip(), maxsplit=1)[0] for choice in part.split("|")] for part in line.split(",") if part.strip()]


class Debian:
    """The packages that are installed here, what they need, and their files."""

    def __init__(self, admin: Path = ADMIN) -> None:
        self.admin = admin
        self.packages: dict[str, Package] = {}
        self.providers: dict[str, list[str]] = {}
        shown = "".join(f"${{{name}}}\\t" for name in FIELDS) + "\\n"
        for line in self.ask("-W", "-f", shown).splitlines():
            qualified, name, essential, priority, before, depends, provides, status = line.split("\t")[:len(FIELDS)]
            if status not in ("installed", "triggers-pending", "triggers-awaited"):
                continue
            package = self.packages.setdefault(name, Package([], essential == "yes" or priority == "required" or name == "apt"))
            package.names.append(qualified)
            package.depends += packages_of(before) + packages_of(depends)
            for choices in packages_of(provides):
                self.providers.setdefault(choices[0], []).append(name)
        if not self.packages:
            raise DebianError(f"dpkg knows no package in {admin}")

    def ask(self, *arguments: str) -> str:
        try:
            done = subprocess.run(["dpkg-query", f"--admindir={self.admin}", *arguments], capture_output=True, text=True, errors="replace",
                                  check=False)
        except OSError as error:
            raise DebianError(f"this is no Debian system: {error}") from error
        if done.returncode != 0 and not done.stdout:
            raise DebianError(f"dpkg-query {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def brought_by(self, listed: Iterable[str]) -> set[str]:
        """The packages of a base system and those listed, with all that they depend on; recommendations are not installed.

        Of alternatives apt takes the first that there is; one that is not installed here has not been taken.
        """
        brought: set[str] = set()
        left = [name for name, package in self.packages.items() if package.base] + list(listed)
        while left:
            name = left.pop()
            if name in brought:
                continue
            if name not in self.packages:
                left += self.providers.get(name, [])[:1]
                continue
            brought.add(name)
            for choices in self.packages[name].depends:
                left += [choice for choice in choices if choice in self.packages or choice in self.providers][:1]
        return brought

    def files(self, names: Iterable[str]) -> set[str]:
        """The paths in these packages, /bin and the like as /usr/bin, with the links to alternatives that lead to one."""
        qualified = [name for package in names for name in self.packages[package].names]
        found = {merged(line) for line in self.ask("-L", *qualified).splitlines() if line.startswith("/")} if qualified else set()
        return found | {link for link, targets in self.alternatives() if targets & found}

    def alternatives(self) -> list[tuple[str, set[str]]]:
        """Of each link of update-alternatives what it can lead to."""
        links = []
        folder = self.admin / "alternatives"
        for file in sorted(folder.iterdir()) if folder.is_dir() else []:
            head, _, body = file.read_text(encoding="utf-8", errors="replace").partition("\n\n")
            if len(lines := head.splitlines()) > 1:
                links.append((merged(lines[1]), {merged(line) for line in body.splitlines() if line.startswith("/")}))
        return links

    def owner(self, path: str) -> str | None:
        """The package that has a file, under either of its names; of a link of alternatives that of what it leads to."""
        targets = [path, *(target for link, found in self.alternatives() if link == path for target in sorted(found))]
        for one in targets:
            for name in (one, one.removeprefix("/usr") if MERGED.match(one.removeprefix("/usr")) else one):
                try:
                    said = self.ask("-S", name)
                except DebianError:
                    continue
                if owners := [line for line in said.splitlines() if not line.startswith("diversion ") and line.endswith(f": {name}")]:
                    return owners[0].split(",")[0].split(":")[0]
        return None


def merged(path: str) -> str:
    """/bin/sh as /usr/bin/sh: one file, of which some packages say the old name."""
    return "/usr" + path if MERGED.match(path) else path
