"""What classic's users and agents type most, and that each of it is taken here, or refused.

The table is classic's, version 0.49.6: the commands that agents use, with their flags. A short
and a long name of one flag are joined by a slash. Only FILTERS stands for many.
"""

import click
import pytest

from beadwork.doors.cli.main import bd as root

FILTERS = """
-a/--assignee -s/--status -t/--type -l/--label --label-any --created-after --created-before
--updated-after --updated-before --closed-after --closed-before --priority-min --priority-max
--title --title-contains --desc-contains --notes-contains --empty-description --no-assignee
--no-labels --id
"""
TABLE = """
admin cleanup: --cascade --dry-run --ephemeral -f/--force --hard --older-than
admin compact: --all --analyze --apply --auto --batch-size --dolt --dry-run --force --id --limit
    --older-than --prune --purge-tombstones --stats --summary --tier --workers
audit:
blocked: --parent
children:
close: --continue -f/--force --no-auto -r/--reason --session --suggest-next --message
    --resolution
comments: --local-time
comments add: -a/--author -f/--file
config:
config get:
config list:
config set:
config unset:
count: FILTERS --by-assignee --by-label --by-priority --by-status --by-type -p/--priority
create: --acceptance --agent-rig --append-notes -a/--assignee --body-file --defer --deps
    -d/--description --design --dry-run --due --ephemeral -e/--estimate --event-actor
    --event-category --event-payload --event-target --external-ref -f/--file --force --id
    -l/--labels --mol-type --notes --parent --prefix -p/--priority --repo --rig --silent --spec-id
    --title -t/--type --validate --waits-for --waits-for-gate --wisp-type --body --description-file
    --label --message
daemon: --auto-commit --auto-pull --auto-push --federation --federation-port --foreground
    --health --interval --local --log --log-json --log-level --metrics --remotesapi-port --start
    --status --stop --stop-all
daemon start: --auto-commit --auto-pull --auto-push --federation --federation-port --foreground
    --interval --local --log --log-json --log-level --remotesapi-port
daemon status: --all --search
daemon killall: --force --search
daemon list: --no-cleanup --search
daemon stop:
defer: --until
delete: --cascade --dry-run -f/--force --from-file --hard --reason
dep: -b/--blocks
dep add: --blocked-by --depends-on -t/--type
dep cycles:
dep list: --direction -t/--type
dep relate:
dep remove:
dep tree: --direction --format -d/--max-depth --reverse --show-all-paths --status -t/--type
dep unrelate:
doctor: --check --check-health --clean --deep --dry-run --fix --fix-child-parent --force
    --gastown --gastown-duplicates-threshold -i/--interactive --migration -o/--output --perf
    --server --source -y/--yes
duplicate: --of
duplicates: --auto-merge --dry-run
epic:
epic close-eligible: --dry-run
epic status: --eligible-only
export: -a/--assignee -s/--status -t/--type -l/--label --label-any --created-after
    --created-before --updated-after --updated-before --priority-min --priority-max --id --events
    --events-reset --force -f/--format -o/--output --parent -p/--priority
gate:
gate check: --dry-run -e/--escalate -l/--limit -t/--type
gate list: -a/--all -n/--limit
gate resolve: -r/--reason
graph: --all --box --compact
hooks:
hooks install: --beads --chain --force --shared
import: --clear-duplicate-external-refs --dedupe-after --dry-run --force -i/--input
    --no-git-history --orphan-handling --protect-left-snapshot --rename-on-import -s/--skip-existing
    --strict
info: --schema --thanks --whats-new
init: --backend -b/--branch --contributor --force --from-jsonl -p/--prefix --server
    --server-host --server-port --server-user --setup-exclude --skip-hooks --skip-merge-driver
    --stealth --team
kv:
kv clear:
kv get:
kv list:
kv set:
label:
label add:
label list:
label list-all:
label remove:
lint: -s/--status -t/--type
list: FILTERS --all --defer-after --defer-before --deferred --due-after --due-before
    --filter-parent --format --include-gates --include-templates --label-pattern --label-regex
    -n/--limit --long --mol-type --no-pager --no-pinned --overdue --parent --pinned --pretty
    -p/--priority --ready -r/--reverse --sort --spec --tree -w/--watch --wisp-type
mol:
mol pour: --assignee --attach --attach-type --dry-run --var
onboard:
orphans: --details -f/--fix
prime: --export --full --mcp --stealth
q: -l/--labels -p/--priority -t/--type
query: -a/--all -n/--limit --long --parse-only -r/--reverse --sort
quickstart:
ready: -a/--assignee --gated --include-deferred -l/--label --label-any -n/--limit --mol
    --mol-type --parent --pretty -p/--priority -s/--sort -t/--type -u/--unassigned
rename:
rename-prefix: --dry-run --repair
reopen: -r/--reason
repo:
restore:
search: -a/--assignee -s/--status -t/--type -l/--label --label-any --created-after
    --created-before --updated-after --updated-before --closed-after --closed-before --priority-min
    --priority-max --desc-contains --notes-contains --empty-description --no-assignee --no-labels
    -n/--limit --long --query -r/--reverse --sort
set-state: --reason
setup: --add --check --list -o/--output --print --project --remove --stealth
show: --as-of --children --id --local-time --refs --short --thread
stale: -d/--days -n/--limit -s/--status
state:
status: --all --assigned --no-activity
supersede: --with
sync: --accept-rebase --check --dry-run --flush-only --force --from-main --full --import
    --import-only --manual --merge -m/--message --no-git-history --no-pull --no-push --ours
    --rename-on-import --resolve --set-mode --squash --status --theirs
todo:
todo add: -d/--description -p/--priority
todo done: --reason
todo list: --all
types:
undefer:
update: --acceptance --add-label --append-notes -a/--assignee --await-id --body-file --claim
    --defer -d/--description --design --due --ephemeral -e/--estimate --external-ref --metadata
    --notes --parent --persistent -p/--priority --remove-label --session --set-labels --spec-id
    -s/--status --title -t/--type --acceptance-criteria --body --description-file --message
version: --daemon
where:
worktree:
worktree create: --branch
"""
LATER = """
assign:
batch:
claim: --lease
close: --claim-next --reason-file
comments list:
conflicts:
create: --graph --metadata --stdin
dep add: -f/--file
forget:
graph check:
heartbeat: --epoch --lease
history: -n/--limit
label propagate:
late: -n/--limit
link: -t/--type
list: --has-metadata-key --metadata-field
memories:
note: -f/--file --stdin
priority:
ready: --claim --exclude-label --exclude-type --explain --has-metadata-key --include-ephemeral
    --metadata-field --plain
recall:
release: --epoch --force
remember: --key --stdin
show: --current --include-comments --include-dependents --long -w/--watch
statuses:
tag:
activity: -f/--follow -n/--limit --since --kind --issue --messages --events
undo: --anyone --request
update: --allow-empty-description --design-file --epoch --history --no-history --set-metadata
    --stdin --unset-metadata
watch: --since --timeout
why:
"""
"""What came later, with classic 1.0.5 or with us."""
GLOBAL = """
-C --actor --allow-stale --db --dolt-auto-commit --json --lock-timeout --no-auto-flush
--no-auto-import --no-daemon --no-db --profile -q/--quiet --readonly --sandbox -v/--verbose
"""
"""What every command takes, before its name and after it."""
_LATER = "not there yet"
ABSENT = {
    "gate": _LATER,
    "gate check": _LATER,
    "gate list": _LATER,
    "gate resolve": _LATER,
    "mol": _LATER,
    "mol pour": _LATER,
}
"""Commands that are not there, and why."""
REFUSED: dict[str, str] = {}
"""Flags that are not taken, by command, and why.

What is taken may still be refused when it is used, with an error that says why.
"""


def rows() -> dict[str, list[str]]:
    """Answer the flags of each command."""
    found: dict[str, list[str]] = {}
    for line in (TABLE.strip() + LATER.rstrip()).replace("\n    ", " ").splitlines():
        name, _, flags = line.partition(":")
        found.setdefault(name, []).extend(flags.replace("FILTERS", FILTERS).split())
    return found


def find(name: str) -> click.Command | None:
    """Answer the command of a name."""
    command: click.Command | None = root
    for word in name.split():
        if not isinstance(command, click.Group):
            return None
        command = command.get_command(click.Context(command), word)
    return command


def flags_of(command: click.Command) -> set[str]:
    """Answer the flags that a command takes; a group takes those of the command in its place."""
    found = {name for each in command.params for name in [*each.opts, *each.secondary_opts]}
    if isinstance(command, click.Group):
        for name in ("list", "shorthand", "show", "get"):
            inner = command.get_command(click.Context(command), name)
            found |= {each for part in inner.params for each in part.opts} if inner else set()
    return found


@pytest.mark.parametrize(("name", "flags"), rows().items(), ids=rows())
def test_a_command_of_classic_is_there_and_takes_its_flags(name: str, flags: list[str]) -> None:
    command = find(name)
    if name in ABSENT:
        assert command is None, f"{name} is there now: strike it from ABSENT"
        return
    assert command is not None, f"{name} is missing"
    taken = flags_of(command)
    for flag in flags:
        missing = [each for each in flag.split("/") if each not in taken]
        long = flag.rpartition("/")[2]
        if f"{name} {long}" in REFUSED:
            assert missing, f"{name} {long} is taken now: strike it from REFUSED"
        else:
            assert not missing, f"{name} does not take {missing}"


@pytest.mark.parametrize("name", [name for name in rows() if name not in ABSENT])
def test_a_command_takes_the_flags_of_all_commands(name: str) -> None:
    command = find(name)
    assert command is not None
    assert not {each for flag in GLOBAL.split() for each in flag.split("/")} - flags_of(command)


def test_what_is_refused_is_of_the_table_and_has_a_reason() -> None:
    table = {
        f"{name} {flag.rpartition('/')[2]}" for name, flags in rows().items() for flag in flags
    }
    assert not REFUSED.keys() - table
    assert not ABSENT.keys() - rows().keys()
    assert all([*REFUSED.values(), *ABSENT.values()])
    assert len(rows()) > 90
