"""Several programs on one file never overspend; one killed at any moment loses no charge it told of."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.accounts.moments import START
from trendwire.accounts import Store, keys, ledger, usage

SPENDER = Path(__file__).with_name("spender.py")


def start(home: Path, text: str, tasks: int, requests: int) -> subprocess.Popen[str]:
    command = [sys.executable, str(SPENDER), str(home), text, str(tasks), str(requests)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def charged(store: Store) -> int:
    """Requests the ledger holds a debit for; usage must tell the same."""
    ledger.check(store)
    (rows,) = store.read(lambda db: db.execute("SELECT count(*) FROM entry WHERE amount < 0").fetchone())
    assert sum(row.calls for row in usage.rows(store)) == rows
    return int(rows)


def test_two_processes_share_one_balance(store: Store, tmp_path: Path) -> None:
    # 150 credits, 2 programs x 8 tasks x 20 requests: 150 are charged, 170 refused, none is lost.
    new = keys.create(store, "ada", 150, 9, START)
    programs = [start(tmp_path, new.text, 8, 20) for _ in range(2)]
    said = Counter(line for program in programs for line in program.communicate()[0].split())
    assert [program.returncode for program in programs] == [0, 0]
    assert said == {"ready": 2, "charged": 150, "OutOfCredits": 170}
    assert charged(store) == 150
    assert ledger.balance(store, new.key.account_id) == 0


@pytest.mark.parametrize("answers", [1, 7, 30, 90, 200])
def test_kill_9_loses_no_charge_that_was_told(store: Store, tmp_path: Path, answers: int) -> None:
    new = keys.create(store, "ada", 10**6, 9, START)
    with start(tmp_path, new.text, 8, 10**6) as program:
        assert program.stdout is not None
        told = [program.stdout.readline() for _ in range(1 + answers)]
        program.kill()
        told += program.stdout.readlines()
    acknowledged = told.count("charged\n")
    assert acknowledged >= answers
    # At most one more per task: committed, and killed before it could say so.
    assert acknowledged <= charged(store) <= acknowledged + 8
    assert ledger.balance(store, new.key.account_id) == 10**6 - charged(store)
    again = keys.create(store, "ada", 1, 9, START)
    assert keys.find(store, again.text).balance == 10**6 - charged(store) + 1
