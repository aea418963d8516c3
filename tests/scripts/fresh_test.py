"""scripts/check/fresh.sh with debootstrap, unshare, mount, chroot and apt played by small scripts: no root, no network."""
from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from support import SCRIPTS, TreeTest, run

TOOLS = ["bash", "sh", "sed", "head", "tail", "tar", "tee", "git", "grep", "cp", "rm", "mkdir", "mktemp", "dirname", "cat", "env", "ls",
         "sleep", "true"]
FAKES = {
    "id": 'echo "${USER_NUMBER:-0}"\n',
    "apt-get": 'echo "Other Other main http://other.example/"; echo "Debian Debian-Security main http://security.example/"\n'
               'if [ -z "$NO_MIRROR" ]; then echo "Debian Debian main http://mirror.example/debian/"; fi\n',
    "apt-config": "echo 'Acquire::http::Proxy \"http://proxy.example:3128\";'; echo 'APT::Other \"x\";'\n",
    "debootstrap": 'echo "debootstrap $*" >> "$STATE/said"\nfor root; do case "$root" in /*) break;; esac; done\n'
                   'mkdir -p "$root/etc/apt/apt.conf.d" "$root/proc" "$root/sys" "$root/dev" "$root/tmp"; [ -z "$NO_NETWORK" ]\n',
    # As the real one: options, then the command.
    "unshare": 'while :; do case "$1" in -*) shift;; *) exec "$@";; esac; done\n',
    "mount": 'for last; do :; done; echo "mount ${last##*/}" >> "$STATE/said"\n',
    # chroot ROOT env -i … sh -c 'cd /weft && …' sh SCRIPT: runs the stand-in for SCRIPT in the copied tree.
    "chroot": 'root="$1"; for last; do :; done; echo "run $last" >> "$STATE/said"; cd "$root/weft" && exec "./$last"\n',
}
WORK = '#!/bin/sh\necho "at $(cat ../etc/apt/apt.conf.d/90machine | grep -c Acquire)"; [ ! -e "$STATE/slow" ] || sleep 5\n' \
       'echo "build: preset release built in 7 s"; [ ! -e "$STATE/broken-%s" ]\n'


class FreshTest(TreeTest):
    def setUp(self) -> None:
        super().setUp()
        for name, text in FAKES.items():
            self.command(f"bin/{name}", "#!/bin/sh\n" + text)
        for tool in TOOLS:
            (self.tree / "bin" / tool).symlink_to(shutil.which(tool, path="/usr/bin:/bin") or tool)
        self.script = self.tree / "weft/scripts/check/fresh.sh"
        self.script.parent.mkdir(parents=True)
        shutil.copy(SCRIPTS / "check/fresh.sh", self.script)
        for name in ("setup", "demo", "test"):
            self.command(f"weft/scripts/{name}.sh", WORK % name)
        self.put("weft/untracked", "no\n"), self.put("weft/gone"), self.put("state/said", "")
        for command in (["init", "-q"], ["add", "scripts", "gone"]):
            subprocess.run(["git", "-C", self.tree / "weft", *command], check=True, capture_output=True)
        (self.tree / "weft/gone").unlink()
        self.put("debootstrap/scripts/bookworm"), self.put("debootstrap/scripts/trixie"), self.put("temporary/x")
        self.environment = {"PATH": str(self.tree / "bin"), "STATE": str(self.tree / "state"), "TMPDIR": str(self.tree / "temporary"),
                            "DEBOOTSTRAP_DIR": str(self.tree / "debootstrap")}

    def fresh(self, *options: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return run(self.script, *options, **(self.environment | environment))

    def said(self) -> list[str]:
        lines = (self.tree / "state/said").read_text(encoding="utf-8").splitlines()
        self.put("state/said", "")
        return lines

    def left(self) -> list[str]:
        return sorted(path.name for path in (self.tree / "temporary").iterdir())

    def test_all_steps_with_their_times(self) -> None:
        got = self.fresh()
        self.assertEqual(got.returncode, 0, got.stderr)
        said = self.said()
        self.assertRegex(said[0], r"^debootstrap --variant=minbase bookworm /\S+/bookworm http://mirror\.example/debian/$")
        self.assertEqual(said[1:], ["mount proc", "mount sys", "mount dev", "mount tmp", "run scripts/setup.sh", "run scripts/demo.sh",
                                    "run scripts/test.sh"])
        for part in ("bootstrap", "packages", "demo", "test"):
            self.assertRegex(got.stdout, rf"(?m)^fresh: bookworm: {part}: \d+ s$")
        self.assertIn("fresh: bookworm: of that the build: 7 s\n", got.stdout)
        self.assertIn("all passed", got.stdout)
        self.assertEqual(self.left(), ["x"])

    def test_steps_and_suites(self) -> None:
        for step, want in (("demo", ["setup", "demo"]), ("test", ["setup", "test"])):
            self.assertEqual(self.fresh("--step", step, "--suite", "trixie", "--mirror", "https://mine.example/").returncode, 0)
            said = self.said()
            self.assertRegex(said[0], r"^debootstrap --variant=minbase --include=ca-certificates trixie \S+ https://mine\.example/$")
            self.assertEqual([line for line in said if line.startswith("run")], [f"run scripts/{name}.sh" for name in want])

    def test_what_fails_is_said_and_the_rest_still_runs(self) -> None:
        for broken, runs in (("setup", ["setup"]), ("demo", ["setup", "demo", "test"]), ("test", ["setup", "demo", "test"])):
            self.put(f"state/broken-{broken}")
            got = self.fresh()
            (self.tree / f"state/broken-{broken}").unlink()
            self.assertEqual(got.returncode, 1)
            self.assertIn({"setup": "packages"}.get(broken, broken) + ": FAILED", got.stderr)
            self.assertEqual([line for line in self.said() if line.startswith("run")], [f"run scripts/{name}.sh" for name in runs])
            self.assertEqual(self.left(), ["x"])
        got = self.fresh(NO_NETWORK="1")
        self.assertEqual((got.returncode, self.said()[1:]), (1, []))
        self.assertIn("bootstrap: FAILED", got.stderr)

    def test_a_kept_machine(self) -> None:
        kept = self.tree / "kept"
        self.assertEqual(self.fresh("--keep", kept, "--step", "demo").returncode, 0)
        self.said()
        tracked = subprocess.run(["git", "-C", kept / "weft", "ls-files"], check=True, capture_output=True, text=True).stdout
        self.assertEqual(tracked.split(), [f"scripts/{name}" for name in ("check/fresh.sh", "demo.sh", "setup.sh", "test.sh")])
        settings = (kept / "etc/apt/apt.conf.d/90machine").read_text(encoding="utf-8")
        self.assertIn('Acquire::http::Proxy "http://proxy.example:3128";', settings)
        self.assertNotIn("APT::Other", settings)
        again = self.fresh("--keep", kept, "--step", "test")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertNotIn("debootstrap", " ".join(self.said()))
        self.assertEqual(self.fresh("--keep", kept, "--suite", "trixie").returncode, 2)
        self.assertEqual(self.fresh("--keep", self.tree / "bin").returncode, 2)

    def test_where_it_cannot_be_tried(self) -> None:
        self.assertIn("needs root", self.unable(USER_NUMBER="1000"))
        self.assertIn("--mirror", self.unable(NO_MIRROR="1"))
        (self.tree / "debootstrap/scripts/bookworm").unlink()
        self.assertIn("does not know bookworm", self.unable())
        self.command("bin/unshare", "#!/bin/sh\nexit 1\n"), self.put("debootstrap/scripts/bookworm")
        self.assertIn("namespaces", self.unable())
        (self.tree / "bin/debootstrap").unlink()
        self.assertIn("apt-get install debootstrap", self.unable())

    def unable(self, **environment: str) -> str:
        got = self.fresh(**environment)
        self.assertEqual((got.returncode, self.said(), self.left()), (77, [], ["x"]))
        return got.stderr

    def test_an_interrupted_run_leaves_nothing(self) -> None:
        self.put("state/slow")
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            process = subprocess.Popen([self.script], env=os.environ | self.environment, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            self.addCleanup(process.kill)
            for _ in range(600):
                if "run scripts/setup.sh" in (self.tree / "state/said").read_text(encoding="utf-8"):
                    break
                time.sleep(0.1)
            process.send_signal(number)
            self.assertEqual(process.wait(timeout=60), code)
            self.assertEqual(self.left(), ["x"])
            self.said()

    def test_bad_usage(self) -> None:
        for options in (("--suite", "sid"), ("--step", "build"), ("--keep",), ("--fast",)):
            self.assertEqual(self.fresh(*options).returncode, 2, options)
        self.assertEqual(self.fresh("--help").returncode, 0)
