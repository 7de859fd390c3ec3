"""What lets in whoever knows it: tokens that rules compare with a header of the request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from setterbase.prover.texts import Claim, Evidence

TOKEN = re.compile(
    r"token|secret|invit\w*_code|access_code|join_code|share_code|api_?key|hash|"
    r"password|passcode|otp|nonce|signature"
)


def is_capability(evidence: Evidence, claim: Claim) -> bool:
    """Whether a header carries a secret: to guess another's is no attack, to hold it is a right."""
    if claim.source != "headers":
        return False
    held = [column for (_, column), asked in evidence.claim_columns.items() if asked == claim]
    return all(TOKEN.search(name.lower()) for name in held or [claim.path[-1]])
