"""The bundled sample edition is what its own recipe makes."""

from pathlib import Path

from tests.sample import made
from trendwire.editions import sample_editions


def test_the_sample_is_made_anew_to_the_same_bytes(tmp_path: Path) -> None:
    assert made(tmp_path).content_hash == sample_editions().current().content_hash
