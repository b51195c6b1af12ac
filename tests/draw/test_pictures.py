"""Drawings as SVG, text, dot and Mermaid: whole, legible and well formed."""

import itertools
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import srcad
from srcad import grad
from srcad.draw.sizes import label_width
from tests.draw.programs import PROGRAMS, branch_in_loop, long, rnn, tutorial

NAMESPACE = "{http://www.w3.org/2000/svg}"


def drawn(name, with_values=True):
    f, args = PROGRAMS[name]
    return srcad.graph(f, *(args if with_values else ()))


def rectangles(scene, drawing, dx=0.0, dy=0.0):
    """All bodies and labels of one scene: (left, top, right, bottom, what)."""
    for shape in scene.shapes:
        x, y, w, h = shape.body
        if shape.item.kind != "input":  # its dot is between the lines of its label
            yield (x + dx, y + dy, x + w + dx, y + h + dy, shape.item.text)
        for label, (lx, ly) in shape.labels:
            wide = label_width(label, drawing.texts) - 14.0
            yield (
                lx + 7 + dx,
                ly - 14 + dy,
                lx + 7 + wide + dx,
                ly + 16 + dy,
                label.name,
            )


def scenes(scene):
    yield scene
    for shape in scene.shapes:
        for _, inner in shape.inside:
            yield from scenes(inner)


@pytest.mark.parametrize("direction", ["across", "down"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_stands_on_something_else(name, direction):
    drawing = drawn(name)
    whole = drawing.scene(drawing.opened(False), direction)
    for scene in scenes(whole):
        found = list(rectangles(scene, drawing))
        for k, (l1, t1, r1, b1, one) in enumerate(found):
            for l2, t2, r2, b2, other in found[k + 1 :]:
                apart = r1 <= l2 or r2 <= l1 or b1 <= t2 or b2 <= t1
                assert apart, f"{one} and {other}"
        for left, top, right, bottom, what in found:
            assert left >= -4 and top >= -4, what
            assert right <= scene.width + 4 and bottom <= scene.height + 4, what


@pytest.mark.parametrize("name", PROGRAMS)
def test_edges_start_and_end_at_their_items_and_lead_on(name):
    drawing = drawn(name)
    for down in (False, True):
        for scene in scenes(
            drawing.scene(drawing.opened(False), "down" if down else "across")
        ):
            bodies = {shape.item: shape.body for shape in scene.shapes}
            for route in scene.routes:
                ahead = [p[1] if down else p[0] for p in route.points]
                assert all(b >= a - 0.01 for a, b in itertools.pairwise(ahead))
                x, y = route.points[-1]
                left, top, width, height = bodies[route.target]
                assert left - 1 <= x <= left + width + 1
                assert top - 1 <= y <= top + height + 1


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("with_values", [True, False])
def test_the_svg_is_well_formed_and_has_every_operation(name, with_values):
    if not with_values and name in ("guarded", "listed", "factorial"):
        pytest.skip("it needs types: a dict, a list, the end of a recursion")
    drawing = drawn(name, with_values)
    root = ET.fromstring(drawing.to_svg(fold=False))
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    for item in drawing.region.every():
        assert item.id in ids
    assert "http" not in drawing.to_svg().replace("http://www.w3.org/2000/svg", "")


def test_the_tutorial_reads_as_the_tutorial():
    drawing = srcad.graph(tutorial, 1, 3, -3)
    root = ET.fromstring(drawing.to_svg())
    shown = {}
    for group in root.iter(f"{NAMESPACE}g"):
        if group.get("class") == "label":
            above, below = group.findall(f"{NAMESPACE}text")
            shown["".join(above.itertext())] = below.text
    assert shown == {
        "x = 1": "−3",
        "y = 3": "−3",
        "z = −3": "4",
        "p = 4": "−3",
        "tutorial = −12": "1",
    }
    signs = [e.text for e in root.iter() if "sign" in (e.get("class") or "")]
    assert signs == ["+", "×"]


def test_an_index_is_drawn_as_it_is_written():
    def f(x):
        return np.sum(x[:, None] * x[0])

    root = ET.fromstring(srcad.graph(f, np.ones(3)).to_svg())
    signs = [e.text for e in root.iter() if "sign" in (e.get("class") or "")]
    assert signs[:2] == ["[:, None]", "[0]"]


def test_the_tutorial_as_text():
    assert srcad.graph(tutorial, 1, 3, -3).to_text().split("\n") == [
        "x = 1 (−3)─┐",
        "           ├───(+)─ p = 4 (−3)─┐",
        "y = 3 (−3)─┘                   ├───(×)─ tutorial = −12 (1)",
        "               z = −3 (4) ─────┘",
    ]


def test_what_is_too_wide_is_a_list():
    text = srcad.graph(branch_in_loop, 1.2, 4).to_text()
    assert re.search(r"^s = for k in range\(n\) +3.424 \(1.2\)$", text, re.M)
    assert re.search(r"^ +t = np.sin\(s\) +0.848 \(0.6\)$", text, re.M)
    narrow = srcad.graph(tutorial, 1, 3, -3).to_text(width=20)
    assert re.search(r"^p = x \+ y +4 \(−3\)$", narrow, re.M)


def test_boxes_fold():
    drawing = drawn("rnn")
    texts = [item.text for item in drawing.region.every() if item.kind == "box"]
    assert texts == ["for k in range(len(xs))", "layer(w, x, b)"]
    closed, half, opened = (drawing.to_svg(fold=k) for k in (True, 1, False))
    assert "tanh" not in closed
    assert "layer(w, x, b)" not in closed
    assert "layer(w, x, b)" in half
    assert ">tanh<" not in half
    assert ">tanh<" in opened


def test_the_branch_not_taken_is_pale():
    drawing = srcad.graph(branch_in_loop, 1.2, 4)
    idle = re.findall(
        r'class="region idle" data-of="\w+" data-part="(\d)"', drawing.to_svg()
    )
    assert idle == ["0"]
    assert "s2 = 3.424" in words(drawing.to_svg())
    assert "2.88" not in words(drawing.to_svg())  # the other branch's, from before
    first = drawing.to_svg(iteration=0)
    assert re.findall(r'region idle" data-of="\w+" data-part="(\d)"', first) == ["1"]


def test_inside_a_box_stands_what_was_there_in_the_last_iteration():
    listed = words(drawn("rnn").to_svg())
    for name in ("w", "u", "xs", "h", "k"):  # from above the loop, and of the loop
        assert len(re.findall(rf"^{name} = .", listed, re.M)) >= 1
    assert re.findall(r"^k = (.*)$", listed, re.M) == ["3"]
    shown = words(drawn("halving").to_svg())
    assert "x2 = 0.5625" in shown
    earlier = words(drawn("halving").to_svg(iteration=0))
    assert "x2 = 4.5" in earlier
    assert "x2 = " not in words(drawn("halving").to_svg(iteration=9)).replace(
        "x2 = 0.5625", "", 1
    )


def words(svg):
    """The texts of a picture, a line each."""
    root = ET.fromstring(svg)
    texts = [e for e in root.iter() if e.tag in (f"{NAMESPACE}text",)]
    return "\n".join("".join(t.itertext()) for t in texts)


def test_light_and_dark():
    drawing = srcad.graph(tutorial)
    assert "prefers-color-scheme: dark" in drawing.to_svg()
    light, dark = drawing.to_svg(theme="light"), drawing.to_svg(theme="dark")
    assert "prefers-color-scheme" not in light + dark
    assert light != dark


def test_the_page_folds_by_itself():
    page = drawn("rnn").to_html()
    assert page.count('class="state"') == 4  # two boxes: open or closed
    assert page.count("hidden>") == 3
    assert not re.search(r'(src|href)="', page)


def test_dot_and_mermaid():
    drawing = drawn("branch_in_loop")
    dot, mermaid = drawing.to_dot(), drawing.to_mermaid()
    assert dot.count("{") == dot.count("}")
    assert dot.count("subgraph cluster_") == 2
    assert mermaid.startswith("flowchart LR")
    assert len(re.findall(r"^ *subgraph ", mermaid, re.M)) == 2
    assert len(re.findall(r"^ *end$", mermaid, re.M)) == 2
    for text in (dot, mermaid):
        nodes = set(re.findall(r"\b(n\d+(?:_\w+)?)\b", text))
        edges = re.findall(r"(n\d+\w*) (?:-->|->|-\.->|-- .* -->) (n\d+\w*)", text)
        assert edges
        assert {v for edge in edges for v in edge} <= nodes


@pytest.mark.parametrize("suffix", [".svg", ".html", ".dot", ".mmd", ".txt"])
def test_save(tmp_path, suffix):
    path = srcad.graph(tutorial, 1, 3, -3).save(tmp_path / f"g{suffix}")
    assert "−12" in path.read_text(encoding="utf-8")


def test_what_cannot_be_is_refused(tmp_path):
    drawing = srcad.graph(tutorial)
    with pytest.raises(srcad.SignatureError, match=r"'\.png'"):
        drawing.save(tmp_path / "g.png")
    with pytest.raises(srcad.SignatureError, match="theme"):
        drawing.to_svg(theme="blue")
    with pytest.raises(srcad.SignatureError, match="direction"):
        drawing.to_svg(direction="up")
    with pytest.raises(srcad.SignatureError, match="which"):
        srcad.graph(tutorial, which="both")
    with pytest.raises(TypeError):
        srcad.graph(tutorial, 1.0)


def test_adjoints_and_gradients_are_graphs_too():
    before = srcad.graph(tutorial, 1.0, 3.0, -3.0, which="adjoint")
    after = srcad.graph(tutorial, 1.0, 3.0, -3.0, which="adjoint", passes=True)
    assert before.numbers.trace.of(before.numbers.trace.results[0])[0] == -12.0
    assert sum(1 for _ in after.region.every()) <= sum(1 for _ in before.region.every())
    second = srcad.graph(grad(long), 0.5, 1.2, -0.7)
    x = second.numbers.trace.params[0]
    expected = grad(grad(long))(0.5, 1.2, -0.7)
    assert second.numbers.derivatives.whole[x] == pytest.approx(expected)
    assert "saved_" in srcad.graph(rnn, *PROGRAMS["rnn"][1], which="adjoint").to_text()


def test_it_shows_itself_in_a_notebook():
    drawing = srcad.graph(tutorial, 1, 3, -3)
    assert drawing._repr_svg_().startswith("<svg")
    assert repr(drawing) == "<srcad drawing of tutorial: 5 items>"
