"""The simple commands of a bash script, those in substitutions and functions too, and what it assigns in plain words.

A reader of what scripts are made of, not a shell: quotes, expansions, here-documents, arrays, case and [[ ]] are followed.
"""
from __future__ import annotations

import re
from dataclasses import dataclass, field

EXPANSION = "\0"  # stands in a word for what only a run knows
RESERVED = {"if", "then", "elif", "else", "fi", "while", "until", "do", "done", "!", "{", "}", "time", "coproc"}
DECLARING = {"local", "readonly", "declare", "export", "typeset"}
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*(\[[^]]*\])?\+?=")


@dataclass(frozen=True)
class Word:
    text: str  # quotes taken off, expansions as EXPANSION
    source: str  # as it was written
    line: int

    @property
    def literal(self) -> bool:
        return EXPANSION not in self.text


@dataclass
class Script:
    """Simple commands with their words, and what the script assigns in plain words."""
    commands: list[list[Word]] = field(default_factory=list)
    assigned: dict[str, list[list[str]]] = field(default_factory=dict)
    functions: dict[str, list[list[Word]]] = field(default_factory=dict)


class Reader:
    """Reads one script; `Script` is what it found."""

    def __init__(self, text: str, line: int = 1, script: Script | None = None) -> None:
        self.text, self.at, self.line = text, 0, line
        self.found = script or Script()
        self.pending: list[tuple[str, bool, bool]] = []  # here-documents of this line: end, tabs taken off, plain
        self.open_functions: list[tuple[str, int]] = []
        self.depth = 0

    def peek(self, text: str) -> bool:
        return self.text.startswith(text, self.at)

    def step(self, count: int = 1) -> str:
        taken = self.text[self.at:self.at + count]
        self.line += taken.count("\n")
        self.at += count
        return taken

    def commands(self, *ends: str) -> str:
        """Reads commands up to one of `ends` (a parenthesis, a backquote, the end of a case's branch), and says which."""
        while self.at < len(self.text):
            for end in ends:
                if self.peek(end) and (end != "esac" or re.compile(r"esac\b").match(self.text, self.at)):
                    self.step(len(end))
                    return end
            if self.peek("\n"):
                self.step()
                self.here_documents()
            elif self.text[self.at] in " \t;&|<>)" or self.peek("\\\n"):
                self.separator()
            elif self.peek("#"):
                self.comment()
            elif self.peek("(("):
                self.skip_pair("((", "))")
            elif self.peek("("):
                self.step()
                self.commands(")")
            else:
                self.command("`" if "`" in ends else "")
        return ""

    def separator(self) -> None:
        if self.text[self.at] in "<>" and not self.peek("<(") and not self.peek(">("):
            self.redirection()
        else:
            self.step(2 if self.peek("\\\n") else 1)

    def comment(self) -> None:
        while self.at < len(self.text) and not self.peek("\n"):
            self.step()

    def skip_pair(self, opening: str, closing: str) -> None:
        """Past arithmetic or [[ ]]: commands may stand in its substitutions alone."""
        self.step(len(opening))
        depth = 1
        while self.at < len(self.text):
            if closing == "))" and self.peek("(") and not self.peek("(("):
                depth += 1
                self.step()
            elif closing == "))" and self.peek(")") and depth > 1:
                depth -= 1
                self.step()
            elif self.peek(closing):
                self.step(len(closing))
                return
            elif not self.quoted_or_expanded():
                self.step()

    def quoted_or_expanded(self) -> tuple[str, bool] | None:
        """What a quote or an expansion here stands for, and None where there is neither."""
        here = self.text[self.at]
        if here == "\\":
            return self.step(2)[1:].strip("\n"), True
        if here == "'":
            end = self.text.find("'", self.at + 1)
            return self.step((end if end >= 0 else len(self.text)) - self.at + 1)[1:-1], True
        if here == '"':
            return self.double_quoted(), True
        if here == "`":
            self.step()
            self.commands("`")
            return EXPANSION, True
        if here == "$" and not self.peek("$'"):
            return self.expansion(), True
        if here == "$":
            self.step()
            return self.quoted_or_expanded()
        return None

    def double_quoted(self) -> str:
        self.step()
        text = ""
        while self.at < len(self.text) and not self.peek('"'):
            if self.peek("\\"):
                text += self.step(2)[1:]
            elif self.text[self.at] in "$`":
                text += (self.quoted_or_expanded() or ("", True))[0]
            else:
                text += self.step()
        self.step()
        return text

    def expansion(self) -> str:
        if self.peek("$(("):
            self.skip_pair("$((", "))")
        elif self.peek("$("):
            self.step(2)
            self.commands(")")
        elif self.peek("${"):
            self.step(2)
            while self.at < len(self.text) and not self.peek("}"):
                if not self.quoted_or_expanded():
                    self.step()
            self.step()
        else:
            matched = re.compile(r"\$(\w+|[@*#?$!-])?").match(self.text, self.at)
            taken = self.step(len(matched[0]) if matched else 1)
            if taken == "$":
                return taken
        return EXPANSION

    def word(self, end: str) -> Word | None:
        """The word that begins here; None where none does."""
        start, line, text = self.at, self.line, ""
        while self.at < len(self.text):
            here = self.text[self.at]
            if here in " \t\n;&|<>()" or self.peek("\\\n") or (end == "`" and here == "`"):
                if here in "<>" and self.peek(here + "("):
                    self.step(2)
                    self.commands(")")
                    text += EXPANSION
                    continue
                if here == "(" and ASSIGNMENT.fullmatch(text):
                    return self.array(text, start, line)
                break
            got = self.quoted_or_expanded()
            text += got[0] if got else self.step()
        return Word(text, self.text[start:self.at], line) if self.at > start else None

    def array(self, name: str, start: int, line: int) -> Word:
        self.step()
        words: list[str] = []
        while self.at < len(self.text) and not self.peek(")"):
            if self.text[self.at] in " \t\n" or self.peek("\\\n"):
                self.step()
            elif self.peek("#"):
                self.comment()
            else:
                word = self.word(")")
                words.append(word.text if word else self.step())
        self.step()
        self.assign(name, words)
        return Word(name, self.text[start:self.at], line)

    def assign(self, name: str, words: list[str]) -> None:
        self.found.assigned.setdefault(re.split(r"[\[+=]", name)[0], []).append(words)

    def redirection(self) -> None:
        if self.peek("<<<"):
            self.step(3)
        elif self.peek("<<"):
            tabs = self.step(3).endswith("-")
            if not tabs:
                self.at -= 1
            self.blanks()
            plain = self.text[self.at] in "'\"\\"
            word = self.word("")
            if word:
                self.pending.append((word.text, tabs, plain))
            return
        else:
            while self.at < len(self.text) and self.text[self.at] in "<>&|":
                if self.peek("<(") or self.peek(">("):
                    break
                self.step()
        self.blanks()
        self.word("")

    def blanks(self) -> None:
        while self.at < len(self.text) and (self.text[self.at] in " \t" or self.peek("\\\n")):
            self.step(2 if self.peek("\\\n") else 1)

    def here_documents(self) -> None:
        """Past the here-documents that this line began; commands may stand in substitutions of those without quotes."""
        for end, tabs, plain in self.pending:
            body = ""
            while self.at < len(self.text):
                stop = self.text.find("\n", self.at)
                row = self.step((stop + 1 if stop >= 0 else len(self.text)) - self.at)
                if (row.lstrip("\t") if tabs else row).rstrip("\n") == end:
                    break
                body += row
            if not plain:
                inner = Reader('"' + body.replace('"', '\\"') + '"', self.line, self.found)
                inner.double_quoted()
        self.pending = []

    def command(self, end: str) -> None:
        """A simple command, or a reserved word before one."""
        words: list[Word] = []
        while self.at < len(self.text):
            self.blanks()
            if self.at >= len(self.text) or self.text[self.at] in "\n;&|)" and not self.peek("&>"):
                break
            if self.text[self.at] in "<>&" and not self.peek("<(") and not self.peek(">("):
                self.redirection()
                continue
            if self.peek("#"):
                self.comment()
                break
            if words and words[0].source == "for" and self.peek("(("):
                self.skip_pair("((", "))")
                return
            if self.peek("("):  # NAME () {
                self.function(words)
                return
            if not words and self.peek("[[ "):
                self.skip_pair("[[", " ]]")
                return
            word = self.word(end)
            if word is None:
                break
            if not words and word.source in RESERVED:
                self.braces(word.source)
                return
            if not words and word.source == "case":
                self.case(end)
                return
            if re.fullmatch(r"\d+", word.source) and self.at < len(self.text) and self.text[self.at] in "<>":
                continue  # a descriptor
            words.append(word)
        self.ended(words)

    def braces(self, word: str) -> None:
        self.depth += {"{": 1, "}": -1}.get(word, 0)
        if word == "}" and self.open_functions and self.open_functions[-1][1] == self.depth:
            self.open_functions.pop()

    def function(self, words: list[Word]) -> None:
        self.step(1)
        while self.at < len(self.text) and self.step() != ")":
            pass
        name = words[-1].text if words else ""
        self.found.functions[name] = []
        self.open_functions.append((name, self.depth))

    def case(self, end: str) -> None:
        self.blanks()
        self.word(end)  # the subject; `in` reads as a pattern
        while self.patterns(end):
            if self.commands(";;&", ";;", ";&", "esac") in ("esac", ""):
                return

    def patterns(self, end: str) -> bool:
        """Goes behind the parenthesis after a branch's patterns, or behind esac: whether there is a branch."""
        while self.at < len(self.text):
            if re.compile(r"esac\b").match(self.text, self.at):
                self.step(4)
                return False
            if self.peek("#"):
                self.comment()
            elif self.peek(")"):
                self.step()
                return True
            elif self.text[self.at] in " \t\n|(;&" or self.word(end) is None:
                self.step()
        return False

    def ended(self, words: list[Word]) -> None:
        if words and words[0].source in ("for", "select", "function"):
            if words[0].source == "for" and len(words) > 3:
                for word in words[3:]:
                    self.assign(words[1].text + "=", [word.text])
            return
        while words and ASSIGNMENT.match(words[0].source):
            self.assignment(words.pop(0))
        if not words:
            return
        if words[0].text in DECLARING:
            for word in words[1:]:
                if ASSIGNMENT.match(word.source):
                    self.assignment(word)
            return
        self.found.commands.append(words)
        for name, _ in self.open_functions:
            self.found.functions[name].append(words)

    def assignment(self, word: Word) -> None:
        name, _, value = word.text.partition("=")
        if default := re.fullmatch(r"\w+=\"?\$\{\w+:-([\w./+-]+)\}\"?", word.source):
            value = default[1]
        if not word.source.endswith(")") or word.source.endswith('")'):
            self.assign(name, [value])


def read(text: str) -> Script:
    reader = Reader(text)
    reader.commands()
    return reader.found
