"""Runs of `bd daemon`; whatever daemon a run starts is stopped after it."""

from tests.doors.contract_runs import failures, runs

_RUNS = """
(1) daemon --status
(1) daemon status
daemon status --all
daemon status --all --search .
daemon start => "pid"
daemon start --interval 1s --idle-exit 10m --log other.log --log-json --log-level debug \
    --local => other.log
daemon --start --interval 1s --idle-exit 10m --log other.log --log-json --log-level debug \
    --local => "pid"
daemon start --auto-commit --auto-pull --auto-push
daemon --start --auto-commit --auto-pull --auto-push
daemon start && daemon status => "running"
daemon start && daemon stop => "pid"
daemon start && daemon --stop => "pid"
daemon start && daemon --stop-all
daemon start && daemon restart => "pid"
daemon start && daemon restart --search .
daemon start && daemon health => "healthy"
daemon health --search .
daemon start && daemon --health => "healthy"
daemon start && daemon list => WorkspacePath
daemon list --no-cleanup --search . => null
daemon killall --force --search .
daemon start && daemon killall
daemon start && daemon metrics => "operations"
daemon start && daemon --metrics => "operations"
daemon start && daemon logs --lines 5 => daemon.started
daemon install --print --kind systemd => "content"
daemon install --kind launchd => "path"
daemon install --remove
"""
_FAILS = """
2 field.invalid: daemon --start --stop
2 field.invalid: daemon --federation --start
2 field.invalid: daemon --federation-port 1 --start
2 field.invalid: daemon --remotesapi-port 1 --start
2 field.invalid: daemon start --federation
2 field.invalid: daemon start --federation-port 1
2 field.invalid: daemon start --remotesapi-port 1
4 daemon.running: daemon start && daemon start --foreground
4 daemon.running: daemon start && daemon --start --foreground
2 request.invalid: daemon status more
2 request.invalid: daemon health more
2 request.invalid: daemon list more
2 request.invalid: daemon killall more
3 not_found: daemon stop nowhere
3 not_found: daemon restart nowhere
5 unavailable: daemon metrics
3 not_found: daemon logs --follow nowhere
2 request.invalid: daemon install --kind other
"""

RUNS = runs(_RUNS, "store")
FAILS = failures(_FAILS, "store")
