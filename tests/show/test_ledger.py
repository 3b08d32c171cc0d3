"""Prose says of a claim what the ledger says."""

import json

import pytest

from ldyn import show

ROW = {"measured": -0.6048, "low": -0.687, "high": -0.522, "verdict": "holds"}
RECORD = {
    "slope": ROW,
    "bare": ROW | {"measured": 2e-7, "low": None, "high": None},
    "words": ROW | {"measured": "15 of 15"},
    "limited": ROW | {"verdict": "holds with caveats"},
    "lost": ROW | {"verdict": "not reproduced"},
}


@pytest.fixture(autouse=True)
def ledger(tmp_path, monkeypatch):
    (tmp_path / "claims.json").write_text(json.dumps(RECORD))
    monkeypatch.setenv("LDYN_RESULTS", str(tmp_path))


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        (["slope", "bare"], "kept"),
        (["slope", "limited"], "kept, with caveats"),
        (["slope", "lost", "limited"], "kept in 2 of 3 parts"),
        (["lost"], "not kept"),
    ],
)
def test_a_promise_is_kept_if_all_its_claims_hold(claims, said):
    assert show.kept(*claims) == said


def test_measurements_are_written_with_their_intervals():
    assert show.measured("slope") == "−0.60 [−0.69, −0.52]"
    assert show.measured("bare", ".0e") == "2 × 10⁻⁷"
    assert show.measured("words") == "15 of 15"


@pytest.mark.parametrize("ask", [show.kept, show.measured])
def test_a_claim_without_a_verdict_is_refused(ask):
    with pytest.raises(ValueError, match=r"no verdict on 'slope-two'.*near it are \['slope'\]"):
        ask("slope-two")
