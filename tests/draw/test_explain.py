"""The page that steps through a call: what it says, also in a real browser."""

import json
import re

import numpy as np
import pytest

import srcad
from srcad import grad
from tests.draw.browser import driven, needs_browser
from tests.draw.programs import PROGRAMS, branch_in_loop, layer, mlp, rnn, tutorial


def explained(name):
    f, args = PROGRAMS[name]
    return srcad.explain(f, *args)


def data_of(page):
    text = re.search(
        r'<script type="application/json" id="data">(.*?)</script>', page, re.S
    )
    return json.loads(text[1])


def at(told, step):
    """What a label says at a step: (value, derivative)."""
    entries = [entry for entry in told if entry[0] <= step]
    return tuple(entries[-1][1:]) if entries else None


# ---- what is told --------------------------------------------------------------------


def test_the_story_of_the_tutorial():
    steps = srcad.explain(tutorial, 1, 3, -3).story.steps
    assert [s.text for s in steps] == [
        "The arguments",
        "p = x + y = 1 + 3 = 4",
        "tutorial = p * z = 4 * (−3) = −12",
        "dtutorial/dtutorial = 1",
        "back through tutorial = p * z",
        "back through p = x + y",
    ]
    assert [s.phase for s in steps] == ["start"] + 2 * ["forward"] + 3 * ["backward"]
    assert [c.text for s in steps for c in s.chain] == [
        "dtutorial/dp = −3",
        "dtutorial/dz = 4",
        "dtutorial/dx = dtutorial/dp · dp/dx = (−3) · 1 = −3",
        "dtutorial/dy = dtutorial/dp · dp/dy = (−3) · 1 = −3",
    ]
    assert steps[1].span.text.strip() == "p = x + y"


def test_a_value_with_two_readers_gathers_both():
    def twice(x):
        a = x * 3.0
        return a * x

    chains = [c.text for s in srcad.explain(twice, 2.0).story.steps for c in s.chain]
    assert chains == [
        "dtwice/da = 2",
        "dtwice/dx = 6",
        "dtwice/dx = dtwice/da · da/dx = 2 · 3 + 6 = 12",
    ]
    assert grad(twice)(2.0) == 12.0


@pytest.mark.parametrize("name", PROGRAMS)
def test_at_the_end_the_arguments_have_their_derivatives(name):
    found = explained(name)
    numbers, told = found.drawing.numbers, data_of(found.html)["labels"]
    last = len(found.story.steps) - 1
    heads = found.drawing.region.heads
    for head, value in zip(heads, numbers.trace.params):
        (label,) = head.outputs
        shown = at(told[label.id], last)
        assert shown == (numbers.value(value), numbers.derivative(value))
    for step, turning in enumerate(found.story.steps):
        if turning.phase == "backward":
            break
    for head in heads:  # nothing has flowed back before the turning point
        assert at(told[head.outputs[0].id], step - 1)[1] == ""


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_step_is_at_an_item_and_at_a_line(name):
    found = explained(name)
    data = data_of(found.html)
    ids = {item.id for item in found.drawing.region.every()}
    keys = {
        key
        for row in re.findall(r'data-keys="([^"]*)"', found.html)
        for key in json.loads(row.replace("&quot;", '"'))
    }
    for step in data["steps"][1:]:
        assert step["item"] in ids
        assert step["keys"] or "/d" in step["text"]
        assert set(step["keys"]) <= keys
        assert len(step["loops"]) <= len(step["when"])
    assert set(data["labels"]) <= {
        label.id for item in found.drawing.region.every() for label in item.outputs
    }


def test_loops_say_which_iteration_goes_back():
    found = srcad.explain(branch_in_loop, 1.2, 4)
    whens = [s.when for s in found.story.steps if s.phase == "backward" and s.when]
    assert whens == sorted(whens, reverse=True)
    assert whens[0] == (3,)
    counts = {count for s in found.story.steps for _, count in s.loops}
    assert counts == {4}
    told = found.story.labels
    every = [label for i in found.drawing.region.every() for label in i.outputs]
    label = next(label for label in every if label.name == "k")
    values = [value for _, value, _ in told[label.id]]
    assert values == ["0", "1", "2", "3", "2", "1", "0"]


def test_the_page_needs_nothing_from_anywhere():
    for name in ("tutorial", "rnn", "guarded"):
        page = explained(name).html
        assert not re.search(r'(src|href)\s*=\s*["\']', page)
        assert "@import" not in page and "url(" not in page
        assert "fetch(" not in page and "XMLHttpRequest" not in page


def test_text_of_the_users_is_text_in_the_page():
    def tagged(x):
        word = "</script><b>@STAGE@"
        return x * len(word)

    page = srcad.explain(tagged, 2.0).html
    assert "</script><b>" not in page
    assert page.count('class="stage"') == 1
    assert data_of(page)["steps"]


def test_more_than_one_number_is_shown_forwards_and_says_so():
    found = srcad.explain(layer, np.eye(2), np.ones(2), np.ones(2))
    assert found.note == "the function returns an array of 2, not one number"
    assert found.note in found.html
    assert {s.phase for s in found.story.steps} == {"start", "forward"}
    assert "no generated source" in found.html


def test_what_cannot_be_explained_is_refused(tmp_path):
    with pytest.raises(srcad.SignatureError, match="arguments"):
        srcad.explain(tutorial)
    with pytest.raises(srcad.SignatureError, match="gradient"):
        srcad.explain(grad(tutorial), 1.0, 3.0, -3.0)
    with pytest.raises(srcad.SignatureError, match="page"):
        srcad.explain(tutorial, 1, 3, -3).save(tmp_path / "g.svg")
    with pytest.raises(TypeError):
        srcad.explain(tutorial, 1.0)


def test_save_and_notebook(tmp_path):
    found = srcad.explain(tutorial, 1, 3, -3)
    path = found.save(tmp_path / "g.html")
    assert path.read_text(encoding="utf-8") == found.html
    frame = found._repr_html_()
    assert frame.startswith('<iframe srcdoc="&lt;!DOCTYPE html&gt;')
    assert repr(found) == "<srcad explanation of tutorial: 6 steps>"


# ---- in a browser --------------------------------------------------------------------


def g(x, y, z):
    p = x + y
    return p * z


@needs_browser
def test_a_reader_steps_through_the_tutorial(tmp_path):
    steps = """
      found.start = texts();
      press('ArrowRight');
      found.p = [said(), texts().p, lit('user'), lit('generated')];
      press('ArrowRight');
      found.g = [said(), texts().g, lit('user')];
      press('ArrowRight');
      found.seed = texts().g;
      press('ArrowRight');
      found.times = [chain(), texts(), lit('user')];
      click(document.querySelector('[data-do="next"]'));
      found.plus = [chain(), texts(), lit('user')];
      found.node = open().querySelector('.item.now .sign').textContent;
      found.mathematics = document.querySelector('#chain math').textContent;
    """
    found = driven(srcad.explain(g, 1, 3, -3).html, steps, tmp_path)
    assert found["errors"] == []
    assert found["start"] == {
        "x": ["1", ""],
        "y": ["3", ""],
        "z": ["−3", ""],
        "p": ["", ""],
        "g": ["", ""],
    }
    assert found["p"] == [
        "p = x + y = 1 + 3 = 4",
        ["4", ""],
        ["p = x + y"],
        ["p = x + y"],
    ]
    assert found["g"] == ["g = p * z = 4 * (−3) = −12", ["−12", ""], ["return p * z"]]
    assert found["seed"] == ["−12", "1"]
    chains, labels, line = found["times"]
    assert chains == ["dg/dp = −3", "dg/dz = 4"]
    assert (labels["p"], labels["z"], labels["x"]) == (
        ["4", "−3"],
        ["−3", "4"],
        ["1", ""],
    )
    assert line == ["return p * z"]
    chains, labels, line = found["plus"]
    assert chains == [
        "dg/dx = dg/dp · dp/dx = (−3) · 1 = −3",
        "dg/dy = dg/dp · dp/dy = (−3) · 1 = −3",
    ]
    assert labels == {
        "x": ["1", "−3"],
        "y": ["3", "−3"],
        "z": ["−3", "4"],
        "p": ["4", "−3"],
        "g": ["−12", "1"],
    }
    assert line == ["p = x + y"]
    assert found["node"] == "+"
    assert found["mathematics"] == "dgdx=dgdp·dpdx=(−3)·1=−3"


@needs_browser
def test_keys_sliders_lines_and_folds(tmp_path):
    steps = """
      const step = () => Number(document.body.dataset.step);
      press('End');
      found.end = step();
      press('r');
      found.turn = steps[step()].text;
      press('Home');
      found.home = step();
      const slider = document.getElementById('at');
      slider.value = 3;
      slider.dispatchEvent(new Event('input', {bubbles: true}));
      found.slid = step();
      const inLoop = steps.findIndex(s => s.phase === 'backward' && s.when.length);
      go(inLoop);
      found.first = steps[step()].when;
      press('ArrowUp');
      found.earlier = [steps[step()].when, steps[step()].item === steps[inLoop].item];
      const loop = document.querySelector('#loops input');
      loop.value = 0;
      loop.dispatchEvent(new Event('input', {bubbles: true}));
      found.zeroth = [steps[step()].when,
        document.querySelector('#loops output').textContent];
      found.idle = all('.region.idle', open()).map(r => r.dataset.part);
      const box = steps[step()].loops[0][0];
      click(open().querySelector(`.fold[data-box="${box}"]`));
      found.folded = [open().querySelector('.item.now').dataset.id === box,
        all('.item', open()).length];
      click(open().querySelector(`.fold[data-box="${box}"]`));
      found.unfolded = all('.item', open()).length;
      go(0);
      click(all('#user .line').find(l => l.textContent.includes('return s * x')));
      found.line = steps[step()].text;
      found.dark = document.documentElement.dataset.theme || '';
      press('t');
      found.light = document.documentElement.dataset.theme;
      go(0);
      document.activeElement.blur();
      press(' ');
      await new Promise(done => setTimeout(done, 2100));
      found.played = step();
    """
    explanation = srcad.explain(branch_in_loop, 1.2, 4)
    found = driven(explanation.html, steps, tmp_path)
    assert found["errors"] == []
    assert found["end"] == len(explanation.story.steps) - 1
    assert found["turn"] == "dbranch_in_loop/dbranch_in_loop = 1"
    assert (found["home"], found["slid"]) == (0, 3)
    assert found["first"] == [3]
    assert found["earlier"] == [[2], True]
    assert found["zeroth"] == [[0], "iteration 1 of 4"]
    assert found["idle"] == ["1"]  # s was below 2 then
    assert found["folded"][0]
    assert found["folded"][1] < found["unfolded"]
    assert found["line"].startswith("branch_in_loop = s * x = 3.424 * 1.2 =")
    assert {found["dark"], found["light"]} <= {"", "dark", "light"}
    assert found["light"] != found["dark"]
    assert found["played"] == 2


@needs_browser
@pytest.mark.parametrize("f", [rnn, mlp])
def test_nothing_is_cut_off(f, tmp_path):
    """Every label is inside its picture, as wide as the browser really draws it.

    And every line of source is inside its pane.
    """
    steps = """
      press('End');
      found.cut = all('.pane').map(p => p.id).filter(id => id !== 'graph')
        .filter(id => document.getElementById(id).scrollWidth
          > document.getElementById(id).clientWidth);
      const frame = open().querySelector('svg').getBoundingClientRect();
      found.outside = all('.label text', open()).filter(t => {
        const r = t.getBoundingClientRect();
        return r.width && (r.right > frame.right || r.left < frame.left);
      }).map(t => t.textContent);
      found.sideways = document.documentElement.scrollWidth - innerWidth;
      const boxes = all('.label text', open()).map(t => t.getBoundingClientRect())
        .filter(r => r.width);
      found.over = 0;
      boxes.forEach((a, i) => boxes.slice(i + 1).forEach(b => {
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const tall = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (wide > 1 && tall > 3) found.over += 1;
      }));
    """
    page = srcad.explain(f, *PROGRAMS[f.__name__][1]).html
    found = driven(page, steps, tmp_path)
    assert found == {
        "cut": [],
        "outside": [],
        "sideways": found["sideways"],
        "over": 0,
        "errors": [],
    }
    assert found["sideways"] <= 0


@needs_browser
def test_a_drawing_folds_in_its_page(tmp_path):
    steps = """
      const titles = () => all('.title', open()).map(t => t.textContent.slice(2));
      found.open = titles();
      const [loop] = all('.fold', open());
      click(loop);
      found.closed = titles();
      open().querySelector('.fold').focus();
      press('Enter');
      found.again = titles();
    """
    page = srcad.graph(rnn, *PROGRAMS["rnn"][1]).to_html()
    found = driven(page, steps, tmp_path)
    assert found["errors"] == []
    assert found["open"] == ["for k in range(len(xs))", "layer(w, x, b)"]
    assert found["closed"] == ["for k in range(len(xs))"]
    assert found["again"] == found["open"]
