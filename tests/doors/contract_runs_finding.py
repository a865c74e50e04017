"""Runs of the commands that find issues and show them."""

from tests.doors.contract_runs import failures, runs

_RICH = """
--status open --type task --exclude-type bug --priority 1 --priority-min 0 --priority-max 2
--assignee bob --label x --label ui --label-any x,z --exclude-label z --label-pattern u*
--label-regex ^u --id px-rich,px-plain --title rich --title-contains RICH --desc-contains long
--notes-contains some --parent px-epic --filter-parent px-epic --created-after 2025-12-01
--created-before 2025-12-31 --updated-after 2025-12-01 --updated-before 2025-12-31
--due-after 2025-12-19 --due-before 2025-12-21 --overdue --spec spec --mol-type work
--metadata-field team=core --has-metadata-key team
"""
"""All filters that one issue passes."""
_OF_LISTS = """
{command} {rich} => {rich_answer}
{command} --no-assignee --no-labels --no-parent --no-pinned --empty-description => {plain}
{command} --all --closed-after 2025-12-01 --closed-before 2025-12-31 => {done}
{command} --deferred --defer-after 2098-01-01 --defer-before 2100-01-01 => {later}
{command} --pinned => {pin}
{command} --wisp-type patrol => {wisp}
{command} --ready => {plain}
{command} --include-gates => {gate}
{command} --include-templates => {form}
"""
_ISSUES = ("rich_answer", "plain", "done", "later", "pin", "wisp", "gate", "form")
_NAMES = {each: f"px-{each.removesuffix('_answer')}" for each in _ISSUES}


def _of_lists(command: str, **differing: str) -> str:
    """Answer the runs of a command that takes all filters."""
    rich = _RICH.replace("\n", " ").strip()
    return _OF_LISTS.format(command=command, rich=rich, **(_NAMES | differing))


_NOT_OF_READY = ("--status open",)
_RUNS = f"""
{_of_lists("list")}
list => px-plain
list --sort title --reverse --limit 3 --long => px-wait
list --tree --skip-labels --no-pager => px-plain
list --pretty => px-plain
list --flat => px-plain
list --format dot
{_of_lists("count", **dict.fromkeys(_ISSUES, '"count"'))}
count --by-status => "deferred"
count --by-priority => "groups"
count --by-type => "epic"
count --by-assignee => "bob"
count --by-label => "phase:one"
{_of_lists("search px", wisp="[", gate="[", form="[")}
search plain => px-plain
search --query plain --sort title --reverse --limit 5 --long => px-plain
query status=open --all --sort title --reverse --limit 5 --long => px-
query status=open AND priority=1 => px-rich
query --parse-only status=open => "parsed"
ready => px-plain
ready {_RICH.replace("--status open", "").replace(chr(10), " ")} => px-rich
ready --no-assignee --no-labels --no-parent --empty-description => px-plain
ready --include-deferred --defer-after 2098-01-01 --defer-before 2100-01-01
ready --include-ephemeral --unassigned --limit 50 --sort oldest => px-wisp
ready --explain => px-plain
ready --plain => px-plain
ready --pretty => px-plain
ready --claim => "claim_epoch": 1
blocked => px-wait
blocked --status open --type task --exclude-type bug --priority 2 --priority-min 1 \
    --priority-max 3 --no-assignee --no-labels --empty-description --no-parent --limit 5 => px-wait
blocked --assignee bob --label x --label-any x --exclude-label z --label-pattern x* \
    --label-regex x => []
blocked --id px-wait --title waiting --title-contains wait --created-after 2025-12-01 \
    --created-before 2025-12-31 --updated-after 2025-12-01 --updated-before 2025-12-31 => px-wait
blocked --desc-contains a --notes-contains b --parent px-epic --filter-parent px-epic \
    --due-after 2025-12-01 --due-before 2025-12-31 --overdue --spec s --mol-type work \
    --wisp-type patrol --metadata-field a=b --has-metadata-key a => []
blocked --deferred --defer-after 2098-01-01 --defer-before 2100-01-01 => px-later
why px-wait => px-need
why px-plain => "ready": true
show px-rich => It works
show px-plain px-rich => px-plain
show --id px-rich --long --include-comments --include-dependents --local-time => px-rich
show --current => px-held
show px-rich --short => px-rich
show px-epic --children => px-rich
show px-need --refs => px-wait
show px-epic --thread => px-epic
show px-todo --as-of 2099-01-01 => A better task
view px-rich => px-rich
children px-epic => px-rich
children px-epic --pretty => px-rich
stale --days 1 --limit 5 --status open => px-
status => "ready_issues"
status --all --no-activity => "total_issues"
status --assigned => "total_issues"
stats --all --no-activity => "total_issues"
stats --assigned => "total_issues"
epic status => px-over
epic status --eligible-only => px-over
epic close-eligible --dry-run => px-over
epic close-eligible => px-over
(1) lint => px-plain
(1) lint px-plain px-rich => px-plain
(1) lint --status open --type task => px-plain
graph px-wait => px-need
graph --all => px-need
graph show px-wait --compact => px-need
graph show px-wait --box => px-need
graph show px-wait --format dot
(1) graph check => px-ring1
types => "core_types"
statuses => "built_in_statuses"
duplicates => px-twin1
duplicates --dry-run --auto-merge => px-twin1
duplicates --auto-merge => px-twin2
duplicates --auto-merge --force => px-twin2
find-duplicates => "similarity"
find-duplicates --method mechanical --status open --threshold 0.9 --limit 5 => px-twin1
find-dups --limit 1 => "pairs"
activity --limit 3 => "deed"
activity --since 0 --events --issue px-plain => px-plain
activity --limit 0 --kind imported --kind created --actor ann => px-rich
activity --since 2020-01-01 --messages
(1) watch --timeout 0 => "cursor"
watch px-plain --since 0 --timeout 0 => px-plain
watch {_RICH.replace(chr(10), " ")} --since 0 --timeout 0 => px-rich
watch --no-assignee --no-labels --no-parent --no-pinned --empty-description --since 0 \
    --timeout 0 => px-plain
watch --all --closed-after 2025-12-01 --closed-before 2025-12-31 --since 0 --timeout 0 => px-done
watch --deferred --defer-after 2098-01-01 --defer-before 2100-01-01 --since 0 \
    --timeout 0 => px-later
watch --pinned --since 0 --timeout 0 => px-pin
watch --wisp-type patrol --since 0 --timeout 0 => px-wisp
watch --ready --since 0 --timeout 0 => px-plain
watch --include-gates --include-templates --since 0 --timeout 0 => px-form
{_of_lists("export", gate="px-", form="px-", wisp="")}
export => px-done
export --format jsonl => px-done
export --output copy.jsonl --force
export --format obsidian
export --format obsidian --output - => # Changes Log
export --events => px-done
export --events-reset => px-done
"""
_FAILS = """
2 field.invalid: list --status ""
2 field.invalid: list --priority 9
2 field.invalid: list --pinned --no-pinned
2 field.invalid: list --created-after someday
2 field.invalid: list --label-regex (
2 field.invalid: list --sort bogus
2 field.invalid: list --format bogus
2 request.invalid: list --watch
2 field.invalid: list --limit x
3 issue.unknown: list --parent px-none
2 field.invalid: count --by-status --by-type
2 field.invalid: count --status ""
2 field.invalid: search
2 field.invalid: search px --sort bogus
2 query.invalid: query status=
2 query.invalid: query
2 field.invalid: ready --sort bogus
2 request.invalid: ready --mol px-epic
2 request.invalid: ready --gated
2 field.invalid: ready --claim --sort oldest
2 field.invalid: ready --assignee bob --unassigned
3 issue.unknown: ready --parent px-none
2 field.invalid: blocked --priority 9
3 issue.unknown: blocked --parent px-none
3 issue.unknown: why px-none
2 request.invalid: why
3 issue.unknown: show px-none
2 field.invalid: show
2 field.invalid: show px-rich --children --refs
2 field.invalid: show px-rich --watch
2 field.invalid: show px-rich --as-of someday
3 issue.unknown: view px-none
3 issue.unknown: children px-none
2 request.invalid: children
2 field.invalid: stale --days 0
2 field.invalid: stale --status closed
2 request.invalid: status more
2 request.invalid: stats more
2 request.invalid: epic status more
2 request.invalid: epic close-eligible more
2 field.invalid: epic bogus
3 issue.unknown: lint px-none
3 issue.unknown: graph px-none
2 field.invalid: graph show px-wait --format bogus
2 request.invalid: graph check more
2 request.invalid: types more
2 request.invalid: statuses more
2 request.invalid: duplicates more
2 field.invalid: find-duplicates --method ai --model m
2 field.invalid: find-duplicates --threshold 7
2 field.invalid: find-dups --limit x
2 field.invalid: activity -f --kind closd
2 field.invalid: activity --since whenever
2 request.invalid: activity --messages --events
3 issue.unknown: activity --issue px-none
2 field.invalid: watch --timeout soon
3 issue.unknown: watch px-none --timeout 0
2 field.invalid: export --format bogus
2 field.invalid: export --format obsidian --output .beads/issues.jsonl
2 path.invalid: export --format obsidian --output none/tasks.md
2 field.invalid: export --status open --output .beads/issues.jsonl
2 path.invalid: export --output none/copy.jsonl
"""
RUNS = runs(_RUNS, "store")
FAILS = failures(_FAILS, "store")
