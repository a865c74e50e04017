"""What people and agents type in the place of our words, and what to say then.

Nothing of it is carried out: each guess is answered with the command line that was meant. Only an
error imports this.
"""

import difflib
import shlex
from collections.abc import Iterable, Mapping

import click

from beadwork.model.errors import InvalidRequest

_ABSENT = "Classic's command of this name is not there: `bd --help` lists what is."
_COMMANDS: Mapping[str, tuple[str, ...]] = {
    "bd show ID": ("get", "describe", "cat", "open", "details", "read"),
    "bd list": ("ls", "issues", "all"),
    'bd create "Title"': ("add", "make", "insert"),
    "bd ready, or bd ready --claim": ("next", "pick", "work"),
    "bd claim ID": ("start", "take", "grab", "begin", "pickup", "checkout"),
    "bd release ID": ("stop", "drop", "unclaim", "abandon", "yield"),
    "bd lease acquire PATH": ("lock", "reserve", "acquire"),
    "bd lease list": ("leases", "locks"),
    "bd lease release PATH": ("unlock", "unreserve"),
    "bd lease renew, or bd heartbeat ID": ("renew", "extend"),
    "bd close ID --reason TEXT": ("complete", "finish", "resolve", "end", "cancel", "wontfix"),
    "bd update ID": ("set", "modify", "change"),
    "bd update ID --parent ID": ("mv", "reparent"),
    'bd assign ID ""': ("unassign",),
    "bd delete ID --force": ("remove", "rm", "del"),
    "bd dep add ID NEEDED_ID": ("block", "blocks", "needs", "depend", "depends"),
    "bd dep list ID, or bd dep tree ID": ("deps", "dependencies", "tree"),
    "bd dep remove ID NEEDED_ID": ("unblock", "unlink", "undep"),
    "bd dep cycles": ("cycles",),
    "bd search TEXT": ("find", "grep", "filter"),
    "bd history ID": ("diff",),
    "bd activity, or bd history ID": ("log", "events"),
    "bd activity --follow": ("follow", "tail", "feed"),
    "bd label list ID, or bd label list-all": ("labels",),
    "bd label remove ID LABEL": ("untag", "unlabel"),
    "bd defer ID --until TIME": ("snooze", "postpone", "later"),
    "bd undefer ID": ("unsnooze", "wake"),
    "bd list --assignee me --status in_progress": ("mine", "my", "current"),
    "bd sync": ("flush", "save", "pull", "push", "commit"),
    "bd undo": ("revert", "rollback"),
    "bd doctor --fix": ("repair", "check", "resolve-conflicts"),
    "bd promote ID": ("persist",),
    "bd msg inbox, or bd msg receive": ("mail", "inbox", "messages", "mailbox", "receive", "recv"),
    'bd msg send --to NAME "text"': ("send", "message", "tell", "notify"),
    'bd msg send --to everyone "text"': ("broadcast",),
    'bd msg request --to NAME "question"': ("ask", "request"),
    "bd msg reply ID": ("reply", "answer"),
    "bd msg ack RECEIPT": ("ack",),
    "bd msg agents": ("agents", "who", "team", "presence"),
    "bd msg topics": ("topics", "channels"),
    "bd info, or bd where": ("context", "ping"),
}
_OBJECTS = ("issue", "task", "bead")
"""What other trackers put before the verb."""
_CLASSICS = frozenset(
    {
        "agent", "backend", "branch", "cook", "federation", "formula", "gate", "gitlab", "jira",
        "linear", "merge-slot", "mol", "move", "protomolecule", "refile", "repo", "slot", "swarm",
        "template", "vc", "wisp",
    }
)  # fmt: skip
_SUBCOMMANDS: Mapping[str, tuple[str, ...]] = {
    "read": ("receive",),
    "check": ("inbox", "cycles", "validate", "status"),
    "unread": ("inbox",),
    "new": ("inbox", "add", "create"),
    "next": ("receive",),
    "get": ("receive", "list", "info"),
    "fetch": ("receive",),
    "pull": ("receive",),
    "take": ("receive",),
    "pop": ("receive",),
    "wait": ("receive",),
    "watch": ("receive",),
    "follow": ("receive",),
    "listen": ("receive",),
    "write": ("send",),
    "post": ("send",),
    "tell": ("send",),
    "broadcast": ("send",),
    "notify": ("send",),
    "ask": ("request",),
    "answer": ("reply",),
    "respond": ("reply",),
    "acknowledge": ("ack",),
    "done": ("ack",),
    "confirm": ("ack",),
    "reject": ("nack",),
    "release": ("nack",),
    "return": ("nack",),
    "renew": ("extend",),
    "sent": ("outbox",),
    "find": ("search",),
    "history": ("thread",),
    "join": ("subscribe",),
    "who": ("agents",),
    "status": ("inbox", "list", "info"),
    "channels": ("topics",),
    "retry": ("replay",),
    "purge": ("drop",),
    "rm": ("remove", "unset", "clear", "uninstall"),
    "del": ("remove", "unset", "clear"),
    "delete": ("remove", "unset", "clear"),
    "remove": ("unset", "clear", "uninstall", "done"),
    "ls": ("list", "status"),
    "list": ("status",),
    "show": ("list", "get", "info", "status"),
    "create": ("add", "set"),
    "make": ("create", "add"),
    "set": ("add",),
    "all": ("list-all", "list"),
    "close": ("close-eligible", "done"),
}
_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "--open": ("--status open",),
    "--closed": ("--status closed",),
    "--done": ("--status closed",),
    "--wip": ("--status in_progress",),
    "--active": ("--status in_progress",),
    "--in-progress": ("--status in_progress",),
    "--in_progress": ("--status in_progress",),
    "--blocked": ("bd blocked",),
    "--state": ("--status", "bd update ID --status STATUS"),
    "--status": ("bd update ID --status STATUS",),
    "--include-closed": ("--all",),
    "--with-closed": ("--all",),
    "--all": ("--limit 0",),
    "--offset": ("--limit 0",),
    "--page": ("--limit 0",),
    "--count": ("--limit", "bd count"),
    "--max": ("--limit",),
    "--top": ("--limit",),
    "--first": ("--limit",),
    "--mine": ("--assignee me",),
    "--me": ("--assignee me",),
    "--owner": ("--assignee",),
    "--user": ("--assignee", "--actor"),
    "--as": ("--actor",),
    "--assignee": ("--actor", "bd assign ID NAME"),
    "--unassign": ('--assignee ""',),
    "--tag": ("--label", "--labels", "--add-label"),
    "--tags": ("--labels", "--label", "--add-label"),
    "--labels": ("--label", "--set-labels"),
    "--label": ("--add-label", "bd label add ID LABEL"),
    "-l": ("--add-label",),
    "--epic": ("--parent",),
    "--since": ("--created-after", "--updated-after"),
    "--after": ("--created-after", "--deps"),
    "--before": ("--created-before",),
    "--search": ("--title-contains", "bd search TEXT"),
    "--query": ("bd search TEXT", "bd query EXPRESSION"),
    "--grep": ("--title-contains", "bd search TEXT"),
    "--text": ("--description",),
    "--stdin": ("--file -", "--body-file -"),
    "--global": ("--user",),
    "--fields": ("--json",),
    "--columns": ("--json",),
    "--format": ("--json",),
    "--output": ("--json",),
    "-o": ("--json",),
    "--order": ("--sort",),
    "--order-by": ("--sort",),
    "--sort-by": ("--sort",),
    "--desc": ("--description", "--reverse"),
    "--details": ("--description", "bd show ID"),
    "--content": ("--description",),
    "--name": ("--title",),
    "--summary": ("--title",),
    "--subject": ("--title",),
    "--prio": ("--priority",),
    "--kind": ("--type",),
    "--issue-type": ("--type",),
    "--on": ("--depends-on",),
    "--deps": ("bd dep add ID NEEDED_ID",),
    "--dep": ("--deps", "bd dep add ID NEEDED_ID"),
    "--needs": ("--deps", "--depends-on", "bd dep add ID NEEDED_ID"),
    "--depends": ("--deps", "--depends-on", "bd dep add ID NEEDED_ID"),
    "--depends-on": ("--deps", "bd dep add ID NEEDED_ID"),
    "--blocked-by": ("--deps", "bd dep add ID NEEDED_ID"),
    "--requires": ("--deps", "bd dep add ID NEEDED_ID"),
    "--blocks": ("bd dep add NEEDING_ID ID",),
    "--discovered-from": ("--deps discovered-from:ID",),
    "--related": ("--deps related:ID", "bd dep relate ID ID"),
    "--note": ("--append-notes", "--reason", "--notes"),
    "--comment": ("--reason", 'bd comment ID "text"'),
    "--comments": ("bd comments ID",),
    "--message": ("--reason", "--description", 'bd comment ID "text"'),
    "-m": ("--reason", "--message", 'bd comment ID "text"'),
    "--reason": ("bd close ID --reason TEXT",),
    "--next": ("bd ready --claim",),
    "--full": ("--long", "bd show ID"),
    "--recursive": ("--cascade",),
    "--deadline": ("--due",),
    "--asc": ("--reverse",),
}
"""What was typed, and what to say: the first that begins with an option of the command, or `bd`."""
_OF_COMMAND: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("bd claim", "--force"): ("bd release ID --force",),
    ("bd msg receive", "--all"): ("--limit 100",),
    ("bd msg receive", "--count"): ("--limit",),
    ("bd msg receive", "-t"): ("--wait",),
    ("bd msg receive", "--block"): ("--wait 30s",),
    ("bd msg receive", "--watch"): ("--follow",),
    ("bd msg send", "--issue"): ("""bd msg send --to NAME -t task --payload '{"issue": "ID"}'""",),
    ("bd msg send", "--urgent"): ("--priority urgent",),
    ("bd msg send", "--high"): ("--priority high",),
    ("bd msg send", "--all"): ("--to everyone",),
    ("bd msg send", "--everyone"): ("--to everyone",),
    ("bd msg send", "--reply-to"): ("bd msg reply ID",),
    ("bd msg send", "--topic"): ("--to topic:NAME",),
    ("bd msg send", "--group"): ("--to group:NAME",),
    ("bd msg send", "--from"): ("--actor",),
    ("bd msg send", "--content"): ("--message",),
    ("bd msg send", "--title"): ("--subject",),
    ("bd msg send", "-f"): ("--stdin",),
    ("bd msg send", "--file"): ("--stdin",),
    ("bd msg send", "--data"): ("--payload",),
    ("bd msg send", "--json-payload"): ("--payload",),
    ("bd msg send", "--in"): ("--delay",),
    ("bd sync", "--pull"): ("git pull",),
    ("bd sync", "--push"): ("git push",),
    ("bd sync", "--commit"): ("git commit",),
}
_IDS = frozenset({"--id", "--ids", "--issue", "--issues"})
_NO_QUESTION = frozenset({"--yes", "-y", "--no-input", "--non-interactive", "--confirm"})
_NEARNESS = 0.7
"""Less alike than this, and the nearest word misleads: `get` is no `forget`."""
_PARTNER: Mapping[str, str] = {
    "bd duplicate": "bd duplicate ID --of {word}",
    "bd supersede": "bd supersede ID --with {word}",
    "bd claim": "Claim one at a time, or several by `bd update ID ID --claim`.",
    "bd children": "Ask for one at a time, or see `bd dep tree ID`.",
    "bd why": "Ask for one at a time.",
    "bd dep add": "Add one edge at a time, or several by --file.",
    "bd epic status": "bd children {word}",
    "bd export": "bd export --id {word}",
    "bd msg inbox": "bd msg inbox --agent {word}",
    "bd msg outbox": "bd msg outbox --agent {word}",
    "bd msg topics": "bd msg subscribe NAME",
    "bd msg receive": "bd msg receive --limit {word}",
    "bd comments list": 'bd comments add ID "text"',
}
_STATUSES = frozenset({"open", "in_progress", "blocked", "deferred", "closed", "pinned", "hooked"})
_TYPES = frozenset({"bug", "feature", "task", "epic", "chore"})


def command_hint(name: str, group: click.Group, context: click.Context, words: list[str]) -> str:
    """Say what an unknown command may have meant."""
    known = [each for each in group.list_commands(context) if not _is_hidden(each, group, context)]
    if context.parent is None:
        meant = next((line for line, names in _COMMANDS.items() if name in names), None)
        if meant:
            return f"Use `{meant}`.".replace(", or ", "`, or `")
        if name in _OBJECTS:
            verb = next((each for each in words[1:2] if each in known), "show ID")
            return f"Use `bd {verb}`: issues are meant anyway."
        if name in _CLASSICS:
            return _ABSENT
    else:
        meant = next((each for each in _SUBCOMMANDS.get(name, ()) if each in known), None)
        if meant:
            return f'Did you mean "{meant}"?'
        if "." in name and "get" in known:
            return f"Say what to do: `{context.command_path} get {name[:60]}`."
        if set(name) & {"-", " "} and "add" in known:
            said = shlex.join(words[:3])
            return f"Say what to do: `{context.command_path} add {said[:120]}`."
    near = nearest(name, known)
    if near:
        return f'Did you mean "{near}"?'
    return f"Use one of: {', '.join(known)}." if context.parent else _LISTED.format(context)


_LISTED = "`{0.command_path} --help` lists the commands."


def _is_hidden(name: str, group: click.Group, context: click.Context) -> bool:
    if context.parent is None:
        return False
    command = group.get_command(context, name)
    return command is None or command.hidden


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that a mistyped one may have meant."""
    names = list(known)
    bare = word[:100].lower()
    begins = [each for each in names if each.startswith(bare) and len(bare.strip("-")) > 1]
    near = begins or difflib.get_close_matches(bare, names, n=1, cutoff=_NEARNESS)
    return near[0] if near else None


def explained(error: click.UsageError, command: click.Command, context: click.Context) -> Exception:
    """Return the error that says what is wrong with a command line, and what was meant."""
    name = context.command_path
    see = f"See `{name} --help`."
    message = error.format_message().rstrip(".")
    if isinstance(error, click.NoSuchOption):
        message = f'There is no option "{error.option_name[:60]}"'
        see = f"{_option_hint(error.option_name, command, context)} {see}".strip()
    elif isinstance(error, click.MissingParameter):
        see = context.get_usage()
    elif isinstance(error, click.BadOptionUsage) and error.option_name == "--to":
        see = "A topic goes in quotes, or without its sign: `--to '#build'`, `--to topic:build`."
    elif "extra argument" in message:
        see = f"{_extra_hint(message, command, name)} {see}"
    return InvalidRequest(message, hint=see)


def _option_hint(given: str, command: click.Command, context: click.Context) -> str:
    options = [each for each in command.get_params(context) if isinstance(each, click.Option)]
    known = {name for each in options for name in each.opts}
    shown = [name for each in options if not each.hidden for name in each.opts]
    name = given.partition("=")[0]
    if name in _NO_QUESTION:
        return "Nothing is asked: leave it out."
    if name[:3] == "--p" and name[3:].isdigit() and "--priority" in known:
        return f"Use `--priority {name[3:][:2]}`."
    path = context.command_path
    if (
        name in _IDS
        and (path, name) not in _OF_COMMAND
        and any(isinstance(each, click.Argument) for each in command.params)
    ):
        return f"Give ids without a flag: `{path} ID`."
    for meant in (*_OF_COMMAND.get((path, name), ()), *_OPTIONS.get(name, ())):
        if meant.startswith(("bd ", "git ")) or meant.split()[0] in known:
            return f"Use `{meant}`."
    near = nearest(name, [each for each in shown if each.startswith("--")])
    return f"Did you mean {near}?" if near else ""


def _extra_hint(message: str, command: click.Command, path: str) -> str:
    word = message.partition("(")[2].rpartition(")")[0].split(" ")[0]
    hint = _PARTNER.get(path, "").format(word=word[:60])
    if hint:
        return hint if hint.endswith(".") else f"Use `{hint}`."
    known = {name for each in command.params for name in each.opts}
    if word in _STATUSES and "--status" in known:
        return f"Use `--status {word}`."
    if word in _TYPES and "--type" in known:
        return f"Use `--type {word}`."
    if word.isdigit() and "--limit" in known:
        return f"Use `--limit {word[:20]}`."
    if any(isinstance(each, click.Argument) for each in command.params):
        return "Put a text of several words in quotes."
    return f"It takes no words, only flags; for one issue `bd show {word[:60]}`."
