"""Which modules a Python file imports and which programs it runs, from its syntax."""
from __future__ import annotations

import ast
from collections.abc import Iterator

from shell_commands import EXPANSION
from shell_programs import SHELLS, Call, calls_of_text

RUNNING = {"run", "Popen", "call", "check_call", "check_output"}
IMPORT_FAILS = {"ImportError", "ModuleNotFoundError"}
DEPTH = 4  # of names that name names


class PythonFile:
    def __init__(self, text: str) -> None:
        self.tree = ast.parse(text)
        self.nodes = list(ast.walk(self.tree))
        self.values: dict[str, list[ast.expr]] = {}
        for node in self.nodes:
            self.remember(node)
        # Functions that run the command they are given, as words or as text: the position of that parameter.
        self.wrappers: dict[str, tuple[int, bool]] = {}
        for node in self.nodes:
            if isinstance(node, ast.FunctionDef):
                self.remember_wrapper(node)

    def remember(self, node: ast.AST) -> None:
        """What names are bound to: by assignment, and to each element in a loop."""
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    self.values.setdefault(target.id, []).append(node.value)
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and isinstance(node.target, ast.Name) and node.value:
            self.values.setdefault(node.target.id, []).append(node.value)
        elif isinstance(node, (ast.For, ast.comprehension)) and isinstance(node.target, ast.Name):
            for iterated in self.resolved(node.iter):
                if isinstance(iterated, (ast.List, ast.Tuple)):
                    self.values.setdefault(node.target.id, []).extend(iterated.elts)

    def resolved(self, node: ast.expr, depth: int = DEPTH) -> Iterator[ast.expr]:
        """What an expression may be, names replaced by what they are bound to, sums by their beginning."""
        if isinstance(node, ast.Name) and depth > 0:
            for value in self.values.get(node.id, []):
                yield from self.resolved(value, depth - 1)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            yield from self.resolved(node.left, depth)
        elif isinstance(node, ast.IfExp):
            yield from self.resolved(node.body, depth)
            yield from self.resolved(node.orelse, depth)
        elif isinstance(node, ast.Starred):
            yield from self.resolved(node.value, depth)
        else:
            yield node

    def strings(self, node: ast.expr) -> Iterator[str]:
        """The texts that an expression may be, of a list its first word's; EXPANSION where a run fills in."""
        for value in self.resolved(node):
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.value
            elif isinstance(value, ast.JoinedStr):
                yield "".join(str(part.value) if isinstance(part, ast.Constant) else EXPANSION for part in value.values)
            elif isinstance(value, (ast.List, ast.Tuple)) and value.elts:
                yield from self.strings(value.elts[0])

    @staticmethod
    def called(node: ast.Call) -> tuple[str, str]:
        """Of what, and the name of what is called: ("subprocess", "run"), ("", "run"), ("self", "_run")."""
        if isinstance(node.func, ast.Attribute):
            return (node.func.value.id if isinstance(node.func.value, ast.Name) else "?"), node.func.attr
        return "", node.func.id if isinstance(node.func, ast.Name) else ""

    def shell_text(self, command: ast.expr) -> list[ast.expr]:
        """Of ["sh", "-c", TEXT] the text."""
        return [value.elts[2] for value in self.resolved(command) if isinstance(value, (ast.List, ast.Tuple)) and len(value.elts) > 2
                and any(text.rsplit("/", 1)[-1] in SHELLS for text in self.strings(value.elts[0])) and "-c" in self.strings(value.elts[1])]

    def runs(self, node: ast.Call) -> tuple[ast.expr, bool] | None:
        """The command that a call runs, and whether it is a shell's text."""
        owner, name = self.called(node)
        if owner == "subprocess" and name in RUNNING and node.args:
            shell = any(word.arg == "shell" and isinstance(word.value, ast.Constant) and word.value.value for word in node.keywords)
            return node.args[0], shell
        if (owner, name) == ("os", "system") and node.args:
            return node.args[0], True
        if (owner, name) == ("shutil", "which") or owner == "os" and name.startswith(("exec", "posix_spawn")):
            return (node.args[0], False) if node.args else None
        if owner in ("", "self") and name in self.wrappers:
            at, shell = self.wrappers[name]
            return (node.args[at], shell) if at < len(node.args) else None
        return None

    def remember_wrapper(self, function: ast.FunctionDef) -> None:
        names = [argument.arg for argument in function.args.args if argument.arg != "self"]
        for node in ast.walk(function):
            ran = self.runs(node) if isinstance(node, ast.Call) and self.called(node)[0] == "subprocess" else None
            if ran is None:
                continue
            command, shell = ran
            for given, as_text in [(command, shell), *((text, True) for text in self.shell_text(command))]:
                if isinstance(given, ast.Name) and given.id in names:
                    self.wrappers[function.name] = (names.index(given.id), as_text)

    def programs(self) -> Iterator[Call]:
        for node in self.nodes:
            ran = self.runs(node) if isinstance(node, ast.Call) else None
            if ran is None:
                continue
            command, shell = ran
            for given, as_text in [(command, shell), *((text, True) for text in self.shell_text(command))]:
                for text in self.strings(given):
                    found = calls_of_text(text) if as_text else [Call("program", text, 0)]
                    yield from (Call(call.kind, call.name, node.lineno) for call in found if is_program(call.name))

    def imports(self) -> Iterator[Call]:
        """Modules, but for those whose absence is provided for."""
        optional = {id(inner) for node in self.nodes if isinstance(node, ast.Try) and any(self.catches_import(h) for h in node.handlers)
                    for statement in node.body for inner in ast.walk(statement)}
        for node in self.nodes:
            if id(node) in optional:
                continue
            if isinstance(node, ast.Import):
                yield from (Call("module", name.name, node.lineno) for name in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                yield Call("module", node.module, node.lineno)

    @staticmethod
    def catches_import(handler: ast.ExceptHandler) -> bool:
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        return any(isinstance(kind, ast.Name) and kind.id in IMPORT_FAILS for kind in kinds)


def is_program(name: str) -> bool:
    """A bare name or a path from the root, not one into the tree."""
    return EXPANSION not in name and bool(name) and ("/" not in name or name.startswith("/"))


def uses(text: str) -> list[Call]:
    file = PythonFile(text)
    return [*file.programs(), *file.imports()]
