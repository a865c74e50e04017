"""Runs of the commands that send messages and take them.

`{message}` and `{receipt}` are those that the command before has shown last.
"""

from tests.doors.contract_runs import failures, runs

_RUNS = """
msg send --to bob Hello there => "state": "waiting"
msg send --to bob,#build --to @reviewers -t task --message Do --subject S --priority high => @rev
msg send --to bob --type data --payload '{"a": 1}' => "deliveries"
msg send --to bob --type data --payload-file meta.json => "deliveries"
msg send --to bob --type data --payload-file - < meta.json => "deliveries"
msg send --to bob --stdin < text.md => "deliveries"
msg send --to bob - < text.md => "deliveries"
msg send --to bob --subject Only => "deliveries"
msg send --to bob Later --delay 10m --ttl 1h --max-deliveries 2 => "due"
msg send --to bob Later --not-before +1d --expires +2d => "due"
msg send --to nobody Hello => nobody
msg send --to bob Hello && msg send --to bob Again --must-exist --actor bob
msg send --to everyone Stop --priority urgent => "deliveries"
msg send --to bob One --key k && msg send --to bob One --key k => "id"
msg send --to bob First && msg send --to bob Second --thread {message} => "thread"
blob put text.md && msg send --to bob See --blob {digest} => "deliveries"
msg send --to bob Hello && msg reply {message} Yes --actor bob => "recipient": "ann"
msg send --to bob Hello && msg receive --actor bob && msg reply {receipt} Yes --actor bob => "ann"
msg send --to bob Hello && msg reply {message} -m Yes -s S -t result -p low => "thread"
msg send --to bob Hello && msg reply {message} --payload '{"text": "Yes"}' => "thread"
msg send --to bob Hello && msg reply {message} --payload-file - < entry.json => "thread"
msg send --to bob Hello && msg reply {message} --stdin < text.md => "thread"
blob put text.md && msg send --to bob Hi --blob {digest} && msg reply {message} --blob {digest} X
msg receive => []
msg receive --wait 0s => []
msg receive --limit 5 --hold 1m --ack => []
msg send --to bob Hello && msg receive --actor bob --wait 1s => "receipt"
msg send --to bob Hello && msg receive --actor bob --ack => "attempt": 1
msg peek => []
msg send --to bob Hello && msg peek --limit 1 --actor bob => "Hello"
msg send --to bob Hello && msg receive --actor bob && msg ack {receipt} => "acknowledged"
msg send --to bob Hello && msg receive --actor bob && msg nack {receipt} => "waiting"
msg send --to bob Hello && msg receive --actor bob && msg nack {receipt} --delay 1m -r busy => busy
msg send --to bob Hello && msg receive --actor bob && msg nack {receipt} --dead => "undeliverable"
msg send --to bob Hello && msg receive --actor bob && msg extend {receipt} --hold 1h => "held_until"
msg hook => "messages": []
msg send --to bob Hello && msg hook --limit 1 --actor bob => "Hello"
msg send --to bob Hello && msg hook --event Stop --actor bob => "decision":"block"
msg send --to bob Hello && msg hook --event UserPromptSubmit --actor bob => "additionalContext"
msg inbox => []
msg send --to bob Hello && msg inbox --agent bob => "Hello"
msg send --to bob Hello && msg inbox --agent bob --all --before 9999 --limit 1 => "Hello"
msg send --to bob Hello && msg inbox --agent bob --unread => "Hello"
msg outbox => []
msg send --to bob Hello && msg outbox --before 9999 --limit 1 => "Hello"
msg outbox --agent bob => []
msg send --to bob Hello && msg show {message} => "Hello"
msg send --to bob Hello && msg show {message} --raw => "Hello"
msg send --to bob Hello && msg show {message} --output said.txt => "size_bytes"
msg send --to bob Hello && msg thread {message} --limit 1 => "Hello"
msg send --to bob Hello && msg search Hello --limit 1 --before 9999 => "Hello"
msg search nothing => []
msg list => []
msg send --to bob Hello && msg list --since 0 --limit 1 => "Hello"
msg list --before 1 => []
msg send --to bob Hello && msg agents => "ann"
msg agents --here => "operation"
msg leave => "ann"
msg topics => []
msg subscribe build => "#build"
msg subscribe "#build" --agent bob => "bob"
msg subscribe build && msg topics => "ann"
msg groups join reviewers && msg groups list => "ann"
msg unsubscribe build => "changed": false
msg subscribe @reviewers && msg unsubscribe @reviewers --agent ann => "changed": true
msg groups => []
msg groups list => []
msg groups join reviewers => "@reviewers"
msg groups join reviewers --agent bob => "bob"
msg groups leave reviewers => "changed": false
msg groups leave @reviewers --agent bob => "@reviewers"
msg dead => []
msg dead list --limit 1 --before 9999 => []
msg send --to bob Hello && msg receive --actor bob && msg nack {receipt} --dead \\
    && msg dead list => "Hello"
msg send --to bob Hello && msg receive --actor bob && msg nack {receipt} --dead \\
    && msg dead replay {message} --for bob => "waiting"
msg send --to bob Hello && msg receive --actor bob && msg nack {receipt} --dead \\
    && msg dead drop {message} --for bob => "dropped"
"""
_FAILS = """
2 field.invalid: msg send bob Hello
2 field.invalid: msg send --to bob
2 field.invalid: msg send --to bob --message Hello Hello
2 field.invalid: msg send --to bob --payload {bad
2 field.invalid: msg send --to bob --type review Good
2 field.invalid: msg send --to bob --payload [1] --subject S --type data
2 field.invalid: msg send --to bob --type Bad Hello
2 field.invalid: msg send --to @ Hello
2 field.invalid: msg send --to bob --priority asap Hello
2 field.invalid: msg send --to bob --ttl 0s Hello
2 field.invalid: msg send --to bob --delay soon Hello
2 field.invalid: msg send --to bob --expires 2020-01-01 Hello
2 field.invalid: msg send --to bob --delay 2h --ttl 1h Hello
2 field.invalid: msg send --to bob --max-deliveries 0 Hello
2 field.invalid: msg send --to bob --blob none Hello
3 recipient.unknown: msg send --to nobody Hello --must-exist
3 message.unknown: msg send --to bob Hello --thread none
3 message.unknown: msg reply none Yes
3 receipt.unknown: msg reply 9.9.9.9 Yes
5 message.no_reply: msg request --to bob 'Which one?' --wait 10ms
5 message.no_reply: msg request --to bob -m 'Which one?' -s S -t question -p high --wait 0s
5 message.no_reply: msg request --to bob --payload '{"text": "Which?"}' --wait 0s
5 message.no_reply: msg request --to bob -t data --payload-file - --wait 0s < entry.json
5 message.no_reply: msg request --to bob --stdin --wait 0s < text.md
5 message.no_reply: blob put text.md && msg request --to bob --blob {digest} Which --wait 0s
2 field.invalid: msg request Which
2 field.invalid: msg receive --limit 0
2 field.invalid: msg receive --limit 101
2 field.invalid: msg receive --hold 0s
2 field.invalid: msg receive --hold 8d
2 field.invalid: msg receive --wait 2d
2 field.invalid: msg receive --follow --hold soon
2 field.invalid: msg peek --limit 0
3 receipt.unknown: msg ack 9.9.9.9
3 receipt.unknown: msg send --to bob Hello && msg ack {message}
4 receipt.stale: msg send --to bob Hello && msg receive --actor bob && msg nack {receipt} \\
    && msg ack {receipt}
3 receipt.unknown: msg nack none
2 field.invalid: msg nack none --delay soon
3 receipt.unknown: msg extend none
2 field.invalid: msg extend none --hold 0s
2 field.invalid: msg hook --event Other
2 field.invalid: msg hook --limit 0
2 field.invalid: msg inbox --limit 0
2 request.invalid: msg inbox bob
2 field.invalid: msg outbox --before x
3 message.unknown: msg show none
3 message.unknown: msg thread none
2 field.invalid: msg search ***
2 field.invalid: msg list --limit 0
2 request.invalid: msg agents more
2 request.invalid: msg leave more
2 request.invalid: msg topics more
2 field.invalid: msg subscribe @
2 field.invalid: msg unsubscribe attempt:x
2 field.invalid: msg groups frob
2 request.invalid: msg groups list more
2 field.invalid: msg groups join @
2 field.invalid: msg groups leave @
2 field.invalid: msg dead list --limit 0
3 message.unknown: msg dead replay none
4 conflict: msg send --to bob Hello && msg dead replay {message}
3 message.unknown: msg dead drop none
"""
_GIT_RUNS = """
msg send --to bob Hello && msg inbox --agent bob => "branch": "main"
"""
RUNS = runs(_RUNS, "store") + runs(_GIT_RUNS, "git")
FAILS = failures(_FAILS, "store")
