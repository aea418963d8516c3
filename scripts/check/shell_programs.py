"""Which programs and Python modules a bash script calls, from its simple commands."""
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shell_commands import EXPANSION, Script, Word, read

BUILTINS = set(". : [ alias bg bind break builtin caller cd command compgen complete compopt continue declare dirs disown echo enable "
               "eval exec exit export false fc fg getopts hash help history jobs kill let local logout mapfile popd printf pushd pwd read "
               "readarray readonly return set shift shopt source suspend test times trap true type typeset ulimit umask unalias unset "
               "wait".split())
# Commands that run the command behind their own options: the options that take a word, and how many words come before it.
RUNNERS = {"exec": ("-a", 0), "builtin": ("", 0), "command": ("", 0), "env": ("-u -S -C", 0), "nice": ("-n", 0), "ionice": ("-c -n", 0),
           "nohup": ("", 0), "timeout": ("-k -s", 1), "xargs": ("-n -P -L -I -s -d -a -E", 0), "sudo": ("-u -g -C", 0), "setsid": ("", 0),
           "stdbuf": ("-i -o -e", 0), "flock": ("-w -E", 1), "chroot": ("", 1), "unshare": ("", 0), "taskset": ("", 1)}
SHELLS = {"sh", "bash", "dash"}
VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)(\[[@*0]\])?\}?")
DEPTH = 8  # of variables that name variables


@dataclass(frozen=True)
class Call:
    kind: str  # program or module
    name: str
    line: int


class Caller:
    """What one script calls; `functions` are those of other scripts that it may have sourced."""

    def __init__(self, script: Script, functions: dict[str, list[list[Word]]]) -> None:
        self.script = script
        self.functions = functions | script.functions
        # Of a function that runs its arguments, how many of them come before the command.
        self.before = {name: count for name, body in self.functions.items() if (count := self.runs_arguments(body)) is not None}

    @classmethod
    def runs_arguments(cls, body: list[list[Word]]) -> int | None:
        shifted = 0
        for command in body:
            words = command
            while words and words[0].text in RUNNERS:
                words = cls.behind_options(words[0].text, words[1:])
            if words and words[0].source.strip('"') in ("$@", "${@}"):
                return shifted
            if words and words[0].text == "shift":
                shifted += int(words[1].text) if len(words) > 1 and words[1].text.isdigit() else 1
        return None

    def calls(self) -> Iterator[Call]:
        for words in self.script.commands:
            yield from self.of(words, DEPTH)

    def of(self, words: list[Word], depth: int) -> Iterator[Call]:
        """The calls of one simple command, those of the commands that it runs among them."""
        while words and depth > 0:
            first, rest = words[0], words[1:]
            if not first.literal:
                variable = VARIABLE.fullmatch(first.source.strip('"'))
                values = self.script.assigned.get(variable[1], []) if variable else []
                for value in values:
                    yield from self.of([Word(text, text, first.line) for text in value], depth - 1)
                if not any(not value or value[0] in RUNNERS for value in values):
                    return
                words = rest  # nothing, or a prefix such as sudo
            elif first.text in self.functions:
                if first.text not in self.before:
                    return
                words = rest[self.before[first.text]:]
            else:
                if first.text not in BUILTINS:
                    yield from self.program(first)
                words = yield from self.run_by(first.text, rest, depth)

    @staticmethod
    def program(word: Word) -> Iterator[Call]:
        if re.fullmatch(r"\w[\w.+-]*|/[\w.+/-]+", word.text):  # else a path below the tree, or no word of a program
            yield Call("program", word.text, word.line)

    def run_by(self, name: str, rest: list[Word], depth: int) -> Iterator[Call]:
        """The words of the command that `name` runs, none if it runs none; yields what it runs from text."""
        if name in ("trap", "eval") and rest:
            yield from self.text(rest[0], depth)
        elif name.rsplit("/", 1)[-1] in SHELLS:
            for option, text in zip(rest, rest[1:]):
                if re.fullmatch(r"-[a-z]*c", option.text):
                    yield from self.text(text, depth)
        elif re.fullmatch(r"(.*/)?python3?", name):
            for option, module in zip(rest, rest[1:]):
                if option.text == "-m" and module.literal:
                    yield Call("module", module.text, module.line)
        elif name == "find":
            for option, command in zip(rest, rest[1:]):
                if option.text in ("-exec", "-execdir", "-ok"):
                    yield from self.of([command], depth - 1)
        elif name in RUNNERS and not (name == "command" and rest and re.fullmatch(r"-[vV]+", rest[0].text)):
            return self.behind_options(name, rest)
        return []

    @staticmethod
    def behind_options(name: str, rest: list[Word]) -> list[Word]:
        with_word, before = RUNNERS[name]
        while rest and (rest[0].text.startswith("-") or (name == "env" and "=" in rest[0].text)):
            rest = rest[2 if rest[0].text in with_word.split() else 1:]
        return rest[before:]

    def text(self, word: Word, depth: int) -> Iterator[Call]:
        if word.literal and depth > 0:
            inner = read(word.text)
            for words in inner.commands:
                yield from self.of([Word(w.text, w.source, word.line) for w in words], depth - 1)


def calls(script: Script, functions: dict[str, list[list[Word]]] | None = None) -> list[Call]:
    return list(Caller(script, functions or {}).calls())


def calls_of_text(text: str) -> list[Call]:
    """The calls of a command line that a Python program hands to a shell; `{}` of a format string as EXPANSION."""
    return calls(read(text)) if text and not text.startswith(EXPANSION) else []
