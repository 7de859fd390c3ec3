"""Where the API of a home keeps its things."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from setterbase.errors import PlatformError

# A socket's path has at most 107 bytes (103 on macOS); the longest name of ours needs 32.
SOCKET_FOLDER_BYTES = 70

PARTS = ("gateway", "rest", "auth", "functions")
"""The parts that the supervisor runs; the database comes before them and has a life of its own."""


@dataclass(frozen=True)
class Places:
    """The files of the API in one home's folder."""

    home: Path

    @property
    def keys(self) -> Path:
        """The keys: mode 0600."""
        return self.home / "keys.json"

    @property
    def port(self) -> Path:
        """The port of the gateway, remembered."""
        return self.home / "api-port"

    @property
    def record(self) -> Path:
        """What runs."""
        return self.home / "api.json"

    @property
    def mail(self) -> Path:
        """Where e-mails are left: mode 0700."""
        return self.home / "mail"

    def log(self, part: str) -> Path:
        """What a part wrote; `supervisor` is one here."""
        return self.home / "logs" / f"{part}.log"

    @property
    def sockets(self) -> Path:
        """The folder of the sockets: in the home, or in the common one for a long path."""
        inside = self.home / "run"
        if len(os.fsencode(inside)) <= SOCKET_FOLDER_BYTES:
            return inside
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"setterbase-{os.geteuid()}-{digest}"

    def make(self) -> None:
        """Make the folders, which nobody else may enter. Raises PlatformError."""
        for folder in (self.mail, self.log("supervisor").parent, self.sockets):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
                    raise PermissionError(13, "it belongs to somebody else")
                folder.chmod(0o700)
            except OSError as error:
                raise PlatformError(
                    f"cannot use {folder}: {error.strerror}.",
                    hint="Remove it, or set SETTERBASE_HOME to a folder that you may write.",
                ) from None
