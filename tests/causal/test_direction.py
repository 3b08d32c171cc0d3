"""direction(x, y) with the networks that come with the book, and its command."""

import math

import pytest
import torch

from ldyn.causal import Direction, direction, evaluate, network_scores, sample_tasks
from ldyn.causal.__main__ import main
from ldyn.causal.direction import _pair_doubts, long_columns
from ldyn.core import stream
from ldyn.data import Pair

F64 = torch.float64


def clear(n, dtype=F64, name="clear"):
    g = stream("direction", name, n)
    x, e = (torch.randn(n, generator=g, dtype=F64) for _ in range(2))
    return x.to(dtype), (x + x.pow(2) / 2 + torch.cos(2 * x) + e / 3).to(dtype)


@pytest.mark.parametrize("n", [10, 11, 57, 999, 2500, 100_000])
@pytest.mark.parametrize("dtype", [torch.float32, F64])
def test_exchanging_the_columns_turns_the_sign_to_the_last_bit(n, dtype):
    x, y = clear(n, dtype)
    one, other = direction(x, y), direction(y, x)
    assert isinstance(one, Direction)
    assert other.score == -one.score != 0
    assert other.confidence == one.confidence
    assert len(other.doubts) == len(one.doubts)
    assert 0.5 <= one.confidence <= 1
    assert one.confidence == pytest.approx(1 / (1 + math.exp(-abs(one.score))))


@pytest.mark.parametrize("step", [0.0, 0.5])
def test_units_signs_and_the_order_of_rows_do_not_matter(step):
    x, y = (((c / step).round() * step) if step else c for c in clear(200))
    found = direction(x, y).score
    order = torch.randperm(200, generator=stream("order"))
    for a, b in ((x / 1e3 + 5, 400 * y - 7), (-x, y), (x, 1 - y), (x[order], y[order])):
        assert direction(a, b).score == pytest.approx(found, rel=1e-7)


def test_a_clear_pair_is_clear_from_fifty_rows_on():
    for n in (50, 500, 3000):
        found = direction(*clear(n))
        assert found.score > 0
    assert found.confidence > 0.9
    assert found.doubts == ()


def test_a_column_against_itself_scores_zero():
    x, _ = clear(60)
    found = direction(x, x)
    assert (found.score, found.confidence) == (0, 0.5)
    assert any("function of the other" in d for d in found.doubts)


def test_lists_and_coarse_columns_are_answered():
    assert direction(list(range(12)), [1, 0] * 6) == direction(torch.arange(12.0), [1.0, 0.0] * 6)
    x, y = clear(200)
    y[3] = -1e9
    assert math.isfinite(direction(x, y).score)


@pytest.mark.parametrize(
    ("told", "x", "y"),
    [
        ("only 40 rows", *clear(40)),
        ("x has ties: 4 different values in 300 rows", clear(300)[0].round().clamp(-1, 2),
         clear(300)[1]),
        ("y has a value", clear(300)[0], clear(300)[1].index_fill(0, torch.tensor([5]), 100.0)),
        ("may be independent", clear(300)[0], clear(300, name="other")[1]),
        ("normal pair", clear(300)[0], clear(300)[0] + clear(300, name="other")[0]),
        ("function of the other", clear(300)[0], clear(300)[0].exp()),
    ],
)  # fmt: skip
def test_each_doubt_is_told_and_with_the_other_name_the_other_way_round(told, x, y):
    assert any(told in d for d in direction(x, y).doubts)
    names = str.maketrans("xy", "yx")
    expected = {d.translate(names) for d in direction(x, y).doubts if d[:5] in ("x has", "y has")}
    assert expected <= set(direction(y, x).doubts)


def test_a_normal_pair_is_doubted_as_often_as_the_law_of_the_statistic_says():
    doubted = 0
    for k in range(1000):
        g = stream("normal pairs", k)
        x, e = (torch.randn(500, generator=g, dtype=F64) for _ in range(2))
        doubted += any("normal pair" in d for d in _pair_doubts(x, 0.8 * x + 0.6 * e))
    assert abs(doubted / 1000 - 0.95) < 6 * (0.95 * 0.05 / 1000) ** 0.5


@pytest.mark.parametrize(
    ("x", "y", "told"),
    [
        (torch.arange(12.0), torch.ones(12), "constant"),
        (torch.arange(9.0), torch.arange(9.0), "at least 10"),
        (torch.arange(12.0), torch.arange(13.0), "one length"),
        (torch.tensor([float("nan")] + [1.0, 2.0] * 6), torch.arange(13.0), "finite"),
        (["a"] * 12, torch.arange(12.0), "numbers"),
    ],
)
def test_bad_columns_are_refused(x, y, told):
    with pytest.raises(ValueError, match=told):
        direction(x, y)
    with pytest.raises(ValueError, match=told):
        direction(y, x)


def test_of_many_rows_the_same_are_seen_of_both_columns():
    c = torch.arange(7000.0)
    found = long_columns(c)
    assert found.shape == (3, 1000)
    assert found.unique().numel() == 3000
    assert torch.equal(long_columns(2 * c + 1), 2 * found + 1)
    assert long_columns(c[:1999]).shape == (1, 1000)
    assert torch.equal(long_columns(c[:1000]), c[None, :1000])


def test_confidence_is_the_share_of_right_answers_on_fresh_tasks():
    """Within six standard errors, in three classes of confidence, and Brier's score below ¼."""
    x, y = sample_tasks("wide", 400, 100, seed="calibration")
    odds = network_scores(x, y)[0].mean(0)
    confidence, right = odds.abs().sigmoid(), (odds > 0).double()
    for low, high in ((0.5, 0.75), (0.75, 0.95), (0.95, 1.0)):
        here = (confidence >= low) & (confidence < high)
        error = (confidence * (1 - confidence))[here].sum().sqrt() / here.sum()
        assert here.sum() > 50
        assert (confidence - right)[here].mean().abs() < 6 * error
    assert (confidence - right).square().mean() < 0.2


def test_evaluate_takes_it():
    pairs = [
        Pair(name=str(k), x=x, y=y, target=1) for k in range(6) for x, y in [clear(300, name=k)]
    ]
    found = evaluate(lambda x, y: direction(x, y).score, pairs)
    assert found.accuracy >= 5 / 6


def test_without_networks_it_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("LDYN_RESULTS", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="make study NAME=direction_model"):
        direction(*clear(20))


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "some.csv"
        path.write_text(text, "utf-8")
        return str(path)

    return write


def rows(mark=",", n=60):
    x, y = clear(n)
    return "\n".join(f"{a}{mark}{b}{mark}{k}" for k, (a, b) in enumerate(zip(x, y, strict=True)))


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_the_command_prints_what_the_function_returns(file, capsys, mark):
    found = direction(*clear(60))
    head = mark.join(["dose", "answer", "number"])
    assert main([file(f"{head}\n{rows(mark)}\n\n"), "--columns", "answer", "dose"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[:2] == ["x: answer, y: dose", "dose → answer"]
    assert out[2] == f"confidence {found.confidence:.3f}, score {-found.score:+.3f}"
    assert out[3:] == [f"doubt: {d}" for d in direction(*clear(60)[::-1]).doubts]
    assert main([file(rows(mark)), "--columns", "1", "2"]) == 0
    assert "column 1 → column 2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "told", "columns"),
    [
        ("", "empty", []),
        ("a\n1\n2", "1 columns", []),
        (f"a,b,c\n{rows()}", "3 columns", []),
        (f"a,b,c\n{rows()}", "no column 'd'", ["--columns", "a", "d"]),
        ("a,b\n1,2\n3,x\n", "row 2 of 'b'", []),
        ("a,b\n1,2\n3\n", "row 2 of 'b'", []),
        ("a,b\n" + "\n".join(f"{k},7" for k in range(20)), "constant", []),
        ("a,b\n" + "\n".join(f"{k},nan" for k in range(20)), "finite", []),
        ("a,b\n1,2\n2,1", "at least 10", []),
    ],
)
def test_the_command_says_what_is_wrong(file, capsys, text, told, columns):
    assert main([file(text), *columns]) == 2
    assert told in capsys.readouterr().err


def test_a_file_that_is_not_there(tmp_path, capsys):
    assert main([str(tmp_path / "none.csv")]) == 2
    assert "none.csv" in capsys.readouterr().err
