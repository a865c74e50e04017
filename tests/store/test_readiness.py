"""The index of readiness where one change moves several things at once."""

import json

from beadwork.ops.issue_state import CloseIssue
from beadwork.ops.issue_update import UpdateIssue
from beadwork.ops.record_file import ImportFile
from tests.support import Project, query


def held_up(project: Project, issue: str) -> int:
    """Read how many parents of an issue are held."""
    ((count,),) = query(project.place, "SELECT held_up FROM issue WHERE id = ?", issue)
    return int(count)


def line(issue_id: str, *edges: tuple[str, str], gate: str = "", status: str = "open") -> str:
    """Write the line of an issue that needs others."""
    made = "2025-12-01T00:00:00Z"
    dependencies = [
        {
            "issue_id": issue_id,
            "depends_on_id": target,
            "type": kind,
            **({"metadata": json.dumps({"gate": gate})} if kind == "waits-for" else {}),
        }
        for target, kind in edges
    ]
    record = {"id": issue_id, "title": issue_id, "status": status, "priority": 1}
    record |= {"created_at": made, "updated_at": made, "dependencies": dependencies}
    return json.dumps(record)


def test_a_child_whose_coming_holds_its_own_parents_is_counted_once(project: Project) -> None:
    lines = [
        line("px-g", ("px-p", "waits-for"), gate="all-children"),
        line("px-p", ("px-g", "parent-child")),
    ]
    project.run(ImportFile(text="\n".join(lines)))
    child = project.create("child", parent="px-p")
    # The grandparent waits for it, so its parent is held up, so it is held up, once.
    assert held_up(project, child) == 1
    assert project.wrong_rows() == 0
    project.run(CloseIssue(issue=child, force=True))
    assert held_up(project, child) == 0
    assert project.wrong_rows() == 0


def test_a_child_whose_coming_frees_its_own_parents_is_not_freed_twice(project: Project) -> None:
    lines = [
        line("px-g", ("px-p", "waits-for"), gate="any-children"),
        line("px-p", ("px-g", "parent-child")),
        line("px-c", status="closed"),
    ]
    project.run(ImportFile(text="\n".join(lines)))
    assert held_up(project, "px-p") == 1
    project.run(UpdateIssue(issue="px-c", parent="px-p"))
    assert held_up(project, "px-p") == held_up(project, "px-c") == 0
    assert project.wrong_rows() == 0


def test_a_parent_edge_that_turns_inert_takes_all_it_did_with_it(project: Project) -> None:
    # The parent waits for its own children; then it turns out to have been the child's child.
    parent = json.loads(line("px-p", ("px-x", "waits-for")))
    parent["dependencies"][0]["metadata"] = json.dumps({"spawner_id": "px-p"})
    parent["stamps"] = {"*": "1000.0.aa"}
    child = json.loads(line("px-c", ("px-p", "parent-child")))
    child["stamps"] = {"*": "3000.0.aa"}
    project.run(ImportFile(text="\n".join(map(json.dumps, (parent, child)))))
    assert held_up(project, "px-c") == 1
    edge = {"issue_id": "px-p", "depends_on_id": "px-c", "type": "parent-child"}
    parent["dependencies"].append(edge)
    parent["stamps"]["dependencies"] = {"px-c": {"parent-child": "2000.0.aa"}}
    project.run(ImportFile(text=json.dumps(parent)))
    assert held_up(project, "px-c") == held_up(project, "px-p") == 0
    assert project.wrong_rows() == 0


def test_an_edge_written_again_elsewhere_is_known_by_its_later_stamp(project: Project) -> None:
    # Both parent edges were there before; the cycle is broken at the one that was added last.
    first = json.loads(line("px-a", ("px-b", "parent-child"))) | {"stamps": {"*": "1000.0.aa"}}
    second = json.loads(line("px-b", ("px-a", "parent-child"))) | {"stamps": {"*": "2000.0.aa"}}
    project.run(ImportFile(text="\n".join(map(json.dumps, (first, second)))))
    inert = "SELECT s.id FROM edge e JOIN issue s ON s.n = e.src WHERE e.inert = 1"
    assert query(project.place, inert) == [("px-b",)]
    first["stamps"]["dependencies"] = {"px-b": {"parent-child": "3000.0.bb"}}
    project.run(ImportFile(text=json.dumps(first)))
    assert query(project.place, inert) == [("px-a",)]
    assert project.wrong_rows() == 0


def test_an_edge_written_again_elsewhere_means_the_birth_that_was_meant_there(
    project: Project,
) -> None:
    early = json.loads(line("px-t")) | {"created_at": "2025-01-01T00:00:00Z"}
    early["stamps"] = {"*": "1000.0.aa"}
    late = early | {"created_at": "2025-02-01T00:00:00Z", "title": "the other one"}
    source = json.loads(line("px-s", ("px-t", "blocks"))) | {"stamps": {"*": "1000.0.aa"}}
    project.run(ImportFile(text="\n".join(map(json.dumps, (early, late, source)))))
    meant = "SELECT d.title FROM edge e JOIN issue d ON d.n = e.dst"
    assert query(project.place, meant) == [("px-t",)]
    mark = ["2000.0.bb", "1000.0.aa", "2025-02-01T00:00:00Z"]
    source["stamps"]["dependencies"] = {"px-t": {"blocks": mark}}
    project.run(ImportFile(text=json.dumps(source)))
    assert query(project.place, meant) == [("the other one",)]
