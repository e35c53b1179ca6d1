"""The demo: a world made once, a fresh key each time, and lines that work when pasted."""

import json
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.serving import ask_desk, free_port
from trendwire.accounts.operations import ListKeys
from trendwire.editions import Editions

POSTS = 3000


def _demo(home: Path, use: list[str]) -> str:
    """Runs the demo until it greets, pastes its curl lines, ends it; the key. Answers are added to `use`."""
    port = free_port()
    words = ["--home", str(home), "demo", "--port", str(port), "--posts", str(POSTS)]
    with subprocess.Popen(
        [sys.executable, "-m", "trendwire", *words], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            printed = []
            for line in process.stdout:
                printed.append(line.strip())
                if line.startswith("Ctrl+C"):
                    break
            lines = [line for line in printed if line.startswith("curl ")]
            assert len(lines) == 3
            use.extend(
                subprocess.run(shlex.split(line), capture_output=True, text=True, check=True).stdout
                for line in lines
            )
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
        finally:
            process.kill()
    found = re.search(r"sk_live_\w+", "\n".join(printed))
    assert found
    return found[0]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")
def test_a_second_demo_has_the_same_world_and_a_fresh_key(tmp_path: Path) -> None:
    first: list[str] = []
    again: list[str] = []
    old = _demo(tmp_path, first)
    world = Editions(tmp_path).current().content_hash
    new = _demo(tmp_path, again)
    for text in (*first, *again):
        answer = json.loads(text)
        assert answer["code"] in (0, 200)
        assert answer["data"]
    assert Editions(tmp_path).records()[-1].content_hash == world
    assert len(Editions(tmp_path).records()) == 1
    assert old != new
    assert [key.revoked_at is None for key in ask_desk(tmp_path, ListKeys())] == [False, True]


def test_a_home_of_real_posts_is_not_mixed_with_a_made_up_world(published: Call) -> None:
    ended = published("demo", "--port", free_port())
    assert ended.code == 1
    assert "--home" in ended.err
