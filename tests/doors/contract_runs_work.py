"""Runs of the commands that change issues."""

from tests.doors.contract_runs import failures, runs

_RUNS = """
create "A title" => A title
create --title "A title" --description Why --design So --acceptance Works --notes N \
    --spec-id s-1 --priority P1 --type bug --assignee bob --external-ref gh-2 --estimate 5 \
    --due +2d --defer +1d --metadata @meta.json --labels a,b --label c --deps px-need \
    --parent px-epic => "size": 3
create T --id px-mine --force => px-mine
create T --id other-1 --force => other-1
create T --prefix other --force => other-
create T --body B => "B"
create T --message M => "M"
create T --body-file text.md => A text from a file.
create T --description-file text.md => A text from a file.
create T --stdin < text.md => A text from a file.
create T --design-file - < text.md => A text from a file.
create T --acceptance-criteria Works --append-notes N => Works
create T --waits-for px-epic --waits-for-gate any-children
create T --ephemeral --wisp-type patrol --mol-type work --no-history => patrol
create T --agent-rig r => "r"
create T --type event --event-category c --event-actor a --event-target t --event-payload {} => "c"
create T --type chore --validate --description D => "chore"
create T --dry-run => T
create T --silent => px-
create --file issues.md => Second of a file
create --file issues.md --dry-run => Second of a file
create --graph graph.json => "a"
create --graph - --dry-run < graph.json => "node_count": 2
new T => T
q T => px-
q Several words --type bug --priority 1 --labels a --label b --description D --parent px-epic
update px-plain --title New --description D --design So --acceptance Works --notes N \
    --spec-id s-1 --priority 0 --type bug --assignee bob --external-ref gh-3 --estimate 5 \
    --due tomorrow --defer "" --metadata {} --parent px-epic --status in_progress => "New"
update px-plain px-need --priority 3 => px-need
update px-plain --body B => "B"
update px-plain --message M => "M"
update px-plain --body-file text.md => A text from a file.
update px-plain --description-file text.md => A text from a file.
update px-plain --stdin < text.md => A text from a file.
update px-plain --design-file text.md => A text from a file.
update px-plain --acceptance-criteria Works --append-notes N => Works
update px-plain --stdin --allow-empty-description < empty.md
update px-rich --add-label y --remove-label x => "y"
update px-rich --set-labels only => "only"
update px-rich --set-metadata size=3 --unset-metadata team => "size"
update px-plain --ephemeral => px-plain
update px-wisp --persistent --history => px-wisp
update px-wisp --title New --no-history => px-wisp
update px-plain --claim --lease 1h => "claim_epoch": 1
update px-held --title New --epoch 1 --session s
update px-plain --await-id run-1 --force
close px-plain => "closed"
close px-plain px-need --reason Done => px-need
close px-plain --message Done => Done
close px-plain --resolution Done => Done
close px-plain --reason-file text.md => A text from a file.
close px-wait --force => "closed"
close px-held --epoch 1 --session s-1 => s-1
close px-need --suggest-next => "unblocked"
close px-need --claim-next --no-auto => "claimed"
done px-plain => "closed"
reopen px-done => "open"
reopen px-done px-old --reason "Not yet" => px-old
close px-held && reopen px-held --epoch 1
delete px-plain => "would_delete"
delete px-plain --dry-run => "would_delete"
delete px-plain --force --hard --reason Gone => px-plain
delete px-need --cascade --force => px-wait
delete --from-file ids.txt --force => px-todo
delete --from-file - --force < ids.txt => px-todo
claim px-plain => "claim_epoch": 1
claim px-plain --lease 30m => "in_progress"
claim px-held => "already": true
heartbeat px-held --lease 1h --epoch 1 => px-held
release px-held --epoch 1 => "open"
late --limit 5 => []
late px-held => []
release px-his --force => "open"
assign px-plain bob => "bob"
assign px-plain px-need --to bob => "bob"
priority px-plain px-need P0 => "priority": 0
tag px-plain a b => "added"
note px-plain "A note" => A note
note px-plain --file text.md => A text from a file.
note px-plain --stdin < text.md => A text from a file.
link px-plain px-need => "blocks"
link px-plain px-need --type related => "related"
defer px-plain => "deferred"
defer px-plain px-need --until +2d => "defer_until"
defer px-held --force => "deferred"
undefer px-later => "open"
promote px-wisp --reason "It matters" => px-wisp
duplicate px-twin1 --of px-twin2 => "canonical": "px-twin2"
duplicate px-held --of px-twin2 --force => px-held
supersede px-plain --with px-need => "replacement": "px-need"
supersede px-held --with px-need --force => px-held
rename px-plain px-other => "changed": true
rename px-held px-other --force => px-other
rename-prefix other --dry-run => "dry_run": true
rename-prefix other => "new_prefix": "other"
rename-prefix px --repair
todo add A task => "A task"
todo add A task --priority 1 --description D => "D"
todo list => px-todo
todo list --all => px-done
todo done px-todo => px-todo
todo done px-todo px-plain --reason Done => Done
state px-rich phase => "one"
state show px-rich phase => "one"
state px-plain phase => null
state list px-rich => "phase": "one"
set-state px-rich phase=two --reason "It is time" => "old_value": "one"
set-state px-rich phase=one => "changed": false
ship thing => px-done
ship thing --dry-run => dry_run
ship thing --force => px-done
batch batch.txt => "operations": 3
batch --file batch.txt --message M => "status": "ok"
batch --dry-run < batch.txt => "dry_run": true
comments px-rich => It works
comments list px-rich --local-time => It works
comments add px-plain Hello --author bob => "bob"
comments add px-plain --file text.md => A text from a file.
comments add px-plain --file - < text.md => A text from a file.
comment px-plain Hello => Hello
label add px-plain px-need a => "added"
label remove px-rich x => "removed"
label remove px-plain x => "absent"
label list px-rich => "ui"
label list-all => "export:thing"
label propagate px-epic x => px-rich
dep add px-plain px-need => "added"
dep add px-plain px-need --type related => "related"
dep add px-plain --depends-on px-need => "added"
dep add px-plain --blocked-by px-need => "added"
dep add --file edges.jsonl => px-todo
dep add --file - < edges.jsonl => px-todo
dep px-plain --blocks px-need => "issue_id": "px-need"
dep px-plain -b px-need => "issue_id": "px-need"
dep remove px-wait px-need => "removed"
dep remove px-wait px-need --type blocks => "removed"
dep rm px-wait px-need => "removed"
dep rm px-wait px-need --type blocks => "removed"
dep list px-wait => px-need
dep list px-need --direction up --type blocks => px-wait
dep tree px-wait => px-need
dep tree px-wait --max-depth 1 --show-all-paths --type blocks --status open => px-need
dep tree px-need --direction up => px-wait
dep tree px-need --reverse => px-wait
dep tree px-wait --format text => px-need
dep cycles => px-ring2
dep relate px-plain px-need => "related": true
dep relate px-plain px-need && dep unrelate px-plain px-need => "unrelated": true
relate px-plain px-need => "related": true
relate px-plain px-need && unrelate px-plain px-need => "unrelated": true
history px-todo => "title"
history px-todo --limit 1 => "updated"
conflicts
conflicts px-plain
undo => "issues"
undo px-todo => "A task"
undo px-his --anyone => px-his
undo --request 24 => "A task"
"""
_FAILS = """
2 field.invalid: create
2 field.invalid: create ""
2 field.invalid: create T --priority 9
2 field.invalid: create T --type nonsense
2 field.invalid: create T --metadata {
2 field.invalid: create T --due someday
2 field.invalid: create T --event-actor a
2 field.invalid: create T --validate --type bug
2 id.prefix: create T --id other-1
2 path.invalid: create T --body-file none.md
2 path.invalid: create --file none.md
2 field.invalid: create --file issues.md --title T
3 issue.unknown: create T --parent px-none
3 issue.unknown: create T --deps px-none
4 issue.exists: create T --id px-plain
4 dependency.cycle: create --graph ring.json
2 request.invalid: create T --bogus
2 path.invalid: create T --repo elsewhere
2 field.invalid: create T --rig elsewhere
2 field.invalid: new
2 field.invalid: q
2 field.invalid: q T --priority 9
3 issue.unknown: q T --parent px-none
2 field.invalid: update
2 request.empty: update px-plain
2 field.invalid: update px-plain --status bogus
2 field.invalid: update px-plain --title ""
2 field.invalid: update px-plain --stdin < empty.md
2 field.invalid: update px-plain --history --no-history --title T
2 field.invalid: update px-plain --ephemeral --persistent
2 field.invalid: update px-plain --claim --lease 0s
2 field.invalid: update px-plain --set-metadata word
2 id.ambiguous: update twin --title T
3 issue.unknown: update px-none --title T
4 claim.lost: update px-his --claim
4 claim.stale: update px-held --title T --epoch 7
4 dependency.cycle: update px-epic --parent px-rich
2 field.invalid: close
3 issue.unknown: close px-none
4 close.blocked: close px-wait
4 claim.lost: close px-his
2 field.invalid: close px-plain --continue
2 field.invalid: close px-plain --reason a --reason-file text.md
3 issue.unknown: done px-none
3 issue.unknown: reopen px-none
2 field.invalid: reopen
2 field.invalid: delete
3 issue.unknown: delete px-none --force
2 path.invalid: delete --from-file none.txt --force
3 issue.unknown: claim px-none
4 claim.lost: claim px-his
2 field.invalid: claim px-plain --lease 0s
2 request.invalid: claim
3 issue.unknown: heartbeat px-none
4 claim.lost: heartbeat px-plain
4 claim.stale: heartbeat px-held --epoch 7
3 issue.unknown: release px-none
3 issue.unknown: late px-none
2 request.invalid: late px-plain --limit 0
4 claim.lost: release px-his
2 field.invalid: assign px-plain
3 issue.unknown: assign px-none bob
2 field.invalid: priority px-plain 9
3 issue.unknown: priority px-none 1
2 field.invalid: tag px-plain
3 issue.unknown: tag px-none a
2 field.invalid: note px-plain
2 path.invalid: note px-plain --file none.md
3 issue.unknown: note px-none text
4 dependency.cycle: link px-need px-wait
3 issue.unknown: link px-plain px-none
2 field.invalid: link px-plain px-need --type ""
3 issue.unknown: defer px-none
2 field.invalid: defer px-plain --until someday
3 issue.unknown: undefer px-none
3 issue.unknown: promote px-none
2 request.invalid: promote
2 field.invalid: duplicate px-plain
3 issue.unknown: duplicate px-plain --of px-none
2 field.invalid: duplicate px-plain --of px-plain
2 field.invalid: supersede px-plain
3 issue.unknown: supersede px-none --with px-plain
3 issue.unknown: rename px-none px-other
4 issue.exists: rename px-plain px-need
2 field.invalid: rename px-plain "a b"
2 field.invalid: rename-prefix "a b"
2 request.invalid: rename-prefix
2 field.invalid: todo add
3 issue.unknown: todo done px-none
2 request.invalid: todo list --bogus
2 field.invalid: state px-rich
3 issue.unknown: state px-none phase
3 issue.unknown: state list px-none
2 field.invalid: set-state px-rich phase
3 issue.unknown: set-state px-none phase=two
3 issue.unknown: ship nothing
2 request.invalid: ship
3 issue.unknown: batch bad.txt
2 path.invalid: batch none.txt
2 field.invalid: batch list.json
3 issue.unknown: comments px-none
2 field.invalid: comments add px-plain ""
3 issue.unknown: comments add px-none Hello
3 issue.unknown: comment px-none Hello
3 issue.unknown: label add px-none a
2 field.invalid: label add px-plain ""
3 issue.unknown: label remove px-none a
3 issue.unknown: label list px-none
2 request.invalid: label list-all more
3 issue.unknown: label propagate px-none a
2 field.invalid: dep add
3 issue.unknown: dep add px-plain px-none
4 dependency.cycle: dep add px-need px-wait
4 dependency.cycle: dep add px-plain px-plain
2 field.invalid: dep add px-plain px-need --no-cycle-check
2 path.invalid: dep add --file none.jsonl
3 dependency.unknown: dep remove px-plain px-need
3 dependency.unknown: dep rm px-plain px-need
3 issue.unknown: dep px-none --blocks px-plain
3 issue.unknown: dep list px-none
2 request.invalid: dep list px-plain --direction sideways
3 issue.unknown: dep tree px-none
2 request.invalid: dep tree px-wait --max-depth x
2 request.invalid: dep cycles more
3 issue.unknown: dep relate px-none px-plain
3 issue.unknown: dep unrelate px-none px-need
3 issue.unknown: relate px-none px-plain
3 issue.unknown: unrelate px-none px-need
3 issue.unknown: history px-none
2 request.invalid: history px-plain --limit 0
3 issue.unknown: conflicts px-none
3 issue.unknown: undo px-none
3 event.unknown: undo --request 999
"""
RUNS = runs(_RUNS, "store")
FAILS = failures(_FAILS, "store")
