"""Every text that the program shows is found for translators, and a catalogue brings it back in another language."""

from __future__ import annotations

import ast
import gettext
import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
import typer
from babel.messages.pofile import write_po

from graph_duet import cli
from graph_duet.authoring.translation.catalogue import read_catalogue
from graph_duet.authoring.translation.program_catalogue import compile_program, update_program
from graph_duet.authoring.translation.program_texts import front_end_texts, python_texts
from graphviz_tools import language

ROOT = Path(__file__).resolve().parents[3]
ROOMS = ("graphviz_tools", "gpu_labs", "widgets", "graph_duet")
PASSED = re.compile(  # prose with PO files of its own, tables of names, and writers of code
    r"gpu_labs/G\d\d_|graph_duet/authoring/(templates|scaffold|title_cell)|op_vocabulary\.py|allowed_names\.py|classify\.py"
    r"|executor/(lockstep|serial)/(compiler|emit)\.py|classroom/autograder\.py|pages/page\.py|widgets/front_end\.py|grading/progress\.py|widgets/page\.py"
)
KEPT = Path(__file__).with_name("texts_not_translated.txt")
SENTENCE = re.compile(r"[A-Za-z]{2,}[,;:.)]? [A-Za-z(`{]|[A-Za-z]{2,} \{|\} [A-Za-z]{2,}")
CODE = re.compile(
    r"</|<\w+ [\w-]+=|\\[bwdsS(]|\(\?|\.\*|^\s*(import|from|for|if|return|yield|def|class|del) "
)
NAMES = re.compile(r"(?!.*\b(the|a|an|of|is|it|no|not|to|in|and|that|with)\b)\s*[\w.]+(\s+[\w.]+){3,}\s*")
OUR_BUGS = (
    "AttributeError",
    "ValueError",
    "AssertionError",
    "OSError",
    "ConnectionError",
    "NotImplementedError",
)
OUR_BUGS += ("InfrastructureFault", "TimeoutExpired", "HTTPError")
A_WORD = re.compile(r"[A-Za-z]{3,}")
IN_A_TAG = re.compile(r">([^<>{}]*[A-Za-z]{3,}[^<>{}]*)</")
SHOWING = (
    "print",
    "element",
    "row",
    "text",
)  # calls that print a line, or write into a page or an SVG picture
WORDS_AS_THEY_ARE = {
    *("ink", "muted", "bold", "bad", "gradient", "note", "comment", "right", "wrong"),  # styles of a text
    "duet:",  # the command's own name
    "grad",  # PyTorch's name
    *("threadIdx", "blockIdx"),  # CUDA's names
    "layer1",  # a module's name in an example
    "Hint",  # in a notebook: translated with it
}
NOT_SHOWN = (
    "compile",
    "search",
    "match",
    "findall",
    "sub",
    "execute",
    "set_header",
    "replace",
    "log",
    "attr",
    "split",
)


def test_every_sentence_in_python_goes_through_gettext() -> None:
    """A sentence that no reader sees (code that is written, the names of ops) stands in texts_not_translated.txt."""
    found = {text for path, tree in trees() for text in plain_texts(path, tree)}
    kept = set(KEPT.read_text("utf-8").splitlines())
    assert found - kept == set(), 'write it as _("..."), from graphviz_tools.language'
    assert kept - found == set(), "not in the code any more"


@cache
def trees() -> list[tuple[Path, ast.Module]]:
    paths = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    return [(path, ast.parse(path.read_text("utf-8"))) for path in paths]


def plain_texts(path: Path, tree: ast.Module) -> Iterator[str]:
    """The sentences of a file that are not passed to `_`: neither docstrings, nor errors that are our own bugs."""
    if PASSED.search(path.as_posix()):
        return
    lines = path.read_text("utf-8").splitlines()
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.Constant) and isinstance(node.value, str)
        ):
            text = words(node)
            raw = lines[node.lineno - 1].encode()[node.col_offset :].startswith(b"r")  # a regular expression
            if not raw and is_sentence(text) and is_shown(node, parents):
                yield text.replace("\n", "\\n")


def is_sentence(text: str) -> bool:
    """English words in a row: neither code nor a list of names."""
    return bool(SENTENCE.search(text) and not CODE.search(text) and not NAMES.fullmatch(text))


def words(node: ast.JoinedStr | ast.Constant) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    return "".join(
        str(part.value) if isinstance(part, ast.Constant) else f"{{{ast.unparse(part.value)}}}"  # type: ignore[attr-defined]
        for part in node.values
    )


def is_shown(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    inner = node
    while inner in parents:
        outer = parents[inner]
        match outer:
            case ast.JoinedStr() | ast.Compare() | ast.Assert() | ast.MatchValue() if inner is node:
                return False
            case ast.Expr() | ast.FormattedValue() if inner is node:
                return False
            case ast.Subscript() if inner is outer.slice:
                return False  # a key, or an annotation
            case ast.Dict() if inner in outer.keys:
                return False
            case ast.FunctionDef() if inner is outer.returns:
                return False
            case ast.AnnAssign() | ast.arg() if inner is outer.annotation:
                return False
            case ast.keyword(arg="help"):
                return False  # `python_texts` finds it
            case ast.Call() if inner is not outer.func:
                name = ast.unparse(outer.func).rpartition(".")[2]
                if name in (*NOT_SHOWN, "_", "_n"):
                    return False
            case ast.Raise(exc=ast.Call(func)) if ast.unparse(func).rpartition(".")[2] in OUR_BUGS:
                return False
        if isinstance(outer, ast.stmt):
            return True
        inner = outer
    return True


def test_every_word_that_is_printed_or_drawn_goes_through_gettext() -> None:
    """Single words too: what a printing or drawing call gets, what stands between tags, and values in a sentence."""
    found = {
        text for path, tree in trees() if not PASSED.search(path.as_posix()) for text in shown_words(tree)
    }
    assert found == WORDS_AS_THEY_ARE, 'write it as _("..."), or say here why not'


def shown_words(tree: ast.Module) -> Iterator[str]:
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        match node:
            case ast.JoinedStr():
                yield from (text.strip() for text in IN_A_TAG.findall(re.sub(r"\{[^{}]*\}", "", words(node))))
            case ast.Constant(str(text)) if A_WORD.search(text) and is_seen(node, parents):
                yield text


def is_seen(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether a plain word is an argument of a call that shows it, a value in a sentence, or stands beside one."""
    inner, outer = node, parents[node]
    while isinstance(outer, ast.IfExp | ast.BoolOp) and inner is not getattr(outer, "test", None):
        if any(is_gettext(each) for each in ast.iter_child_nodes(outer)):
            return True
        inner, outer = outer, parents[outer]
    if isinstance(outer, ast.keyword):
        return is_gettext(parents[outer])
    return isinstance(outer, ast.Call) and inner is not outer.func and name_of(outer) in SHOWING


def is_gettext(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and name_of(node) in ("_", "_n")


def name_of(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]


def test_every_call_of_t_in_the_front_end_is_found() -> None:
    found = Counter(text.file for text in front_end_texts(ROOT))
    call = re.compile(r"(?<![\w.])tn?\((?=\s*[\"'])|trans\.(?:__|_n)\(")
    for path in (*ROOT.glob("widgets/static/*.js"), *ROOT.glob("labextension/src/*.ts")):
        file = path.relative_to(ROOT).as_posix()
        if file == "widgets/static/text.js":
            continue  # which defines them
        assert found[file] == len(call.findall(path.read_text("utf-8"))), file


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("graph_duet/**/templates/*.html")), ids=lambda path: path.name
)
def test_every_word_of_a_page_goes_through_gettext(path: Path) -> None:
    code = r"\{\{.*?\}\}|\{%.*?%\}|<(code|kbd)>.*?</\1>"
    text = re.sub(code, "", path.read_text("utf-8"), flags=re.DOTALL)
    assert re.findall(r"[A-Za-z]{2,}", re.sub(r"<[^>]*>", "", text)) == []
    assert re.findall(r'(?:aria-label|title|alt|placeholder)="([^"]+)"', text) == []


def test_the_help_of_every_command_is_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "_catalogue", language._Pseudo())
    known = {text.text for text in python_texts(ROOT)}
    duet = cli._translated(typer.main.get_command(cli.app))
    for command in duet.commands.values():
        for shown in (command.help, *(getattr(parameter, "help", None) for parameter in command.params)):
            assert not shown or not re.search(r"[A-Za-z]{3}", re.sub(r"\{[^}]*\}", "", shown)), shown
    for command in typer.main.get_command(cli.app).commands.values():  # type: ignore[attr-defined]
        own = [parameter.help for parameter in command.params if getattr(parameter, "help", None)]
        assert {command.help, *own} - {None, "Show this message and exit."} <= known, command.name


def test_every_placeholder_has_its_value() -> None:
    for path, tree in trees():
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Name("_"), args=[ast.Constant(str(text))], keywords=[_, *_] as given):
                    named = {name for _text, name, _form, _how in Formatter().parse(text) if name is not None}
                    assert named == {keyword.arg for keyword in given}, (path, text)


@pytest.fixture(scope="module")
def german(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of catalogues in which every text is translated, into the pseudo-locale."""
    root = tmp_path_factory.mktemp("course")
    path = update_program("de", root)
    catalogue = read_catalogue(path, "de")
    for message in catalogue:
        if message.id:
            forms = message.id if isinstance(message.id, tuple) else (message.id,)
            pseudo = tuple(language.pseudo(form) for form in forms)
            message.string = pseudo if isinstance(message.id, tuple) else pseudo[0]
    with path.open("wb") as file:
        write_po(file, catalogue, width=100)
    before = path.read_bytes()
    update_program("de", root)
    assert path.read_bytes() == before  # nothing changed in the code, so nothing does in the file
    compile_program("de", root, root / "locale")
    return root / "locale"


def test_python_reads_what_is_compiled(german: Path) -> None:
    texts = gettext.translation(language.DOMAIN, german, ["de"])
    for text in python_texts(ROOT):
        assert texts.gettext(text.text) == language.pseudo(text.text)


def test_the_front_end_reads_what_is_compiled(german: Path) -> None:
    """The file has JupyterLab's form, which is that of Jed."""
    texts = json.loads((german / "de" / "LC_MESSAGES" / f"{language.DOMAIN}.json").read_text("utf-8"))
    assert texts[""]["language"] == "de"
    for text in front_end_texts(ROOT):
        assert texts[text.text] == [language.pseudo(form) for form in (text.text, text.many) if form]


def test_jupyterlab_finds_a_chinese_text_and_one_with_a_number_in_it(tmp_path: Path) -> None:
    """Its packs say zh-CN for zh_CN, and hold two forms of a text with a number, the second empty."""
    path = update_program("zh_CN", tmp_path)
    catalogue = read_catalogue(path, "zh_CN")
    numbered = next(text for text in front_end_texts(ROOT) if text.many)
    catalogue[numbered.text].string = ("几个",)
    with path.open("wb") as file:
        write_po(file, catalogue)
    compile_program("zh_CN", tmp_path, tmp_path)
    texts = json.loads((tmp_path / "zh_CN" / "LC_MESSAGES" / "graph_duet.json").read_text("utf-8"))
    assert texts[""]["language"] == "zh-CN"
    assert texts[numbered.text] == ["几个", ""]


def test_what_is_not_confirmed_is_left_out(tmp_path: Path) -> None:
    path = update_program("de", tmp_path)
    catalogue = read_catalogue(path, "de")
    catalogue["! red"].string = "! rot"
    catalogue["traced"].string = "aufgezeichnet"
    catalogue["traced"].flags.add("fuzzy")
    with path.open("wb") as file:
        write_po(file, catalogue)
    compile_program("de", tmp_path, tmp_path / "locale")
    texts = json.loads((tmp_path / "locale" / "de" / "LC_MESSAGES" / "graph_duet.json").read_text("utf-8"))
    assert {key for key in texts if key} == {"! red"}


def test_the_environment_chooses_the_language(german: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "CATALOGUES", german)
    monkeypatch.setenv("LANGUAGE", "de")
    monkeypatch.setattr(language, "_catalogue", language._chosen())
    assert language._("there is no file {path}", path="a.py") == "ţĥéŕé íš ñó ƒíļé a.py"
    assert language._n("{number} call", "{number} calls", 2) == "2 çáļļš"
    assert json.loads(language.front_end_texts())[""]["language"] == "de"
    monkeypatch.setenv("LANGUAGE", "fr")  # no catalogue: English
    monkeypatch.setattr(language, "_catalogue", language._chosen())
    assert language._("there is no file {path}", path="a.py") == "there is no file a.py"
    assert language.front_end_texts() == ""


@pytest.mark.parametrize(
    ("settings", "language_of_system", "shown"),
    [
        ('{"locale": "de"}', "", "ñó"),
        ('{\n    // Language\n    // "locale": "fr",\n    "locale": "de"\n}', "", "ñó"),
        ('{"locale": "default"}', "", "no"),
        ("{}", "", "no"),
        ('{"locale": "de"}', "fr", "no"),  # LANGUAGE is said for this very program
        ('{"locale": "en"}', "de", "ñó"),
    ],
)
def test_the_language_that_is_chosen_in_jupyterlab_is_ours_too(
    german: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: str,
    language_of_system: str,
    shown: str,
) -> None:
    file = tmp_path / "lab" / "user-settings" / "@jupyterlab/translation-extension/plugin.jupyterlab-settings"
    file.parent.mkdir(parents=True)
    file.write_text(settings)
    monkeypatch.setattr(language, "CATALOGUES", german)
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    monkeypatch.delenv("JUPYTERLAB_SETTINGS_DIR", raising=False)
    monkeypatch.setenv("LANGUAGE", language_of_system)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.setenv(name, "C")
    monkeypatch.setattr(language, "_catalogue", language._chosen())
    assert shown in language._("there is no file {path}", path="a").split()
    assert bool(language.front_end_texts()) == (shown == "ñó")
