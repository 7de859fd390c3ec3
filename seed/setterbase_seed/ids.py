"""Ids that are derived, so that a second run finds them, and recognised, so that a purge does.

Every row of a seed has a UUID of version 8 (RFC 9562: «custom») that starts with `5e77e4ba-5eed-8`.
PostgreSQL's and every client's random UUIDs are of version 4 or 7: none of them can ever be one.
After the marker come 42 bits of a hash of (seed, owner), then the number of the lead (24 bits) and
of its row (8 bits), so that one world's ids are a range and sort in the order of writing.
"""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID

MARKER = "5e77e4ba-5eed-8"
FIRST_OF_ALL = UUID(f"{MARKER}000-0000-000000000000")
LAST_OF_ALL = UUID(f"{MARKER}fff-ffff-ffffffffffff")

MOST_LEADS = 1 << 24  # of one coach and seed
MOST_ROWS = 1 << 8  # of one lead and table


def digest(*parts: object) -> bytes:
    """32 bytes that depend on the parts alone: on no machine, version or hash seed."""
    return sha256("\x1f".join(str(part) for part in parts).encode()).digest()


def number(*parts: object) -> int:
    """64 bits of `digest`: a seed for a generator of its own."""
    return int.from_bytes(digest(*parts)[:8], "big")


def fraction(*parts: object) -> float:
    """A number in [0, 1) that depends on the parts alone."""
    return (number(*parts) >> 11) / (1 << 53)


def prefix(seed: int, owner: object) -> str:
    """The first 28 characters of every id of this owner and seed; 8 hexadecimal digits follow."""
    hashed = number("ids", seed, owner) >> 22
    variant = "89ab"[hashed & 3]
    digits = f"{hashed >> 2:010x}"
    return f"{MARKER}{digits[:3]}-{variant}{digits[3:6]}-{digits[6:]}"


def tag(seed: int, owner: object) -> str:
    """Eight hexadecimal digits for what people read: contact ids, handles."""
    return digest("tag", seed, owner).hex()[:8]


def lead_id(id_prefix: str, index: int) -> UUID:
    """The id of lead number `index` (from 0), and of its sequence."""
    return UUID(f"{id_prefix}{index:06x}00")


def lead_index(lead: UUID) -> int:
    """The number of the lead in an id that `lead_id` made."""
    return (lead.int >> 8) & (MOST_LEADS - 1)
