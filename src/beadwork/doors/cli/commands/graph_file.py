"""`bd create --graph`: issues and edges from a JSON, JSON Lines or YAML file."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from beadwork.doors.cli import markdown, text, times
from beadwork.doors.cli.options import PRIORITY, split_words
from beadwork.doors.cli.session import Session
from beadwork.model.errors import InvalidField
from beadwork.model.issue import nearest_hint
from beadwork.ops.graph_file import CreateGraph, PlannedEdge, PlannedIssue
from beadwork.ops.issue_create import CreateIssue

_NAME = ("name", "key", "local_id", "ref")
_FIELDS = {
    **{name: name for name in CreateIssue.__struct_fields__ if name not in ("dry_run", "force")},
    "type": "issue_type",
    "body": "description",
    "acceptance": "acceptance_criteria",
    "estimate": "estimated_minutes",
    "due": "due_at",
    "defer": "defer_until",
    "parent_key": "parent",
    "parent_id": "parent",
    "deps": "dependencies",
    "needs": "dependencies",
    "depends_on": "dependencies",
    "blocked_by": "dependencies",
    "wisp_type": "extra.wisp_type",
    "mol_type": "extra.mol_type",
    "event_kind": "extra.event_kind",
    "actor": "extra.actor",
    "target": "extra.target",
    "payload": "extra.payload",
    "event_category": "extra.event_kind",
    "event_actor": "extra.actor",
    "event_target": "extra.target",
    "event_payload": "extra.payload",
    "agent_rig": "extra.rig",
    "rig": "extra.rig",
    "pinned": "extra.pinned",
}
"""What an issue of the file may have, and the fields of the request that it stands for."""
_SOURCES = ("from", "issue", "from_key", "from_id", "issue_id", "source")
_TARGETS = ("to", "needs", "to_key", "to_id", "depends_on_id", "depends_on", "target")
_KINDS = ("type", "kind")


def create_graph(session: Session, given: Mapping[str, Any]) -> None:
    """Make the issues of a file, all of them or none.

    Raises:
        InvalidField: the file is no graph, or has a field that is unknown.
    """
    nodes, edges = _graph(session.read_text(given["graph"]))
    session.visit(given["repo"])
    shared = {"owner": session.world.owner(), "force": given["force"]}
    issues = [_planned(_name(node, n), node, shared) for n, node in enumerate(nodes, start=1)]
    if given["validate"]:
        for each in issues:
            written = f"{each.issue.description}\n{each.issue.acceptance_criteria}"
            markdown.require_sections(each.issue.issue_type, written)
    request = CreateGraph(
        issues=issues, edges=[_edge(each) for each in edges], dry_run=given["dry_run"]
    )
    ids = session.run(request).ids
    if given["dry_run"]:
        _show_plan(session, request)
    elif given["silent"]:
        session.write("".join(f"{each}\n" for each in ids.values()))
    else:
        titles = {each.name: text.line(each.issue.title) for each in issues}
        lines = [f"Created {len(ids)} issues"]
        lines += [f"  {text.line(name)} → {each}: {titles[name]}" for name, each in ids.items()]
        session.show({"ids": ids}, "\n".join(lines))


def _show_plan(session: Session, request: CreateGraph) -> None:
    nodes = [
        {
            "key": each.name,
            "title": each.issue.title,
            "type": each.issue.issue_type,
            "priority": each.issue.priority,
        }
        | ({"parent": each.issue.parent} if each.issue.parent else {})
        for each in request.issues
    ]
    edges = len(request.edges) + sum(len(each.issue.dependencies) for each in request.issues)
    shown = {"dry_run": True, "node_count": len(nodes), "edge_count": edges, "nodes": nodes}
    lines = [f"Would create {len(nodes)} issues with {edges} edges"]
    lines += [f"  {text.line(each.name)}: {text.line(each.issue.title)}" for each in request.issues]
    session.show(shown, "\n".join(lines))


# -- reading


def _graph(content: str) -> tuple[list[Any], list[Any]]:
    """Return the issues and the edges of a file, as they stand there."""
    whole = _decoded(content)
    if isinstance(whole, dict) and not _is_list_of(whole):
        whole = [whole]
    if isinstance(whole, list):
        nodes = [each for each in whole if not _is_edge(each)]
        return _objects(nodes), _objects([each for each in whole if _is_edge(each)])
    _require_known(whole, ("issues", "nodes", "edges", "dependencies", "commit_message"), "file")
    nodes = whole.get("issues", whole.get("nodes", []))
    edges = whole.get("edges", whole.get("dependencies", []))
    if not isinstance(nodes, list) or not isinstance(edges, list) or not nodes:
        raise InvalidField(
            "The issues of a graph are a list of one or more", hint=_HINT, field="graph"
        )
    return _objects(nodes), _objects(edges)


_HINT = (
    'Use {"issues": [{"name": "a", "title": "A"}, {"name": "b", "title": "B", "needs": ["a"]}]}.'
)


def _is_list_of(whole: dict[str, Any]) -> bool:
    return "issues" in whole or "nodes" in whole


def _is_edge(each: object) -> bool:
    return isinstance(each, dict) and "title" not in each and any(n in each for n in _SOURCES)


def _objects(found: list[Any]) -> list[Any]:
    for n, each in enumerate(found, start=1):
        if not isinstance(each, dict) or not all(isinstance(key, str) for key in each):
            raise InvalidField(f"Entry {n} of the graph is no object", hint=_HINT, field="graph")
    return found


def _decoded(content: str) -> Any:  # noqa: ANN401 -- any JSON
    """Read JSON, JSON Lines, or YAML."""
    if not content.strip():
        raise InvalidField("The graph is empty", hint=_HINT, field="graph")
    if content.lstrip()[0] not in "{[":
        return _yaml(content)
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError) as error:
        lines = [each for each in content.splitlines() if each.strip()]
        try:
            return [msgspec.json.decode(each) for each in lines]
        except (msgspec.DecodeError, RecursionError):
            raise InvalidField(
                f"The graph is not JSON: {error}", hint=_HINT, field="graph"
            ) from error


def _yaml(content: str) -> Any:  # noqa: ANN401 -- any YAML
    import yaml

    try:
        found = yaml.safe_load(content)
    except yaml.YAMLError as error:
        where = " ".join(str(error).split())
        raise InvalidField(f"The graph is not YAML: {where}", hint=_HINT, field="graph") from error
    if not isinstance(found, (dict, list)):
        raise InvalidField("The file holds no graph", hint=_HINT, field="graph")
    return found


def _require_known(given: dict[str, Any], known: Iterable[str], where: str) -> None:
    for name in given:
        if name not in known:
            raise InvalidField(
                f'In "{where}": there is no field "{name[:60]}"',
                hint=nearest_hint(name, sorted(known)),
                field=name[:60],
            )


def _name(node: dict[str, Any], number: int) -> str:
    found = [node[each] for each in _NAME if each in node] or [node.get("id", "")]
    if len(found) != 1 or not isinstance(found[0], str) or not found[0].strip():
        raise InvalidField(
            f"Issue {number} of the graph has no name", hint='Use "name": "a".', field="name"
        )
    return found[0]


def _planned(name: str, node: dict[str, Any], shared: dict[str, Any]) -> PlannedIssue:
    _require_known(node, (*_FIELDS, *_NAME, "status"), name)
    status = node.get("status") or ""
    if not isinstance(status, str):
        raise InvalidField(
            f'In "{name}": a status is a name', hint='Use "status": "open".', field="status"
        )
    return PlannedIssue(name=name, issue=_issue(name, node, shared), status=status)


def _issue(name: str, node: dict[str, Any], shared: dict[str, Any]) -> CreateIssue:
    fields: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for key, value in node.items():
        field = _FIELDS.get(key, "")
        if value is None or not field:
            continue
        if field in fields and field != "dependencies":
            raise InvalidField(f'In "{name}": {field} is there twice', hint=_HINT, field=field)
        if field.startswith("extra."):
            extra[field.removeprefix("extra.")] = value
        elif field == "dependencies":
            fields[field] = fields.get(field, []) + _needs(name, value)
        else:
            fields[field] = _value(field, value)
    try:
        return msgspec.convert(
            {"extra": extra, **shared, **fields}, CreateIssue, builtin_types=(), strict=True
        )
    except msgspec.ValidationError as error:
        raise InvalidField(f'In "{name}": {error}', hint=_HINT, field="graph") from error


def _value(field: str, value: Any) -> Any:  # noqa: ANN401 -- any JSON
    if field == "priority":
        return PRIORITY.convert(value, None, None)
    if field == "labels" and isinstance(value, str):
        return split_words((value,))
    if field in ("due_at", "defer_until"):
        return times.given_time(value if isinstance(value, str) else f"{value}", field)
    return value


def _needs(name: str, value: Any) -> list[str]:  # noqa: ANN401 -- any JSON
    """Read what an issue needs: names, `type:name`, or objects with a target and a type."""
    found = split_words((value,)) if isinstance(value, str) else value
    if not isinstance(found, list):
        raise InvalidField(f'In "{name}": what it needs is no list', hint=_HINT, field="needs")
    return [each if isinstance(each, str) else _need(name, each) for each in found]


def _need(name: str, value: Any) -> str:  # noqa: ANN401 -- any JSON
    if not isinstance(value, dict):
        raise InvalidField(f'In "{name}": a need is a name', hint=_HINT, field="needs")
    _require_known(value, (*_TARGETS, *_KINDS), name)
    return f"{_one(value, _KINDS, 'type') or 'blocks'}:{_one(value, _TARGETS, 'target')}"


def _edge(value: dict[str, Any]) -> PlannedEdge:
    _require_known(value, (*_SOURCES, *_TARGETS, *_KINDS), "edges")
    source, target = _one(value, _SOURCES, "from"), _one(value, _TARGETS, "to")
    if not source or not target:
        raise InvalidField(
            "An edge lacks one of its ends",
            hint='Use {"from": "b", "to": "a"}: b needs a.',
            field="edges",
        )
    return PlannedEdge(issue=source, needs=target, kind=_one(value, _KINDS, "type") or "blocks")


def _one(value: dict[str, Any], names: tuple[str, ...], what: str) -> str:
    """Return the one text under any of several names."""
    found = [value[each] for each in names if value.get(each) is not None]
    if len(found) > 1 or not all(isinstance(each, str) for each in found):
        raise InvalidField(f"The {what} of an edge is one name", hint=_HINT, field=what)
    return found[0] if found else ""
