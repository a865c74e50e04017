"""Runs of the commands of upkeep, of those about git, and of the flags of all commands."""

from tests.doors.contract_runs import failures, runs

_RUNS = """
admin cleanup --dry-run => px-done
admin cleanup --force => px-done
admin cleanup --older-than 30 --cascade --hard --ephemeral --force => "deleted_count"
cleanup --dry-run => px-done
gc --dry-run --older-than 30d => "dry_run": true
prune --dry-run --older-than 1d => "dry_run": true
purge --dry-run => "dry_run": true
admin compact --analyze --tier 1 --older-than 1 --limit 5 => px-old
admin compact --analyze --batch-size 5 --workers 5 => px-old
admin compact --apply --id px-old --summary - < text.md => "saved_bytes"
admin compact --apply --id px-old --summary text.md --force --dry-run => "dry_run": true
admin compact --stats => "tier1"
admin compact --prune => "pruned"
admin compact --purge-tombstones => "pruned"
compact --stats => "tier1"
admin reset => "would_remove"
admin reset --force => "removed"
reset => "would_remove"
audit record --kind llm_call --model m --prompt p --response r --issue-id px-plain => "llm_call"
audit record --kind tool_call --tool-name grep --exit-code 1 --error E => "tool_call"
audit record --stdin < entry.json => "tool_call"
audit label int-1 --label good --reason "It worked" => "good"
backup => "issues"
backup mine.db => mine.db
backup saved.db --force => saved.db
backup --keep 1 => "dropped"
backup status => "count"
backup && backup status => "size_bytes"
restore saved.db --force => "restored"
admin compact --apply --id px-old --summary text.md && restore px-old => Longer
info => "mode"
info --schema => "tables"
info --whats-new => "recent_changes"
info --thanks => "mode"
migrate => "current"
migrate --inspect => "registered_migrations"
migrate --dry-run --yes --cleanup --update-repo-id --to-sqlite => "current"
upgrade status => "upgraded"
config set upgrade.seen 0.0.1 --local && upgrade status => "previous_version"
upgrade review => "versions"
upgrade ack => "acknowledged"
(1) preflight --check => "passed": false
"""
_FAILS = """
2 request.invalid: admin cleanup
2 field.invalid: admin cleanup --older-than soon --force
2 request.invalid: cleanup
2 field.invalid: gc --older-than soon --dry-run
2 field.invalid: prune --older-than soon --dry-run
2 field.invalid: purge --older-than soon --dry-run
2 field.invalid: admin compact
2 field.invalid: admin compact --auto
2 field.invalid: admin compact --dolt
2 field.invalid: admin compact --apply
3 issue.unknown: admin compact --apply --id px-none --summary text.md
2 field.invalid: admin compact --analyze --all
2 field.invalid: compact
2 request.invalid: admin reset more
2 request.invalid: reset more
2 field.invalid: admin bogus
2 field.invalid: audit record
2 field.invalid: audit record --stdin < text.md
2 field.invalid: audit record --stdin --kind llm_call < entry.json
3 not_found: audit label int-none --label good
2 request.invalid: audit label int-1
2 field.invalid: backup restore
2 field.invalid: backup a.db b.db
2 path.invalid: backup saved.db
2 request.invalid: backup --keep 0
3 issue.unknown: restore none.db
2 path.invalid: restore text.md --force
2 request.invalid: info more
2 field.invalid: migrate bogus
2 field.invalid: migrate --to-dolt
2 request.invalid: upgrade status more
2 request.invalid: upgrade review more
2 request.invalid: upgrade ack more
2 request.invalid: preflight more
2 request.invalid: edit px-plain
2 request.invalid: edit px-plain --title
2 request.invalid: edit px-plain --description
2 request.invalid: edit px-plain --design
2 request.invalid: edit px-plain --notes
2 request.invalid: edit px-plain --acceptance
3 issue.unknown: edit px-none
2 request.invalid: merge
"""
_GIT_RUNS = """
hooks install => pre-commit
hooks install --force => pre-commit
hooks install --chain => pre-commit
hooks install --shared => .beads-hooks
hooks install --beads => hooks
hooks list => "Installed"
hooks install && hooks list => "IsShim"
hooks install && hooks uninstall => pre-commit
hooks uninstall => "removed": []
hooks run pre-commit
hooks run bogus
worktree list => "is_main": true
worktree create side => side
worktree create side --branch other => other
worktree create side && worktree remove side => side
worktree create side && worktree remove side --force => side
worktree info => "is_worktree": false
orphans => px-plain
orphans --details => px-plain
orphans --fix => px-plain
preflight => bd sync
(1) preflight --check --fix => "passed": false
init --stealth => "prefix": "px"
init --setup-exclude => "prefix": "px"
init --contributor => "prefix": "px"
status => "recent_activity"
(1) doctor => "overall_ok"
admin reset --force => "removed"
merge out.jsonl new.jsonl new.jsonl other.jsonl
"""
_GIT_FAILS = """
2 field.invalid: hooks install --shared --beads
2 field.invalid: hooks install --force --chain
2 request.invalid: hooks list more
2 request.invalid: hooks uninstall more
2 request.invalid: worktree list more
2 request.invalid: worktree create
4 git.refused: worktree create side --branch main
2 request.invalid: worktree info more
3 worktree.unknown: worktree remove none
2 request.invalid: orphans more
"""
_GLOBAL_RUNS = """
--json list => px-plain
list --quiet --verbose --debug => px-plain
list --readonly => px-plain
create T --no-auto-flush => T
list --no-auto-import => px-plain
-C . list => px-plain
list -C . => px-plain
list --db .beads/beadwork.db => px-plain
create T --actor cy => "cy"
create T --key once => T
list --lock-timeout 1s => px-plain
list --no-daemon --no-db --allow-stale --sandbox --profile --dolt-auto-commit on => px-plain
--version => "build"
"""
_GLOBAL_FAILS = """
2 request.readonly: create T --readonly
2 path.invalid: -C none list
3 store.absent: list --db none/beadwork.db
2 field.invalid: create T --actor " "
4 key.reused: create Other --key once && create T --key once
2 field.invalid: list --lock-timeout soon
"""
RUNS = runs(_RUNS + _GLOBAL_RUNS, "store") + runs(_GIT_RUNS, "git")
FAILS = failures(_FAILS + _GLOBAL_FAILS, "store") + failures(_GIT_FAILS, "git")
