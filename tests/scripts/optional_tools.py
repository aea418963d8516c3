"""Tools that Debian does not have, for tests under --long: in .venv/NAME, fetched with pip at pinned versions."""
from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = 77


def folder(name: str) -> Path:
    return ROOT / ".venv" / name


def fetch(name: str, pinned: tuple[str, ...]) -> str:
    """Empty, or why they cannot be had."""
    done_mark = folder(name) / "fetched"
    wanted = "\n".join(pinned)
    if done_mark.is_file() and done_mark.read_text(encoding="utf-8") == wanted:
        return ""
    shutil.rmtree(folder(name), ignore_errors=True)
    for command in ([sys.executable, "-m", "venv", str(folder(name))],
                    [str(folder(name) / "bin" / "pip"), "install", "--quiet", *pinned]):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            shutil.rmtree(folder(name), ignore_errors=True)
            return f"{command[0]}: {(done.stderr or done.stdout).strip()}"
    done_mark.write_text(wanted, encoding="utf-8")
    return ""


def skip_without(name: str, pinned: tuple[str, ...]) -> None:
    """Ends the program with 77 and the reason where they cannot be had."""
    if reason := fetch(name, pinned):
        print(f"{name}: {reason}", file=sys.stderr)
        sys.exit(SKIPPED)
