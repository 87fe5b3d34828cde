"""The Python side of the Stepper and the Duet: what the browser is given, and what a wrong argument gets."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import replace

import pytest

from graphviz_tools import language
from graphviz_tools.errors import UserError
from graphviz_tools.recording import Omission, Value
from graphviz_tools.serialization import from_json, to_json
from tests.widgets.recording_builder import scalar
from tests.widgets.recordings import eager_loop, perceptron, static_loop, tower
from widgets import Duet, Stepper
from widgets.front_end_data import heading
from widgets.recording_data import in_words, recording_json, value_json


def test_the_payload_is_plain_json_and_holds_each_value_once():
    data = Stepper(eager_loop())._data
    json.dumps(data, allow_nan=False)
    values = data["recording"]["values"]
    assert len(values) < sum(
        len(step.reads) + len(step.writes) + len(step.grads_in) for step in eager_loop().steps
    )


def test_a_number_that_is_not_finite_still_makes_plain_json():
    value = replace(scalar("x", 1.0), numbers=(float("nan"),))
    assert json.loads(json.dumps(value_json(value), allow_nan=False))["cells"] == ["nan"]


def test_small_values_are_numbers_and_large_ones_a_heat_map():
    recording = perceptron()
    small = value_json(eager_loop().steps[1].writes[0])
    large = value_json(recording.steps[1].writes[0])
    assert small["cells"] == ["2", "4", "6"] and "heat" not in small
    assert large["stats"] == ["-2", "2", "0.04"] and "cells" not in large and large["rows"] == 16


def test_a_handle_has_words_and_no_numbers():
    value = value_json(static_loop().steps[1].writes[0])
    assert value["handle"].startswith("Tensor(") and "cells" not in value


def test_a_sum_of_gradients_shows_its_parts():
    data = recording_json(eager_loop())
    parts = [data["values"][place]["short"] for place in data["details"][9]["sum"]]
    assert parts == ["[2, 4, 6]", "[2, 4, 6]"]


def test_what_was_left_out_is_reported():
    recording = replace(eager_loop(), omitted=(Omission("values", 7, "the budget of max_values"),))
    assert recording_json(recording)["omitted"] == ["7 values (the budget of max_values)"]


def test_a_run_in_another_process_gives_the_same_data():
    """A cell's file is in a folder that is named after the process."""
    written = json.dumps(to_json(eager_loop()))
    file = eager_loop().sources[0].file
    first, second = (
        recording_json(from_json(json.loads(written.replace(file, f"/tmp/ipykernel_{process}/77.py"))))
        for process in (1, 2)
    )
    assert first == second and first["sources"][0]["file"] == "a cell" == first["lines"][0][0]


def test_a_scope_that_is_one_turn_of_a_loop_is_named_in_the_readers_language(monkeypatch):
    monkeypatch.setattr(language, "_catalogue", language._Pseudo())
    assert in_words("while · iteration 2") == "while · íţéŕáţíóñ 2"


def test_a_duet_locks_steps_by_their_alignment():
    duet = Duet(eager_loop(), static_loop())
    assert (1, 1) in duet.beats and duet.beats[-1] == (10, 13)
    assert [side["heading"] for side in duet._data["sides"]] == ["PyTorch · eager", "TensorFlow · static"]


def test_a_torch_recording_of_a_function_is_headed_as_eager():
    assert heading(eager_loop()) == "PyTorch · eager"


@pytest.mark.parametrize(
    "view", [Stepper(eager_loop()), Duet(eager_loop(), static_loop())], ids=["stepper", "duet"]
)
def test_every_output_keeps_a_true_picture_beside_the_widget(view):
    data, _ = view._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert "[4, 16, 36]" in data["image/svg+xml"]
    assert "11 steps" in data["text/plain"]


@pytest.mark.parametrize(
    "view", [Stepper(eager_loop()), Stepper(perceptron()), Duet(eager_loop(), static_loop())]
)
def test_a_page_is_one_small_file_that_fetches_nothing(view, tmp_path):
    text = view.to_html(tmp_path / "page").read_text()
    assert len(text.encode()) < 300_000
    assert "http://" not in text.replace("http://www.w3.org/", "") and "https://" not in text
    assert " src=" not in text and "<link" not in text


def test_a_page_carries_the_view_s_data_compressed(tmp_path):
    view = Stepper(tower(layers=20, ops=20))
    text = view.to_html(tmp_path / "page.html").read_text()
    packed = text.partition('id="data">')[2].partition("<")[0]
    plain = gzip.decompress(base64.b64decode(packed)).decode()
    assert json.loads(plain) == json.loads(json.dumps(view._page_data()))
    assert len(packed) < len(plain) / 4


def test_a_program_cannot_break_out_of_its_page(tmp_path):
    recording = replace(eager_loop(), title="</script><script>alert(1)</script>")
    text = Stepper(recording).to_html(tmp_path / "page.html").read_text()
    assert "<script>alert" not in text


def test_the_notebook_kernel_lays_out_a_scope_when_the_browser_opens_it():
    stepper = Stepper(tower(layers=20, ops=20), open=[("model",)])
    sent: list[dict] = []
    stepper.send = sent.append
    stepper._answer(
        stepper, {"what": "scene", "id": 4, "side": 0, "opened": ["model", "model/layer3"], "fold": False}, []
    )
    assert sent[0]["id"] == 4
    assert sum("layer3" in frame["path"][-1] for frame in sent[0]["scene"]["frames"]) == 1
    assert [box["title"] for box in sent[0]["scene"]["boxes"]].count("op7") == 1


def test_folding_repeats_shows_one_layer_with_a_count():
    stepper = Stepper(tower(layers=12, ops=3))
    sent: list[dict] = []
    stepper.send = sent.append
    stepper._answer(stepper, {"what": "scene", "id": 1, "side": 0, "opened": None, "fold": True}, [])
    said = json.dumps(sent[0]["scene"], ensure_ascii=False)
    assert "× 12" in said


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Stepper("model"), TypeError, "expected a Recording, got str"),
        (lambda: Stepper(eager_loop(), step=40), UserError, "steps go from -1"),
        (lambda: Stepper(eager_loop(), step="3"), TypeError, "step must be an int from -1 to 10"),
        (lambda: Stepper(eager_loop(), predict="no"), TypeError, "predict must be True or False, got 'no'"),
        (
            lambda: Duet(eager_loop(), static_loop(), all_ops=1),
            TypeError,
            "all_ops must be True or False, got 1",
        ),
        (lambda: Stepper(eager_loop(), open=[("no",)]), ValueError, "no"),
        (lambda: Duet(eager_loop(), 5), TypeError, "expected a Recording, got int"),
    ],
)
def test_a_wrong_argument_gives_one_clear_line(make, error, words):
    with pytest.raises(error, match=words) as raised:
        make()
    assert "\n" not in str(raised.value)


def test_an_unknown_speed_is_refused():
    with pytest.raises(Exception, match=r"0\.5"):
        Stepper(eager_loop()).speed = 3


def test_an_empty_recording_still_has_a_view():
    recording = replace(eager_loop(), nodes=(), edges=(), steps=(), scopes=())
    assert Stepper(recording)._data["scene"]["boxes"] == []


def test_a_value_that_is_not_a_tensor_is_shown_by_its_text():
    assert value_json(Value(text="'train'"))["short"] == "'train'"


def test_a_stepper_writes_every_kind_of_picture_and_a_duet_its_still(tmp_path):
    view = Stepper(eager_loop())
    for suffix in ("svg", "png", "gif", "dot"):
        path = getattr(view, f"to_{suffix}")(tmp_path / f"a.{suffix}")
        assert path.stat().st_size > 500
    assert Duet(eager_loop(), static_loop()).to_svg(tmp_path / "duet").read_text().startswith("<svg")


def test_a_scope_given_as_a_word_gets_a_message_with_the_right_form():
    with pytest.raises(TypeError, match=r"open=\[\('Linear',\)\]"):
        Stepper(eager_loop(), open="Linear")
