"""A daemon that is killed or stopped under load: what it acknowledged is there, once."""

import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.daemon.running import Daemon
from tests.doors.program import Bd
from tests.faults.daemons import (
    Load,
    new_store,
    place_in,
    require_all,
    require_file,
    some_moment,
    spin,
)

pytestmark = pytest.mark.slow
KILLS = int(os.environ.get("BEADWORK_KILLS", "20"))
SEED = int(os.environ.get("BEADWORK_KILLS_SEED", "1"))


@pytest.fixture
def bd(quick_path: Path) -> Bd:
    """`bd` in a folder with a store, where syncs cost nothing."""
    return new_store(quick_path)


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def test_what_was_acknowledged_survives_kills_at_random_moments(bd: Bd) -> None:
    chance = random.Random(SEED)
    daemon = Daemon(bd.folder, bd.environment)
    took_s = []
    try:
        with Load(bd, lines=3, programs=2) as load:
            for number in range(KILLS):
                daemon.start()
                load.wait_for_more(chance.randrange(1, 15))
                some_moment(chance)
                daemon.kill()
                begun = time.perf_counter()
                answer = bd.run("create", f"next {number}", "--silent")
                took_s.append(time.perf_counter() - begun)
                assert answer.code == 0, answer
                load.acknowledged.append(f"next {number}")
    finally:
        daemon.kill()
    require_all(load, place_in(bd.folder))
    require_file(bd, place_in(bd.folder))
    parts = [f"{percentile(took_s, share) * 1000:.0f} ms" for share in (0.5, 0.95, 1)]
    sys.stdout.write(
        f"{KILLS} kills, {len(load.acknowledged)} writes acknowledged, {load.lost_answers} commands "
        f"were not told; the next command took {', '.join(parts)} (median, 95 %, longest)\n"
    )


def test_a_signal_to_end_under_load_loses_nothing_and_answers_what_has_begun(bd: Bd) -> None:
    chance = random.Random(SEED)
    daemon = Daemon(bd.folder, bd.environment)
    try:
        with Load(bd, lines=4, programs=2) as load:
            for _ in range(4):
                daemon.start()
                load.wait_for_more(chance.randrange(1, 60))
                some_moment(chance)
                assert daemon.stop() == 0
                assert not daemon.socket_path.exists()
    finally:
        daemon.kill()
    require_all(load, place_in(bd.folder))
    require_file(bd, place_in(bd.folder))
    # What a program has begun is answered: it never has to say that it does not know.
    assert load.lost_answers == 0


def test_a_daemon_that_stood_still_goes_on_and_nobody_was_served_twice(bd: Bd) -> None:
    daemon = Daemon(bd.folder, bd.environment)
    try:
        daemon.start()
        with Load(bd, lines=3, programs=2) as load:
            for _ in range(4):
                load.wait_for_more(20)
                os.kill(daemon.pid, signal.SIGSTOP)
                try:
                    spin(0.2)
                finally:
                    os.kill(daemon.pid, signal.SIGCONT)
            load.wait_for_more(20)
        assert daemon.data("health")["status"] == "healthy"
        assert daemon.stop() == 0
    finally:
        daemon.kill()
    require_all(load, place_in(bd.folder))
    require_file(bd, place_in(bd.folder))


def test_a_command_does_not_wait_for_ever_for_a_daemon_that_stands_still(bd: Bd) -> None:
    daemon = Daemon(bd.folder, bd.environment)
    try:
        daemon.start()
        assert daemon.data("ping")
        os.kill(daemon.pid, signal.SIGSTOP)
        try:
            # It says no hello in time: the command is run without it.
            assert bd.run("create", "meanwhile").code == 0
            assert "meanwhile" in bd.run("list", "--no-daemon").out
        finally:
            os.kill(daemon.pid, signal.SIGCONT)
        assert [each["title"] for each in daemon.data("list")] == ["meanwhile"]
        assert daemon.stop() == 0
    finally:
        daemon.kill()
