"""Whether anything came since the last publish: posts, recorded charts, or a new day."""

from datetime import date
from hashlib import blake2b
from pathlib import Path

from trendwire.facts.store import FactStore


def state(home: Path, as_of: date) -> str:
    """A word for all that an edition of `as_of` would be made from; another word, another edition."""
    snapshot = FactStore(home).snapshot()
    folders = sorted((home / "facts" / "recorded").glob("*/"))
    told = [as_of.isoformat(), str(snapshot.posts), str(snapshot.observations)]
    told += [f"{folder.name} {folder.stat().st_mtime_ns}" for folder in folders]
    return blake2b("\n".join(told).encode(), digest_size=16).hexdigest()


def anything(home: Path) -> bool:
    """Whether there is anything to publish at all."""
    return FactStore(home).snapshot().posts > 0 or any((home / "facts" / "recorded").glob("*/*"))
