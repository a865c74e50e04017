"""The reference is fresh, and every operation says what it needs to say."""

import importlib
import pkgutil
from pathlib import Path

import msgspec
import pytest

import beadwork.ops
from beadwork.doors.reference import pages, write
from beadwork.model.errors import BeadworkError, UnknownIssue, by_code
from beadwork.model.issue import KNOWN_FIELDS
from beadwork.ops.filtered import Filtered
from beadwork.ops.operation import Operation, Request
from beadwork.ops.table import PLACES, operation_of, operations

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "operations"

OBVIOUS = {
    *KNOWN_FIELDS,  # docs/classic-bd.md says what a field of the record is
    "add_labels", "append_notes", "author", "commit", "digest", "direction", "ids",
    "include_deferred", "include_gates", "include_templates", "kind", "limit", "max_depth",
    "needs", "no_assignee", "no_labels", "parent", "priority_max", "priority_min", "reason",
    "remove", "remove_labels", "reverse", "session", "set_labels", "signature", "text",
    "title_contains", "unassigned", "waits_for_gate",
}  # fmt: skip
"""Names of fields that need no description."""

# A ratchet: fields that should be described and are not. It shrinks, it does not grow.
UNDESCRIBED = {
    "dependency.add claim_epoch",
    "dependency.remove claim_epoch",
    "issue.provides capability",
    "issue.update extra",
    "record.note_export changed",
    "record.note_export to_seq",
}

every_operation = pytest.mark.parametrize("op", operations(), ids=lambda op: op.name)


def described(hint: object) -> bool:
    """Tell whether a type annotation carries a description, at any depth."""
    if isinstance(hint, msgspec.Meta):
        return bool(hint.description)
    inner = getattr(hint, "__metadata__", ()) + getattr(hint, "__args__", ())
    return any(described(each) for each in inner)


def bare_fields(op: Operation) -> list[str]:
    """Answer the fields of a request without a description whose names don't say enough."""
    return [
        field.name
        for field in msgspec.structs.fields(op.request)
        if not described(field.type) and field.name not in OBVIOUS
    ]


def modules_of_ops() -> list[object]:
    """Import every module of the layer."""
    names = [each.name for each in pkgutil.walk_packages(beadwork.ops.__path__, "beadwork.ops.")]
    return [importlib.import_module(name) for name in names]


def test_the_reference_is_fresh() -> None:
    there = {path.name: path.read_text(encoding="utf-8") for path in REFERENCE.glob("*.md")}
    assert there == pages(), "run `make docs`"


def test_the_reference_is_written_whole_and_what_is_gone_is_removed(tmp_path: Path) -> None:
    (tmp_path / "gone.md").write_text("An operation that is no more.")
    write(tmp_path)
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == pages()


def test_every_operation_of_the_layer_is_in_the_table() -> None:
    found = {
        id(value): value.name
        for module in modules_of_ops()
        for value in vars(module).values()
        if isinstance(value, Operation)
    }
    listed = {id(op) for op in operations()}
    assert not {name for key, name in found.items() if key not in listed}
    assert len(found) == len(listed) == len(PLACES), "each is listed once"


def test_every_operation_is_listed_under_its_own_name() -> None:
    assert [op.name for op in operations()] == sorted(PLACES)


def test_every_request_belongs_to_one_operation() -> None:
    found = {
        value
        for module in modules_of_ops()
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Request)
        and value not in (Request, Filtered)
    }
    assert {operation_of(each).request for each in found} == found
    assert len(found) == len(PLACES), "one request, one operation"


@every_operation
def test_a_name_is_a_noun_and_a_verb_in_lower_case(op: Operation) -> None:
    noun, _, verb = op.name.partition(".")
    assert noun.isidentifier()
    assert verb.isidentifier()
    assert op.name == op.name.lower()


@every_operation
def test_an_operation_has_a_summary_of_sentences(op: Operation) -> None:
    first = op.summary.splitlines()[0]
    assert first[0].isupper()
    assert first.endswith(".")
    assert (op.response.__doc__ or "").strip().endswith("."), "the answer is documented"


@every_operation
def test_the_example_decodes_as_the_request(op: Operation) -> None:
    text = msgspec.json.encode(op.example)
    request = msgspec.json.decode(text, type=op.request)
    assert type(request) is op.request


@every_operation
def test_an_unknown_field_is_refused(op: Operation) -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.convert({**op.example, "no_such_field": 1}, op.request)


@every_operation
def test_request_and_response_have_json_schemas(op: Operation) -> None:
    for shape in (op.request, op.response):
        assert msgspec.json.schema(shape)["$defs"], op.name


@every_operation
def test_the_errors_of_an_operation_are_documented(op: Operation) -> None:
    assert len(set(op.raises)) == len(op.raises)
    errors = pages()["errors.md"]
    for error in op.raises:
        assert issubclass(error, BeadworkError)
        assert by_code()[error.code] is error, "a code stands for one error"
        assert f"\n## {error.code}\n" in errors


@every_operation
def test_whoever_takes_the_name_of_an_issue_may_not_find_it(op: Operation) -> None:
    fields = [field.name for field in msgspec.structs.fields(op.request)]
    if "issue" in fields:
        assert UnknownIssue in op.raises


def test_every_error_says_what_happened() -> None:
    for error in by_code().values():
        first = (error.__doc__ or "").strip().splitlines()[0]
        assert first.endswith("."), error.__name__
        assert error.exit_code in (2, 3, 4, 5, 70), error.__name__
    codes = [each.code for each in subclasses(BeadworkError)]
    assert len(codes) == len(set(codes)), "a code stands for one error"


def subclasses(base: type[BeadworkError]) -> list[type[BeadworkError]]:
    """Answer a class and all below it."""
    return [base] + [leaf for each in base.__subclasses__() for leaf in subclasses(each)]


@every_operation
def test_a_field_is_described_or_has_an_obvious_name(op: Operation) -> None:
    bare = {f"{op.name} {name}" for name in bare_fields(op)}
    assert not bare - UNDESCRIBED


def test_the_ratchet_of_undescribed_fields_shrinks() -> None:
    bare = {f"{op.name} {name}" for op in operations() for name in bare_fields(op)}
    assert not UNDESCRIBED - bare, "described now, or gone: strike them"
