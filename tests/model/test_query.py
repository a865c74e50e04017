"""The query language: what is understood, where it is wrong, and what matches."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beadwork.model.errors import InvalidQuery
from beadwork.model.issue import Comment, Issue
from beadwork.model.query import All, comparisons, parse, shown
from beadwork.model.query_fields import FIELDS, Subject, field_of
from beadwork.model.query_match import Asking, matcher_of

NOW_US = 1_767_960_000_000_000  # 2026-01-09T12:00:00Z
BUG = Issue(
    id="px-a3f",
    title="Login page breaks",
    description="It fails with a timeout",
    notes="seen twice",
    status="open",
    priority=1,
    issue_type="bug",
    assignee="Bob",
    owner="ann@x.org",
    labels=["ui", "Tech-debt"],
    created_at="2026-01-05T08:00:00Z",
    updated_at="2026-01-08T08:00:00Z",
    due_at="2026-01-12T00:00:00Z",
    spec_id="spec/login",
    pinned=True,
    mol_type="swarm",
    metadata={"team": "web", "points": 5, "deep": {"er": True}, "tags": ["a", "b"]},
    comments=[Comment(author="eve", text="me too")],
)


def matches(
    expression: str, issue: Issue = BUG, parent: str | None = "px-e", zone: int = 0
) -> bool:
    """Tell whether an issue is what an expression asks for."""
    asking = Asking(expression, NOW_US, zone)
    return matcher_of(parse(expression), asking)(Subject(issue, parent))


@pytest.mark.parametrize(
    ("expression", "understood"),
    [
        ("status=open", "status=open"),
        ("STATUS = Open", "status=Open"),
        ("a_b", None),
        ("status=open AND priority>1", "(status=open AND priority>1)"),
        ("status=open and priority>1 And type=bug", "((status=open AND priority>1) AND type=bug)"),
        ("id=a OR id=b AND id=c", "(id=a OR (id=b AND id=c))"),
        ("(id=a OR id=b) AND id=c", "((id=a OR id=b) AND id=c)"),
        ("NOT id=a AND id=b", "(NOT id=a AND id=b)"),
        ("NOT (id=a AND id=b)", "NOT (id=a AND id=b)"),
        ("NOT NOT id=a", "NOT NOT id=a"),
        ("!id=a && id=b || id=c", "((NOT id=a AND id=b) OR id=c)"),
        ("labels=a,b , c", "label=a,b,c"),
        ("created_at<>2026-01-01", "created!=2026-01-01"),
        ("priority==1", "priority=1"),
        ('title="a \\"b\\" c"', 'title="a \\"b\\" c"'),
        ("title='AND'", "title=AND"),
        ("desc=''", 'description=""'),
        ("created>2026-01-01T10:00:00+02:00", "created>2026-01-01T10:00:00+02:00"),
        ("metadata.team=web", "metadata.team=web"),
    ],
)
def test_a_query_is_understood(expression: str, understood: str | None) -> None:
    if understood is None:
        with pytest.raises(InvalidQuery):
            parse(expression)
    else:
        assert shown(parse(expression)) == understood


@pytest.mark.parametrize(
    ("expression", "position", "words"),
    [
        ("", 0, "empty"),
        ("   ", 3, "empty"),
        ("status", 6, "operator"),
        ("status open", 7, "operator"),
        ("status=", 7, "value"),
        ("status=open AND", 15, "ends"),
        ("AND status=open", 0, "before"),
        ("status=open priority=1", 12, "not expected"),
        ("(status=open", 12, "( at character 1"),
        ("status=open)", 11, "too many"),
        ("prioritty=1", 0, "no field"),
        ("status:open", 0, "no field"),
        ("title='x", 6, "quote"),
        ("a=1 & b=2", 4, "means nothing"),
        ("priority>1,2", 11, "one value"),
        ("=open", 0, "field is expected"),
        ("status=open, AND id=a", 13, "value"),
        ("NOT", 3, "ends"),
        ("()", 1, "field is expected"),
    ],
)
def test_an_error_says_where(expression: str, position: int, words: str) -> None:
    with pytest.raises(InvalidQuery) as refused:
        parse(expression)
    error = refused.value
    assert (error.data["position"], words in error.message) == (position, True), error.message
    assert error.message.endswith(f"at character {position + 1} of the query")
    assert error.hint
    line, mark = str(error.data["caret"]).split("\n")
    assert mark.index("^") == position
    assert line == expression


def test_a_hint_names_the_nearest_field_and_the_right_sign() -> None:
    for expression, hint in (("prioritty=1", '"priority"'), ("status:open", "status=")):
        with pytest.raises(InvalidQuery) as refused:
            parse(expression)
        assert hint in refused.value.hint


def test_what_is_too_deep_is_refused_and_what_is_long_is_not() -> None:
    for deep in ("(" * 5000 + "id=a" + ")" * 5000, "NOT " * 5000 + "id=a"):
        with pytest.raises(InvalidQuery):
            parse(deep)
    node = parse(" AND ".join(["id=a"] * 5000))
    assert isinstance(node, All)
    assert len(list(comparisons(node))) == 5000
    assert shown(node).count("AND") == 4999
    assert not matches(" OR ".join(["id=a"] * 5000))


@given(st.text(alphabet=string.printable + "äß\x00😀", max_size=60))
def test_any_text_is_a_query_or_an_error_of_ours(text: str) -> None:
    try:
        node = parse(text)
        matcher_of(node, Asking(text, NOW_US))(Subject(BUG, None))
    except InvalidQuery as error:
        is_inside = 0 <= error.data["position"] <= len(text)
        if not is_inside:
            raise
        return
    assert shown(parse(shown(node))) == shown(node)


def trees() -> st.SearchStrategy[str]:
    """Make queries over three facts of which the first two hold."""
    leaves = st.sampled_from(["priority=1", "type=bug", "type=task"])
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            inner.map(lambda a: f"NOT ({a})"),
            st.tuples(inner, inner).map(lambda pair: f"({pair[0]}) AND ({pair[1]})"),
            st.tuples(inner, inner).map(lambda pair: f"({pair[0]}) OR ({pair[1]})"),
        ),
        max_leaves=12,
    )


@given(trees())
def test_the_words_between_mean_what_they_say(expression: str) -> None:
    plain = expression.replace("priority=1", "True").replace("type=bug", "True")
    plain = plain.replace("type=task", "False")
    plain = plain.replace("AND", "and").replace("OR", "or").replace("NOT", "not")
    assert matches(expression) == eval(plain)


@pytest.mark.parametrize(
    "expression",
    [
        "status=open", "status=OPEN", "status!=closed", "status=closed,open", "status!=closed,blocked",
        "priority=1", "priority=P1", "priority<2", "priority<=1", "priority>0", "priority>=1",
        "priority!=2", "priority=0,1", "type=bug", "assignee=bob", "assignee=B*", "assignee=?ob",
        "assignee!=none", "owner=ann@x.org", "owner=*@x.org", "label=ui", "label=tech-debt",
        "label=tech-*", "labels!=db", "label=db,ui", "label!=none", "title=LOGIN", 'title="page b"',
        "title=Login*", "title=*breaks", "title!=logout", "description=timeout", "desc!=none",
        "notes=twice", "design=none", "comment=too", "commenter=eve", "comments=1", "comments>0",
        "id=px-a3f", "id=px-*", "id!=px-b", "parent=px-e", "parent!=none", "parent=px*",
        "spec=spec/*", "spec_id=spec/login", "pinned=true", "pinned=yes", "pinned!=false",
        "ephemeral=false", "template=no", "mol_type=swarm", "created=2026-01-05",
        "created>2026-01-04", "created>=2026-01-05", "created<2026-01-06", "created<=2026-01-05",
        "created!=2026-01-06", "created<2026-01-05T08:00:01Z", "updated>7d", "updated>2w",
        "updated<24h", "updated=yesterday", "updated>-2d", 'updated>"2026-01-08 07:00"',
        "closed=none", "closed!=2026-01-05", "due<7d", "due>1d", "due<=2026-01-12", "defer=none",
        "due!=none", "metadata.team=web", "metadata.team=w*", "metadata.points=5",
        "metadata.points>4", "metadata.points<=5", "metadata.deep.er=true", "metadata.tags=b",
        "metadata.none=none", "metadata!=none", "estimate=none", 'assignee!=""', "NOT assignee=none",
    ],
)  # fmt: skip
def test_what_holds_is_found_and_its_contrary_is_not(expression: str) -> None:
    assert matches(expression)
    assert not matches(f"NOT ({expression})")


@pytest.mark.parametrize(
    "expression",
    [
        "status!=open", "priority>1", "priority<1", "assignee=none", "assignee=bo", "label=u",
        "label!=ui", "label=none", "title=logout", "title=page*", "created>2026-01-05T08:00:00Z",
        "created<2026-01-05", "updated<7d", "closed>2026-01-01", "closed<2027-01-01",
        "closed!=none", "defer<7d", "estimate>0", "parent=none", "pinned=false",
        "metadata.team=we", "metadata.team>3", "metadata.absent=x", "owner=none",
    ],
)  # fmt: skip
def test_what_does_not_hold_is_not_found(expression: str) -> None:
    assert not matches(expression)
    assert matches(f"NOT ({expression})")


def test_a_day_is_that_of_who_asks() -> None:
    late = Issue(id="px-1", created_at="2026-01-05T23:30:00Z")
    assert matches("created=2026-01-05", late)
    assert matches("created=2026-01-06", late, zone=3600)
    assert not matches("created=2026-01-05", late, zone=3600)


def test_a_missing_value_is_neither_more_nor_less() -> None:
    bare = Issue(id="px-1")
    assert matches("assignee=none AND due=none AND label=none AND priority=none", bare, None)
    assert not matches("priority<4 OR due<9999-01-01 OR closed>1d", bare, None)


@pytest.mark.parametrize(
    "expression",
    ["priority=9", "priority=high", "pinned=maybe", "created>soon", "comments=many", "status>open",
     "title<x", "created=7q", "created=9999999y", "pinned=none"],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_refused_at_its_place(expression: str) -> None:
    with pytest.raises(InvalidQuery) as refused:
        matches(expression)
    place = refused.value.data["position"]
    assert place in (0, max(expression.find(sign) for sign in "=<>") + 1)


def test_every_field_can_be_asked_for_and_has_no_second_meaning() -> None:
    empty = {"comments": "0", "pinned": "no", "ephemeral": "no", "template": "no"}
    for name, field in FIELDS.items():
        assert field_of(name.upper()) == field
        assert matches(f"{name}={empty.get(name, 'none')}", Issue(id=""), None), name


def test_stars_take_no_time() -> None:
    long = Issue(id="px-1", title="a" * 5000)
    assert not matches("title=" + "*a" * 40 + "b", long)
