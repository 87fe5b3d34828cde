"""What the code panel calls the file or the cell that a line is from."""

from types import SimpleNamespace

from IPython.core.compilerop import CachingCompiler

from widgets import source_names as named
from widgets.source_names import source_names


def test_a_file_is_called_by_its_name_and_with_its_folder_where_two_have_the_same():
    assert source_names(["/a/model.py", "/a/data.py"]) == {"/a/model.py": "model.py", "/a/data.py": "data.py"}
    assert source_names(["/a/model.py", "/b/model.py"]) == {f: f for f in ("/a/model.py", "/b/model.py")}


def test_a_cell_is_called_by_its_number_in_this_kernel_or_a_cell(monkeypatch):
    compiler = CachingCompiler()
    here = compiler.cache("x = 1", 3)
    monkeypatch.setattr("IPython.get_ipython", lambda: SimpleNamespace(compile=compiler))
    elsewhere = "/tmp/ipykernel_77/4033821654.py"
    assert named.source_names([here, elsewhere]) == {here: "cell [3]", elsewhere: "a cell"}


def test_a_cell_of_an_old_ipython_which_numbers_none_is_a_cell(monkeypatch):
    monkeypatch.setattr("IPython.get_ipython", lambda: SimpleNamespace(compile=object()))
    assert source_names(["/tmp/ipykernel_77/11.py", "/a/b.py"]) == {
        "/tmp/ipykernel_77/11.py": "a cell",
        "/a/b.py": "b.py",
    }


def test_two_cells_of_another_run_keep_names_of_their_own():
    cells = ["/tmp/ipykernel_77/11.py", "/tmp/ipykernel_77/22.py"]
    assert list(source_names(cells).values()) == ["a cell (1)", "a cell (2)"]
