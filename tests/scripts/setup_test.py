"""scripts/setup.sh, with dpkg-query, apt-get, sudo and id played by small scripts."""
from __future__ import annotations

import shutil
import subprocess

from support import SCRIPTS, TreeTest, run

DPKG_QUERY = """#!/bin/sh
# Knows the packages in $STATE/installed; like the real one, fails if any is unknown.
code=0
shift 3
for name in "$@"; do if grep -qx "$name" "$STATE/installed"; then echo "ii  $name"; else code=1; fi; done
exit $code
"""
APT_GET = """#!/bin/sh
echo "$*" >> "$STATE/apt"
env | grep -x DEBIAN_FRONTEND=noninteractive >> "$STATE/apt"
for last in "$@"; do
  case "$last" in -*|install|update|DPkg::*|Dpkg::*) ;; *) [ -e "$STATE/broken" ] || echo "$last" >> "$STATE/installed";; esac
done
"""
APT_CACHE = """#!/bin/sh
# Knows every package, after an update, but those of $STATE/unknown.
[ -e "$STATE/apt" ] && ! grep -qx "$2" "$STATE/unknown" 2> /dev/null
"""
SUDO = """#!/bin/sh
echo "$*" >> "$STATE/sudo"
[ "$1" = -n ] && shift
exec "$@"
"""
TOOLS = ["bash", "sh", "sed", "tr", "env", "grep", "cat", "dirname"]


class SetupTest(TreeTest):
    def setUp(self) -> None:
        super().setUp()
        self.put("scripts/packages.txt", "# heading\nalpha  # first\nbeta # second\n\ngamma\n")
        shutil.copy(SCRIPTS / "setup.sh", self.tree / "scripts/setup.sh")
        self.put("state/installed", "alpha\nbeta\ngamma\n")
        self.command("bin/dpkg-query", DPKG_QUERY)
        self.command("bin/apt-get", APT_GET)
        self.command("bin/apt-cache", APT_CACHE)
        self.user(0)
        for tool in TOOLS:
            (self.tree / "bin" / tool).symlink_to(shutil.which(tool, path="/usr/bin:/bin") or tool)

    def user(self, number: int) -> None:
        self.command("bin/id", f"#!/bin/sh\necho {number}\n")

    def said(self, name: str) -> str:
        file = self.tree / "state" / name
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def setup(self, *options: str) -> subprocess.CompletedProcess[str]:
        return run(self.tree / "scripts/setup.sh", *options, PATH=str(self.tree / "bin"), STATE=str(self.tree / "state"))

    def test_nothing_to_do(self) -> None:
        got = self.setup()
        self.assertEqual((got.returncode, got.stdout), (0, "setup: all 3 packages are installed\n"))
        self.assertEqual(self.said("apt"), "")
        self.assertEqual(self.setup("--quiet").stdout, "")

    def test_installs_what_is_missing_once(self) -> None:
        self.put("state/installed", "beta\n")
        got = self.setup()
        self.assertEqual(got.returncode, 0, got.stderr)
        lines = [line for line in self.said("apt").splitlines() if "DEBIAN_FRONTEND" not in line]
        self.assertEqual([line.split()[5] for line in lines], ["update", "install"])
        self.assertTrue(lines[1].endswith(" alpha gamma"), lines)
        self.assertEqual(self.said("apt").count("DEBIAN_FRONTEND=noninteractive"), 2)
        self.assertEqual(self.setup().returncode, 0)
        self.assertEqual(self.said("apt").count("update"), 1)

    def test_check_installs_nothing(self) -> None:
        self.put("state/installed", "beta\n")
        got = self.setup("--check")
        self.assertEqual(got.returncode, 1)
        self.assertIn("alpha gamma", got.stderr)
        self.assertEqual(self.said("apt"), "")

    def test_of_alternatives_one_is_enough(self) -> None:
        self.put("scripts/packages.txt", "alpha  # first\nbeta-1|beta-2|beta-3  # second\n")
        for there in ("beta-1", "beta-3"):
            self.put("state/installed", f"alpha\n{there}\n")
            self.assertEqual(self.setup().stdout, "setup: all 2 packages are installed\n")
        self.assertEqual(self.said("apt"), "")

    def test_of_alternatives_the_first_that_there_is(self) -> None:
        self.put("scripts/packages.txt", "alpha  # first\nbeta-1|beta-2|beta-3  # second\n")
        unknown = ""
        for name, want in (("", "beta-1"), ("beta-1", "beta-2"), ("beta-2", "beta-3"), ("beta-3", "beta-1")):
            unknown += f"{name}\n"
            self.put("state/installed", "alpha\n")
            self.put("state/unknown", unknown)
            self.put("state/apt", "")
            self.assertEqual(self.setup("--check").returncode, 1)
            self.assertEqual(self.setup().returncode, 0)
            self.assertEqual(self.said("installed").split(), ["alpha", want])

    def test_another_user_needs_sudo(self) -> None:
        self.user(1000)
        self.put("state/installed", "beta\n")
        got = self.setup()
        self.assertEqual(got.returncode, 1)
        self.assertIn("no sudo", got.stderr)
        self.assertEqual(self.said("apt"), "")
        self.command("bin/sudo", SUDO)
        self.assertEqual(self.setup().returncode, 0)
        self.assertEqual(self.said("sudo").count("-n env DEBIAN_FRONTEND=noninteractive apt-get"), 2)

    def test_a_package_that_does_not_come_is_an_error(self) -> None:
        self.put("state/installed", "beta\n")
        self.put("state/broken")
        got = self.setup()
        self.assertEqual(got.returncode, 1)
        self.assertIn("still missing: alpha gamma", got.stderr)

    def test_another_system(self) -> None:
        (self.tree / "bin/dpkg-query").unlink()
        got = self.setup()
        self.assertEqual(got.returncode, 1)
        self.assertIn("no Debian system", got.stderr)

    def test_every_package_of_the_list_has_a_comment(self) -> None:
        lines = (SCRIPTS / "packages.txt").read_text(encoding="utf-8").splitlines()
        packages = [line for line in lines if line and not line.startswith("#")]
        self.assertGreater(len(packages), 15)
        for line in packages:
            self.assertRegex(line, r"^[a-z0-9.+-]+(\|[a-z0-9.+-]+)* +# \S")
        self.assertEqual(len(packages), len({line.split()[0] for line in packages}))
