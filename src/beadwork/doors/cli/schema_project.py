"""What commands on the project answer under `--json` (classic-bd.md 2.2), as JSON Schema."""

from beadwork.doors.cli.schema_parts import (
    ISSUES,
    LISTED,
    REPORTED,
    Schema,
    array,
    either,
    mapping,
    maybe,
    number,
    real,
    ref,
    text,
    texts,
    thing,
    time,
    truth,
)

_KEPT = {"key": text("The name."), "value": text("What is kept under it.")}
_DANGLING = array(
    thing(
        "An edge.",
        {
            "issue_id": text("The issue."),
            "depends_on_id": text("What it needs."),
            "type": text("The kind of the edge."),
        },
    ),
    "Edges to issues that are not known.",
)

_DIRTY = number("How many changed issues the file lacks.")

_FINDING: dict[str, Schema] = {
    "search": LISTED,
    "query": either(
        "The issues found; with --parse-only, how the query is read.",
        LISTED,
        thing(
            "Read.",
            {"query": text("As it was given."), "parsed": text("With all that it leaves out.")},
        ),
    ),
    "children": LISTED,
    "stale": ISSUES,
    "count": either(
        "How many; with --by-..., of each.",
        thing("All.", {"count": number("How many.")}),
        thing(
            "By group.",
            {
                "total": number("How many."),
                "groups": array(
                    thing(
                        "A group.",
                        {"group": text("What they share."), "count": number("How many.")},
                    ),
                    "The groups.",
                ),
            },
        ),
    ),
    "status": thing(
        "How things stand.",
        {
            "summary": thing(
                "The counts.",
                {
                    "total_issues": number("All but tombstones."),
                    "open_issues": number("Open."),
                    "in_progress_issues": number("In progress."),
                    "closed_issues": number("Closed."),
                    "blocked_issues": number("Held by another."),
                    "deferred_issues": number("Put off."),
                    "ready_issues": number("Ready."),
                    "tombstone_issues": number("Deleted."),
                    "pinned_issues": number("Pinned."),
                    "epics_eligible_for_closure": number("Epics whose children are all done."),
                    "average_lead_time_hours": real("From made to closed."),
                },
            ),
            "recent_activity?": thing(
                "What happened lately.",
                {
                    "hours_tracked": number("In so many hours."),
                    "commit_count": number("Commits."),
                    "issues_created": number("Made."),
                    "issues_closed": number("Closed."),
                    "issues_updated": number("Changed."),
                    "issues_reopened": number("Opened again."),
                    "total_changes": number("All of them."),
                },
            ),
        },
    ),
    "epic status": array(
        thing(
            "An epic.",
            {
                "epic": ref("Issue"),
                "total_children": number("How many children."),
                "closed_children": number("How many of them are done."),
                "eligible_for_close": truth("Whether all are."),
            },
        ),
        "The open epics.",
    ),
    "lint": thing(
        "What is missing in descriptions.",
        {
            "total": number("How many sections are missing."),
            "issues": number("In how many issues."),
            "results": array(
                thing(
                    "An issue.",
                    {
                        "id": text("Its id."),
                        "title": text("Its title."),
                        "type": text("Its type."),
                        "missing": texts("The headings that its description lacks."),
                        "warnings": number("How many they are."),
                    },
                ),
                "The issues.",
            ),
        },
    ),
    "graph check": thing(
        "Whether anything waits for itself.",
        {
            "cycles": array(texts("A circle."), "The circles."),
            "count": number("How many."),
            "ok": truth("Whether there is none."),
        },
    ),
    "types": thing(
        "The types of issues.",
        {
            "core_types": array(
                thing("A type.", {"name": text("Its name."), "description": text("Its use.")}),
                "Those that are built in.",
            ),
            "custom_types?": texts("The project's own."),
        },
    ),
    "statuses": thing(
        "The statuses of issues.",
        {
            "built_in_statuses": array(
                thing(
                    "A status.",
                    {
                        "name": text("Its name."),
                        "category": text("active, wip, frozen or done."),
                        "icon": text("Its sign in lists."),
                        "description": text("Its use."),
                    },
                ),
                "Those that are built in.",
            ),
            "custom_statuses?": array(
                thing(
                    "A status.",
                    {"name": text("Its name."), "category": text("done or unspecified.")},
                ),
                "The project's own.",
            ),
        },
    ),
}
_FINDING["epic close-eligible"] = either(
    "What was closed; with --dry-run, what would be.",
    thing(
        "Closed.",
        {
            "closed": texts("The ids."),
            "count": number("How many."),
            "refused?": texts("Those that another holds, or that are blocked."),
        },
    ),
    _FINDING["epic status"],
)
_NODE = thing(
    "A node, with classic's names.",
    {
        "Issue": ref("Issue"),
        "Layer": number("Its layer; 0 waits for nothing."),
        "Position": number("Its place in the layer."),
        "DependsOn": texts("What it needs, in this picture."),
    },
)
_PICTURE = thing(
    "A layered picture of what needs what.",
    {
        "issues": ISSUES,
        "layout": thing(
            "The layers.",
            {
                "Nodes": mapping(_NODE, "The nodes, by id."),
                "Layers": array(texts("The ids of a layer."), "From what waits for nothing on."),
                "MaxLayer": number("The last layer."),
                "RootID": text("Where it begins."),
            },
        ),
        "root": ref("Issue"),
    },
)
_FINDING["graph"] = either(
    "One picture; with --all, all of them.", _PICTURE, array(_PICTURE, "The pictures.")
)

_HEALTH = thing(
    "The health of the store.",
    {
        "path": text("The folder of the store."),
        "checks": array(
            thing(
                "A check.",
                {
                    "name": text("What was looked at."),
                    "status": text("ok, warning or error."),
                    "message": text("What was found."),
                    "detail?": text("More of it."),
                    "fix?": text("What to do about it."),
                    "category": text("What it belongs to."),
                },
            ),
            "The checks.",
        ),
        "overall_ok": truth("Whether nothing is wrong."),
        "cli_version": text("The version of bd."),
        "timestamp": time("When."),
        "platform": thing(
            "Where it runs.",
            {"os_arch": text("System and machine."), "python_version": text("Python.")},
        ),
        "fixed?": texts("With --fix: what was done, or would be."),
        "backup?": maybe(text("The store as it was; null if it was not touched.")),
    },
)
_SPEED = thing(
    "How fast it answers.",
    {
        "unit": text("ms."),
        "timings": thing(
            "What each takes.",
            {
                "ready": real("`bd ready`."),
                "list": real("`bd list`."),
                "show?": real("`bd show`, if there is an issue."),
            },
        ),
    },
)

_KEEPING: dict[str, Schema] = {
    "remember": thing("What is remembered.", {**_KEPT, "action": text("What was done.")}),
    "recall": either(
        "What is remembered under a key, or what fits the words.",
        thing("One.", {**_KEPT, "found": truth("Whether there is such a key.")}),
        thing(
            "Several.",
            {
                "found": truth("True."),
                "memories": mapping(text("What is remembered."), "By key."),
            },
        ),
    ),
    "memories": mapping(text("What is remembered."), "All that is remembered, by key."),
    "forget": thing("What is forgotten.", {"key": text("The key."), "deleted": text('"true".')}),
    "kv set": thing("A pair.", _KEPT),
    "kv get": thing("A pair.", {**_KEPT, "found": truth("Whether it is there.")}),
    "kv list": mapping(text("The value."), "All pairs."),
    "kv clear": thing(
        "What was removed.", {"key": text("The key."), "deleted": text('"true" or "false".')}
    ),
    "config get": thing("A setting.", _KEPT),
    "config set": thing("A setting.", _KEPT),
    "config unset": thing("A setting.", {"key": text("The name.")}),
    "config list": mapping(text("The value."), "The settings that are set."),
    "config validate": thing(
        "Whether the settings are right.",
        {"issues": texts("What is wrong."), "valid": truth("Whether nothing is.")},
    ),
    "doctor": either("The health of the store; with --perf, how fast it answers.", _HEALTH, _SPEED),
}

_PLACE: dict[str, Schema] = {
    "init": thing(
        "The store that is used from now on.",
        {
            "path": text("Its folder."),
            "prefix": text("What ids begin with."),
            "written": texts("The files that were written."),
            "imported": maybe(ref("Report", "What the file brought.")),
        },
    ),
    "where": thing(
        "Where the store is.",
        {
            "path": text("Its folder."),
            "prefix": text("What ids begin with."),
            "database_path": text("Its database."),
            "redirected_from?": text("The folder that leads there."),
        },
    ),
    "whoami": thing(
        "Who acts.",
        {
            "actor": text("As whom commands act."),
            "actor_source": text("What says so."),
            "session": text("The session; empty if there is none."),
            "session_source": text("What says so; empty if there is none."),
        },
    ),
    "version": thing(
        "The program.",
        {
            "version": text("Its version."),
            "build": text("What it is made of."),
            "daemon_running?": truth("With --daemon: whether one runs."),
            "daemon_version?": maybe(text("Its version; null if none runs.")),
            "daemon_compatible?": truth("Whether it has the version of this bd."),
        },
    ),
    "import": thing(
        "What became of the lines.",
        {
            **REPORTED,
            "is_unchanged?": truth("Whether the file is the one last seen."),
            "dry_run?": truth("True if nothing was kept."),
            "dangling?": _DANGLING,
            "orphans?": texts("Children whose parent is not known."),
            "duplicate_groups?": array(
                texts("The ids of a group."), "With --dedupe-after: issues that say the same."
            ),
        },
    ),
    "sync": either(
        "What was read and written; with --status, how things stand.",
        thing(
            "Synced.",
            {
                "imported": maybe(ref("Report", "What the file brought.")),
                "is_written": truth("Whether the file was written."),
            },
        ),
        thing("How things stand.", {"dirty": _DIRTY}),
        thing(
            "What would be read and written, with --dry-run.",
            {
                "dry_run": truth("True."),
                "dirty": _DIRTY,
                "imported": ref("Report", "What the file would bring."),
            },
        ),
        thing(
            "With --check.",
            {
                "ok": truth("Whether the file is sound."),
                "issues": texts("What is wrong."),
                "dangling": _DANGLING,
                "orphans": texts("Children whose parent is not known."),
            },
        ),
        thing(
            "The mode.",
            {"mode": text("git-portable."), "modes?": texts("All modes that there are.")},
        ),
    ),
    "repo add": thing(
        "The repository.",
        {"added": truth("False if it was named before."), "path": text("As it is named.")},
    ),
    "repo remove": thing(
        "The repository.",
        {
            "removed": truth("True."),
            "path": text("As it was named."),
            "issues_deleted": number("How many issues were taken out here."),
        },
    ),
    "repo list": thing(
        "The repositories.",
        {
            "primary": text("This one."),
            "additional": texts("The others, as they are named."),
            "issues": mapping(number("How many."), "How many issues came from each."),
        },
    ),
    "repo sync": thing(
        "What came and went.",
        {
            "synced": truth("Whether all went well."),
            "issues_imported": number("How many issues are new here, or changed."),
            "repositories": array(
                thing(
                    "A repository.",
                    {
                        "path": text("As it is named."),
                        "created": number("How many issues came."),
                        "updated": number("How many changed here."),
                        "unchanged": number("How many were known."),
                        "given_back": number("How many were changed in its file."),
                        "taken": texts("Ids that issues here have; they were left out."),
                        "unread": number("How many lines can't be read."),
                    },
                ),
                "Those that went well.",
            ),
            "errors": texts("What went wrong with others."),
        },
    ),
    "preflight": either(
        "What to look after; with --check or --fix, what is left to do.",
        thing("What to look after.", {"text": text("The text.")}),
        thing(
            "What is left to do.",
            {
                "passed": truth("Whether nothing is."),
                "checks": array(
                    thing(
                        "A check.",
                        {
                            "name": text("exported, committed or released."),
                            "passed": truth("Whether it is so."),
                            "message": text("What was found."),
                        },
                    ),
                    "The checks.",
                ),
            },
        ),
    ),
    "setup": either(
        "What was written; with --check, what is there; with --list, the recipes.",
        thing("With --print.", {"text": text("What is told to an agent.")}),
        thing(
            "Changed.",
            {
                "recipe": text("The agent."),
                "changed": texts("The files that were changed."),
                "files": texts("All files of the recipe."),
            },
        ),
        thing(
            "Checked.",
            {
                "recipe": text("The agent."),
                "installed": truth("Whether it is there, and as it should be."),
                "files": array(
                    thing(
                        "A file.",
                        {
                            "path": text("Its path."),
                            "state": text("absent, outdated or current."),
                        },
                    ),
                    "The files.",
                ),
            },
        ),
        thing(
            "Kept, with --add.",
            {
                "recipe": text("Its name."),
                "path": text("Its file."),
                "changed": truth("Whether it is new."),
            },
        ),
        array(
            thing(
                "A recipe.",
                {
                    "recipe": text("Its name."),
                    "title": text("The agent."),
                    "files": texts("Where it is told."),
                },
            ),
            "The recipes.",
        ),
    ),
}

PROJECT: dict[str, Schema] = {**_FINDING, **_KEEPING, **_PLACE}
"""Command to the schema of its answer."""
