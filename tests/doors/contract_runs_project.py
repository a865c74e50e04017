"""Runs of the commands on a project: its settings, what is kept beside issues, its file, texts."""

from tests.doors.contract_runs import failures, runs

_RUNS = """
lease acquire src/** *.md --name build --ttl 30m --reason Why => "lease_epoch"
lease acquire src/** --shared --wait 5s => "exclusive": false
BD_SESSION=s1 lease acquire src/** --session-bound => "session": "s1"
lease acquire a && lease acquire a => "already": true
lease acquire a && lease renew --ttl 10m => "held"
lease acquire a --name b && lease renew --name b --epoch 27 => "held"
lease acquire a && lease release a => "released"
lease acquire --name b && lease release --name b --epoch 27 => "released"
lease acquire a && lease release --all => "released"
lease acquire a && lease break 1 --reason Gone => "broken"
lease acquire --name deploy && lease break --name deploy --reason Gone => "broken"
lease acquire a && lease list --mine --path a => "held"
lease acquire a && lease list --all --holder ann -n 1 => "held"
lease list => []
lease check a => []
remember "Mind this" => "action"
remember --key mine "Mind this" => "mine"
remember --key mine --stdin < text.md => A text from a file.
recall gap => Mind the gap
recall mind => gap
(1) recall none at all => "found": false
memories => Mind the gap
memories mind => gap
forget gap => "deleted"
blob put text.md => "e21d5f365b077813308bb74413d134b3205f19b2e7a4c75eb5765e57373fe790"
blob put - < text.md => "size_bytes": 20
blob put text.md --digest e21d5f365b077813308bb74413d134b3205f19b2e7a4c75eb5765e57373fe790 => "is_new": true
blob put text.md && blob put text.md => "is_new": false
blob put text.md && blob get e21d5f => "content"
blob put text.md && blob get e21d5f --output out.md => "size_bytes": 20
blob put text.md && blob stat e21d5f365b077813308bb74413d134b3205f19b2e7a4c75eb5765e57373fe790 => "state": "whole"
blob put text.md && blob list => "e21d5f365b077813308bb74413d134b3205f19b2e7a4c75eb5765e57373fe790"
blob put text.md && blob list --unreferenced => "refs": 0
blob put text.md && blob verify => "checked": 1
blob put text.md && blob verify e21d5f36 => "e21d5f365b077813308bb74413d134b3205f19b2e7a4c75eb5765e57373fe790"
blob put text.md && blob gc => "count": 0
blob gc --older-than 90m --dry-run => "dry_run": true
kv set other value => "value"
kv get name => "found": true
(1) kv get none => "found": false
kv list => "name": "value"
kv clear name => "true"
(1) kv clear none => "false"
config set custom.other v => "v"
config set actor cy --local => "cy"
config set actor cy --user => "cy"
config get custom.name => "value"
config get custom.none => ""
config list => "custom.name": "value"
config list --all => "lock-timeout"
config unset custom.name => "custom.name"
config set actor cy --local && config unset actor --local => "actor"
config set actor cy --user && config unset actor --user => "actor"
config validate => "valid": true
config explain actor => "actor"
config explain custom.name => "custom.name"
config explain => "layers"
config explain --actor cy => "cy"
where => beadwork.db
whoami => "actor": "ann"
whoami --actor cy => "--actor"
BD_SESSION=s1 whoami => "session": "s1"
version => "build"
(1) version --daemon => "daemon_running": false
import new.jsonl => "created": 1
import --input new.jsonl => "created": 1
import - < new.jsonl => "created": 1
import => "is_unchanged": true
import --input new.jsonl --dry-run => "dry_run": true
import new.jsonl --skip-existing --strict => "created": 1
import odd.jsonl --orphan-handling allow => "odd": 1
import odd.jsonl --dry-run => px-gone
import new.jsonl --rename-on-import --force --no-git-history => "created": 1
import new.jsonl --dedupe-after --protect-left-snapshot --clear-duplicate-external-refs
sync => "is_written"
sync --import => "is_written"
sync --import-only => "is_written"
sync --flush-only => "is_written"
sync --status => "dirty"
sync --dry-run => "dirty"
sync --check => "ok"
sync --set-mode git-portable => git-portable
sync mode list => git-portable
sync --force --rename-on-import --no-pull --no-push --no-git-history --message M
repo add near => "added": true
repo list => "primary": "."
repo sync => "synced": true
repo add near && repo sync => "created": 1
repo add near && repo sync && repo remove near => "issues_deleted": 1
repo add near && repo remove near --force => "issues_deleted": 0
setup --list => "claude"
setup agents => AGENTS.md
setup claude --global => .claude
setup claude --project --stealth => .claude
(1) setup agents --check => "installed": false
setup agents && setup agents --check => "installed": true
setup agents && setup agents --remove => AGENTS.md
setup --print => bd
setup claude --messages --print => msg hook
setup claude --project --messages => .claude
setup --print --stealth => bd
setup --output docs/agents.md => docs/agents.md
setup --add mine docs/agents.md => "mine"
help => Usage
help create => --graph
help restore => FILE|ID
help upgrade status => Usage
completion bash => complete
completion zsh => compdef
completion fish => complete
prime => bd ready
prime --full => bd ready
prime --mcp => bd
prime --stealth => bd
prime --export => bd
prime --hook-json => hookSpecificOutput
onboard => bd
onboard --stealth => bd
quickstart => bd
human => bd
schema => "create"
schema dep add => "$schema"
schema --error => "code"
(1) doctor => "checks"
(1) doctor . --deep --verbose => "overall_ok"
doctor --check edges --output report.json => "checks"
doctor --perf => "timings"
(1) doctor --check-health => "overall_ok"
(1) doctor --source auto => "overall_ok"
(1) doctor --fix --yes --dry-run => "fixed"
(1) doctor --fix => "fixed"
"""
_FAILS = """
2 field.invalid: lease acquire
2 field.invalid: lease acquire a[
2 path.invalid: lease acquire ../a
2 path.invalid: lease acquire /etc/passwd
2 field.invalid: lease acquire a --session-bound
2 field.invalid: lease acquire a --ttl 0
2 field.invalid: lease acquire a --wait soon
4 lease.held: lease acquire a --actor bob && lease acquire a
4 lease.held: lease acquire a --actor bob && lease acquire a --wait 10ms
4 lease.held: lease acquire a --actor bob && lease release 1
4 lease.stale: lease acquire a && lease renew 1 --epoch 9
3 lease.unknown: lease renew a
3 lease.unknown: lease release 7
2 field.invalid: lease release
2 field.invalid: lease release 1 --all
2 request.invalid: lease break 1
3 lease.unknown: lease break 1 --reason Why
2 path.invalid: lease list --path ../a
2 request.invalid: lease check
2 field.invalid: remember
2 field.invalid: remember "" --key k
2 field.invalid: recall
2 request.invalid: memories --bogus
3 memory.unknown: forget none
2 request.invalid: forget
2 path.invalid: blob put none.md
2 request.invalid: blob put
2 field.invalid: blob put text.md --digest E21D5F365B077813308BB74413D134B3205F19B2E7A4C75EB5765E57373FE790
2 blob.mismatch: blob put text.md --digest 0000000000000000000000000000000000000000000000000000000000000000
3 blob.unknown: blob get e21d5f365b077813308bb74413d134b3205f19b2e7a4c75eb5765e57373fe790
3 blob.unknown: blob stat abcdef
3 blob.unknown: blob verify abcdef
2 field.invalid: blob get abcde
2 request.invalid: blob list more
2 field.invalid: blob gc --older-than 5s
2 field.invalid: blob gc --older-than soon
2 field.invalid: kv set "" value
2 request.invalid: kv set name
2 request.invalid: kv get
2 request.invalid: kv list more
2 request.invalid: kv clear
2 field.invalid: kv bogus
2 field.invalid: config set issue-prefix other
2 field.invalid: config set db /tmp/x
2 field.invalid: config set json --local --user true
2 field.invalid: config set lock-timeout soon
2 field.invalid: config get ""
2 request.invalid: config list more
2 field.invalid: config unset issue-prefix
2 request.invalid: config validate more
2 field.invalid: config explain ""
2 path.invalid: repo add none
2 path.invalid: repo add .
2 request.invalid: repo add
3 repository.unknown: repo remove near
2 request.invalid: repo list more
2 request.invalid: repo sync more
2 field.invalid: repo bogus
2 request.invalid: where more
2 request.invalid: whoami more
2 request.invalid: version more
2 path.invalid: import none.jsonl
2 field.invalid: import new.jsonl --input odd.jsonl
2 request.invalid: import unread.jsonl --strict
2 request.invalid: import new.jsonl --orphan-handling bogus
2 field.invalid: sync --full
2 field.invalid: sync --merge
2 field.invalid: sync --squash
2 field.invalid: sync --from-main
2 field.invalid: sync --accept-rebase
2 field.invalid: sync --resolve
2 field.invalid: sync --ours
2 field.invalid: sync --theirs
2 field.invalid: sync --manual
2 field.invalid: sync --set-mode realtime
2 field.invalid: sync --import --flush-only
2 field.invalid: sync bogus
2 field.invalid: setup bogus
2 field.invalid: setup
2 field.invalid: setup agents --check --remove
2 field.invalid: setup claude --project --global
2 field.invalid: setup --add mine
2 field.invalid: help bogus
2 request.invalid: completion bogus
2 request.invalid: prime --bogus
2 request.invalid: onboard more
2 request.invalid: quickstart more
2 request.invalid: human more
2 field.invalid: schema bogus
2 field.invalid: schema prime
2 field.invalid: schema show --error
2 field.invalid: doctor --check bogus
2 path.invalid: doctor none
2 field.invalid: doctor --dry-run
2 field.invalid: doctor --interactive
2 field.invalid: doctor --clean
2 field.invalid: doctor --force
2 field.invalid: doctor --fix-child-parent
2 field.invalid: doctor --gastown
2 field.invalid: doctor --gastown-duplicates-threshold 5
2 field.invalid: doctor --migration pre
2 field.invalid: doctor --server
2 field.invalid: doctor --source jsonl
2 field.invalid: bogus
"""
_BARE_RUNS = """
init => "prefix": "px"
init --prefix px2 --quiet => "prefix": "px2"
init --prefix px --from new.jsonl => px
init --prefix px --from-jsonl new.jsonl => px
init --skip-hooks --skip-merge-driver --non-interactive --force => "prefix": "px"
init --backend sqlite --team --branch main => "prefix": "px"
"""
_BARE_FAILS = """
3 store.absent: list
3 store.absent: create T
3 store.absent: where
3 store.absent: sync
2 field.invalid: init elsewhere
2 field.invalid: init --prefix "a b"
2 field.invalid: init --backend dolt
2 field.invalid: init --server
2 field.invalid: init --server-host h
2 field.invalid: init --server-port 1
2 field.invalid: init --server-user u
2 field.invalid: init --reinit-local
2 field.invalid: init --discard-remote
2 field.invalid: init --destroy-token t
2 field.invalid: init --team --stealth
2 path.invalid: init --from none.jsonl
3 git.absent: hooks install
3 git.absent: hooks list
3 git.absent: hooks uninstall
3 git.absent: worktree list
3 git.absent: worktree create side
3 git.absent: worktree info
3 git.absent: worktree remove side
3 git.absent: orphans
"""
RUNS = runs(_RUNS, "store") + runs(_BARE_RUNS, "bare")
FAILS = failures(_FAILS, "store") + failures(_BARE_FAILS, "bare")
