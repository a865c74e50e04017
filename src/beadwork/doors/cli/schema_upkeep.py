"""What the commands of upkeep answer under `--json` (classic-bd.md 2.2), as JSON Schema."""

from beadwork.doors.cli.schema_parts import (
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

_HOOK = thing(
    "A hook, with classic's names.",
    {
        "Name": text("Its name."),
        "Installed": truth("Whether it calls bd."),
        "Version": text("The version that wrote it."),
        "IsShim": truth("Whether it only calls bd."),
        "Outdated": truth("Whether `bd hooks install` would change it."),
    },
)
_TREE = {
    "name": text("Its name."),
    "path": text("Its folder."),
    "branch": text("Its branch; empty if none is checked out."),
    "is_main": truth("Whether it is the main one."),
    "beads_state": text("shared, redirect, local or none."),
    "redirect_to?": text("Where its store is."),
}
_VERSIONS = {
    "current_version": text("The version of bd."),
    "previous_version?": maybe(text("The version that was reviewed last.")),
}
_NEWS = thing("A version.", {"version": text("Which."), "changes": texts("What it brought.")})
_SET = mapping(text("The value."), "The settings.")
_LAYER = {
    "layer": text("flag, environment, local, project, user, default or none."),
    "source": text("The flag, the variable or the file."),
    "value": text("What it says."),
}
_EXPLAINED = thing(
    "A setting.",
    {
        "key": text("The name."),
        **_LAYER,
        "layers": array(thing("A place.", _LAYER), "Where it is set, the strongest first."),
        "known": truth("Whether there is such a setting."),
        "used": truth("Whether it does anything here."),
        "type": text("What values it takes."),
        "default": text("What holds where it is not set."),
        "meaning": text("What it is for."),
        "environment": texts("The variables that set it."),
    },
)
_SIZES = thing(
    "A tier.",
    {
        "candidates": number("How many issues."),
        "total_size": number("How many bytes of text."),
    },
)

_HOUSE: dict[str, Schema] = {
    "admin cleanup": thing(
        "The closed issues that were deleted.",
        {
            "deleted?": texts("The ids."),
            "would_delete?": texts("The ids, with --dry-run."),
            "deleted_count": number("How many were."),
            "total_count": number("How many were, or would be."),
            "dry_run": truth("Whether it was only a look."),
            "pinned": texts("Those that stay since they are pinned."),
            "tombstones": number("How many tombstones there are."),
            "tombstones_dropped": number("How many of them went: none."),
        },
    ),
    "admin compact": either(
        "The candidates with --analyze; what was stored with --apply; the counts with --stats.",
        array(
            thing(
                "A closed issue whose text can be made small.",
                {
                    "id": text("Its id."),
                    "title": text("Its title."),
                    "description": text("Its description."),
                    "design": text("Its design."),
                    "notes": text("Its notes."),
                    "acceptance_criteria": text("When it was done."),
                    "size_bytes": number("How long they are."),
                    "age_days": number("For how long it has been closed."),
                    "tier": number("1: never compacted; 2: once before."),
                    "compacted": truth("Whether it was compacted before."),
                },
            ),
            "The candidates.",
        ),
        thing(
            "Stored.",
            {
                "success": truth("True."),
                "issue_id": text("The issue."),
                "tier": number("1 or 2."),
                "original_size": number("Bytes before."),
                "compacted_size": number("Bytes now."),
                "saved_bytes": number("Bytes saved."),
                "reduction_pct": real("The same in per cent."),
            },
        ),
        thing(
            "What would be stored.",
            {
                "dry_run": truth("True."),
                "issue_id": text("The issue."),
                "compacted_size": number("Bytes."),
            },
        ),
        thing("By tier.", {"tier1": _SIZES, "tier2": _SIZES}),
        thing(
            "Of tombstones.",
            {"pruned": number("0."), "tombstones": number("How many there are.")},
        ),
    ),
    "admin reset": thing(
        "What bd takes back from the repository.",
        {
            "dry_run": truth("Whether it was only a look."),
            "removed?": texts("What was removed."),
            "would_remove?": texts("What would be."),
        },
    ),
    "audit record": thing(
        "An interaction.", {"id": text("Its id."), "kind": text("llm_call, tool_call, label.")}
    ),
    "audit label": thing(
        "A label of an interaction.",
        {
            "id": text("Its id."),
            "parent_id": text("The interaction."),
            "label": text("The label."),
        },
    ),
    "backup": either(
        "The backup that was made; with `status`, those that there are.",
        thing(
            "Made.",
            {
                "path": text("Its file."),
                "issues": number("How many issues are in it."),
                "events": number("How many events."),
                "claims": number("How many claims."),
                "blobs": number("How many blobs are beside it."),
                "missing_blobs": texts("Blobs that are referred to, and not here whole."),
                "dropped": texts("Older backups that were removed."),
            },
        ),
        thing(
            "Those that there are.",
            {
                "backups": array(
                    thing(
                        "A backup.",
                        {
                            "path": text("Its file."),
                            "size_bytes": number("How big it is."),
                            "created_at": time("When it was made."),
                        },
                    ),
                    "The backups.",
                ),
                "count": number("How many."),
            },
        ),
    ),
    "restore": either(
        "What was put back; of an issue, its full text.",
        ref("Issue"),
        thing(
            "Put back.",
            {
                "restored": text("The backup."),
                "kept": maybe(text("The store as it was.")),
                "lost_events": number("How many later events are gone from it."),
                "imported": ref("Report", "What the file brought."),
                "blobs": number("How many blobs were brought back."),
                "missing_blobs": texts("Blobs that are referred to, and are nowhere."),
            },
        ),
    ),
    "config explain": either(
        "Where values come from; without a key, all that are set.",
        _EXPLAINED,
        array(_EXPLAINED, "The settings."),
    ),
    "info": either(
        "The store; with --whats-new, what changed.",
        thing(
            "The store.",
            {
                "config": _SET,
                "daemon_connected": truth("Whether a daemon answers."),
                "daemon_fallback_reason": text("Why none does."),
                "database_path": text("The database."),
                "issue_count": number("How many issues."),
                "mode": text("direct or daemon."),
                "daemon_compatible?": truth("Whether it serves this version."),
                "daemon_status?": text("healthy."),
                "daemon_uptime?": real("How long it runs, in seconds."),
                "daemon_version?": text("Its version."),
                "socket_path?": text("Where it listens."),
                "schema?": thing(
                    "The database, with --schema.",
                    {
                        "tables": texts("Its tables."),
                        "schema_version": text("Its version."),
                        "config": _SET,
                        "sample_issue_ids": texts("Some ids."),
                        "detected_prefix": text("What ids begin with."),
                    },
                ),
            },
        ),
        thing(
            "The news.",
            {
                "current_version": text("The version of bd."),
                "recent_changes": array(_NEWS, "By version."),
            },
        ),
    ),
    "migrate": either(
        "How the database stands; with --inspect, what there is to it.",
        thing(
            "How it stands.",
            {
                "status": text("current."),
                "schema_version": number("Its version."),
                "migrated": truth("Whether it was changed."),
            },
        ),
        thing(
            "What there is to it.",
            {
                "current_state": thing(
                    "How it stands.",
                    {
                        "schema_version": number("Its version."),
                        "database_path": text("Its file."),
                        "prefix": text("What ids begin with."),
                        "dirty": number("How many changed issues the file lacks."),
                    },
                ),
                "invariants_to_check": array(
                    thing(
                        "A rule.",
                        {"name": text("Its name."), "description": text("What it says.")},
                    ),
                    "What must be so.",
                ),
                "registered_migrations": texts("The migrations."),
            },
        ),
    ),
    "upgrade status": thing(
        "Whether bd has changed since.",
        {"upgraded": truth("Whether it has."), **_VERSIONS},
    ),
    "upgrade review": thing(
        "What has changed since.",
        {**_VERSIONS, "versions": array(_NEWS, "By version.")},
    ),
    "upgrade ack": thing(
        "What is marked as reviewed.", {"acknowledged": truth("True."), **_VERSIONS}
    ),
}

_GIT: dict[str, Schema] = {
    "hooks list": thing("The hooks.", {"hooks": array(_HOOK, "Each.")}),
    "hooks install": thing(
        "What was installed.",
        {
            "installed": texts("The hooks."),
            "path": text("Their folder."),
            "kept": texts("Hooks of others that were there; they run first, or are put aside."),
        },
    ),
    "hooks uninstall": thing(
        "What was removed.",
        {
            "removed": texts("The hooks."),
            "path": text("Their folder."),
            "restored": texts("Hooks that are back in their place."),
        },
    ),
    "worktree list": array(thing("A worktree.", _TREE), "The worktrees."),
    "worktree create": thing("The new worktree.", _TREE),
    "worktree info": thing(
        "Where we are.",
        {
            "is_worktree": truth("Whether it is a linked worktree."),
            **{f"{name.removesuffix('?')}?": each for name, each in _TREE.items()},
            "main_repo": text("The folder of the main worktree."),
            "beads_path": text("The folder of the store; empty if there is none."),
        },
    ),
    "worktree remove": thing(
        "What was removed.",
        {
            "removed": text("Its name."),
            "path": text("Its folder."),
            "branch": text("Its branch, which stays."),
        },
    ),
    "orphans": array(
        thing(
            "An open issue that a commit names.",
            {
                "issue_id": text("Its id."),
                "title": text("Its title."),
                "status": text("Its status."),
                "latest_commit": text("The commit."),
                "latest_commit_message": text("The first line of its message."),
            },
        ),
        "The issues.",
    ),
}

_ALIKE: dict[str, Schema] = {
    "duplicates": thing(
        "Groups of open issues with the same content.",
        {
            "duplicate_groups": number("How many groups."),
            "groups": array(
                thing(
                    "A group.",
                    {
                        "title": text("Their title."),
                        "issues": array(
                            thing(
                                "An issue.",
                                {
                                    "id": text("Its id."),
                                    "title": text("Its title."),
                                    "status": text("Its status."),
                                    "priority": number("0 to 4."),
                                    "references": number("How many refer to it."),
                                    "is_merge_target": truth("Whether it is to stay."),
                                },
                            ),
                            "The issues.",
                        ),
                        "suggested_target": text("The one that should stay."),
                        "suggested_sources": texts("The others."),
                        "suggested_action": text("The command that does it."),
                        "note": text("Why."),
                    },
                ),
                "The groups.",
            ),
            "merge_commands?": texts("What merges each group."),
            "merge_results?": array(
                thing(
                    "A group.",
                    {
                        "target": text("The one that stays."),
                        "sources": texts("The others."),
                        "closed": texts("Those that were closed."),
                        "linked": texts("Those that were related to the one that stays."),
                        "errors": texts("Why others are left open."),
                    },
                ),
                "What became of each group.",
            ),
        },
    ),
    "find-duplicates": thing(
        "Pairs of issues that are alike.",
        {
            "pairs": array(
                thing(
                    "A pair.",
                    {
                        "issue_a_id": text("One."),
                        "issue_b_id": text("The other."),
                        "issue_a_title": text("The title of the one."),
                        "issue_b_title": text("The title of the other."),
                        "similarity": real("0 to 1."),
                        "method": text("mechanical."),
                    },
                ),
                "The pairs, most alike first.",
            ),
            "count": number("How many."),
            "method": text("mechanical."),
            "threshold": real("How alike they must be."),
        },
    ),
    "watch": thing(
        "What changed.",
        {
            "issues": array(ref("Issue"), "The issues as they are now."),
            "events": array(ref("Event"), "What happened, as in `bd history`."),
            "cursor": number("What --since takes next."),
        },
    ),
    "edit": array(ref("Issue"), "The issue."),
}

UPKEEP: dict[str, Schema] = {**_HOUSE, **_GIT, **_ALIKE}
"""Command to the schema of its answer."""
