"""The program `bicep`, run only when a person asks for it: repositories in a pull request are hostile.

It compiles a file that leads nowhere out of the folder, restores no module, sees nothing of the caller's environment and
has a minute. Source: learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-cli (build, --no-restore, --outfile).
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

from apimdoctor.errors import ApimDoctorError

SECONDS = 60
MOST_BYTES = 8 << 20


class CompileError(Exception):
    """A file that could not be compiled; the message says why and quotes nothing of it."""


class Compiler:
    """The program as it was found, for one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        found = shutil.which("bicep")
        if found is None:
            raise ApimDoctorError(
                "--bicep needs the program bicep, which is not installed here",
                hint="install it (aka.ms/bicep-install), or leave --bicep out: Bicep files are read without it too",
            )
        self._program = Path(found).resolve()
        if self._program.is_relative_to(self._folder):
            raise ApimDoctorError(
                "the program bicep that was found stands in the folder that is scanned",
                hint="take that folder off the PATH: what is scanned is never run",
            )

    def compiled(self, path: str) -> bytes:
        """The ARM template that a Bicep file (relative to the folder) comes to; raises CompileError."""
        with tempfile.TemporaryDirectory(prefix="apimdoctor-") as home:
            made = Path(home, "template.json")
            command = [str(self._program), "build", str(self._folder / path), "--no-restore", "--outfile", str(made)]
            environment = {
                "PATH": "/usr/bin:/bin",
                "HOME": home,
                "TMPDIR": home,
                "DOTNET_BUNDLE_EXTRACT_BASE_DIR": home,
                "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1",
            }
            try:
                ended = subprocess.run(  # noqa: S603 (the program is the user's own, the file only an argument)
                    command,
                    cwd=home,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    timeout=SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                raise CompileError(f"bicep took longer than {SECONDS} seconds") from None
            except OSError as error:
                raise CompileError(f"bicep could not be started: {(error.strerror or 'unknown').lower()}") from None
            if ended.returncode or not made.is_file():
                raise CompileError(f"bicep refuses it (exit code {ended.returncode})")
            if made.stat().st_size > MOST_BYTES:
                raise CompileError(f"its template is larger than {MOST_BYTES >> 20} MiB")
            return made.read_bytes()
