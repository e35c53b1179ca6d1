"""The measurements of serving run from end to end, and check what they say they check."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from bench import load, serve, world
from bench.serve import Counted

NEEDED = ("nginx", "wrk", "taskset")


@pytest.mark.skipif(not all(map(shutil.which, NEEDED)), reason=f"needs {', '.join(NEEDED)}")
def test_a_small_run_compares_all_sides_and_writes_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("fastapi", reason="comes with requirements/bench.lock")
    page = Path(shutil.copy(serve.PAGE, tmp_path))
    monkeypatch.setattr(serve, "PAGE", page)
    monkeypatch.setattr(serve, "DISK", tmp_path)
    monkeypatch.setattr(serve, "ROUNDS", 1)
    monkeypatch.setattr(serve, "SECONDS", 1)
    monkeypatch.setattr(world, "WORLD", replace(world.WORLD, posts=8_000, regions=4))

    serve.main()

    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {"full_vs_nginx", "full_vs_fastapi", "list_rps", "detail_rps", "p50_ms", "p99_ms"} < set(figures)
    assert 0 < figures["answers_received"] <= figures["debits_in_ledger"]
    assert f"**{figures['full_vs_nginx']}** of nginx" in page.read_text()


@pytest.mark.parametrize("debits", [99, 100 + 2 * load.CONNECTIONS + 1])
def test_a_ledger_that_does_not_agree_with_the_answers_ends_the_run(debits: int) -> None:
    with pytest.raises(SystemExit):
        Counted(answers=100, loads=2).check(debits)
