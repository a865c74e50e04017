"""The Python client, through the daemon and without: the same calls, answers and errors."""

import contextlib
import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import apsw
import msgspec
import pytest

import beadwork
from beadwork import Client
from beadwork.client import Client as ClientClass
from beadwork.client import messages
from beadwork.client.following import Following
from beadwork.client.means import Means
from beadwork.client.messages import Messages
from beadwork.model.claim import Holder
from beadwork.model.errors import (
    BeadworkError,
    ClaimLost,
    CursorExpired,
    DependencyCycle,
    Fault,
    InvalidField,
    InvalidRequest,
    KeyReused,
    NoDaemon,
    NoStore,
    Unavailable,
    UnknownIssue,
    UnknownOperation,
    by_code,
)
from beadwork.ops.claim import ClaimIssue, ClaimReady
from beadwork.ops.dependency import AddDependency
from beadwork.ops.event import Event
from beadwork.ops.issue import ListIssues, ShowIssue
from beadwork.ops.issue_create import Created, CreateIssue
from beadwork.ops.issue_state import CloseIssue
from beadwork.ops.record_file import ExportFile, ImportFile
from beadwork.ops.table import operations
from tests.daemon.clients import (
    Site,
    killed_again_and_again,
    site_of,
    titles,
)
from tests.daemon.running import until
from tests.doors.program import Bd

# -- the same both ways


def test_a_client_works_from_claim_to_close_and_flushes_the_file(site: Site) -> None:
    with site.client(session="s-1") as client:
        client.call(CreateIssue(title="Work"))
        claimed = client.call(ClaimReady())
        assert claimed.issue is not None
        client.call(CloseIssue(issue=claimed.issue.id, reason="Done"))
        client.flush()
    lines = site.bd.records.read_text(encoding="utf-8").splitlines()
    (record,) = map(json.loads, lines)
    assert (record["status"], record["created_by"]) == ("closed", "agent-1")


def test_a_file_that_can_t_be_written_at_the_end_is_warned_of_and_no_error(bd: Bd) -> None:
    client = Site(bd, None).client()
    made = client.call(CreateIssue(title="Durable")).issue.id
    bd.records.unlink(missing_ok=True)
    bd.records.mkdir()
    with pytest.warns(UserWarning, match="file was not written"):
        client.close()
    bd.records.rmdir()
    with Site(bd, None).client() as again:
        assert again.call(ShowIssue(issue=made)).details.issue.title == "Durable"


def test_an_error_in_a_with_statement_is_what_comes_out_of_it(bd: Bd) -> None:
    def work() -> None:
        with Site(bd, None).client() as client:
            client.call(CreateIssue(title="Durable"))
            bd.records.unlink(missing_ok=True)
            bd.records.mkdir()
            raise LookupError

    with pytest.warns(UserWarning, match="file was not written"), pytest.raises(LookupError):
        work()


def test_every_error_comes_as_its_own_class(site: Site) -> None:
    with site.client() as client, site.client(actor="other") as other:
        first = client.call(CreateIssue(title="A")).issue.id
        second = client.call(CreateIssue(title="B", dependencies=[first])).issue.id
        with pytest.raises(UnknownIssue) as unknown:
            client.call(ShowIssue(issue="px-none"))
        assert "px-none" in unknown.value.message
        assert unknown.value.hint
        with pytest.raises(DependencyCycle):
            client.call(AddDependency(issue=first, needs=second))
        client.call(ClaimIssue(issue=first))
        with pytest.raises(ClaimLost) as lost:
            other.call(ClaimIssue(issue=first))
        assert lost.value.data
        assert lost.value.exit_code == 4
        with pytest.raises(InvalidRequest):
            client.call(ClaimIssue(issue=first, lease_s=-5))
        with pytest.raises(UnknownOperation):
            client.call_name("issue.crate", {})
        with pytest.raises(InvalidRequest):
            client.call_name("issue.create", {"titel": "x"})


def test_a_key_makes_a_call_safe_to_repeat(site: Site) -> None:
    with site.client() as client:
        first = client.call(CreateIssue(title="Once"), key="k")
        assert client.call(CreateIssue(title="Once"), key="k") == first
        with pytest.raises(KeyReused):
            client.call(CreateIssue(title="Other"), key="k")
        assert titles(client) == ["Once"]
        assert client.call(CreateIssue(title="Once")) != first


def test_calls_by_name_answer_as_typed_ones(site: Site) -> None:
    with site.client() as client:
        created = client.call_name("issue.create", {"title": "Named"})
        assert isinstance(created, Created)
        shown = client.call_name("issue.show", {"issue": created.issue.id})
        assert shown == client.call(ShowIssue(issue=created.issue.id))


def test_each_of_several_writes_succeeds_or_fails_by_itself(site: Site) -> None:
    with site.client() as client:
        answers = client.call_each(
            [CreateIssue(title="One"), CreateIssue(title=""), CloseIssue(issue="px-none")]
        )
        assert isinstance(answers[0], Created)
        assert isinstance(answers[1], InvalidRequest)
        assert isinstance(answers[2], UnknownIssue)
        assert client.call_each([]) == []
        with pytest.raises(InvalidRequest):
            client.call_each([CreateIssue(title="Two"), ListIssues()])
        assert titles(client) == ["One"]


def test_a_batch_is_done_whole_or_not_at_all(site: Site) -> None:
    with site.client() as client:
        answers = client.batch(
            [CreateIssue(title="Design"), CreateIssue(title="Build", dependencies=["$0.id"])],
            key="plan",
        )
        assert [type(each) for each in answers] == [Created, Created]
        with pytest.raises(UnknownIssue) as failed:
            client.batch([CreateIssue(title="Lost"), CloseIssue(issue="px-none")])
        assert failed.value.data["position"] == 1
        assert titles(client) == ["Build", "Design"]


def test_what_others_wrote_into_the_file_is_seen_by_the_next_call(site: Site) -> None:
    line = '{"id":"px-a","title":"Theirs","created_at":"2025-01-01T00:00:00Z"}\n'
    with site.client() as client:
        assert titles(client) == []
        site.bd.records.write_text(line, encoding="utf-8")
        assert titles(client) == ["Theirs"]
        site.bd.records.write_text(line + line.replace("px-a", "px-b"), encoding="utf-8")
        client.call(CloseIssue(issue="px-b"))


def test_a_request_over_the_limit_is_refused_before_it_is_sent(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.client() as client:
        issue = client.call(CreateIssue(title="Short")).issue.id
        if site.way == "off":
            return
        monkeypatch.setattr(messages, "REQUEST_BYTES_MAX", 1000)
        with pytest.raises(InvalidRequest):
            client.call(CreateIssue(title="Long", description="x" * 1000))
        assert client.call(ShowIssue(issue=issue)).details.issue.title == "Short"


def test_threads_share_a_client(site: Site) -> None:
    failures: list[BaseException] = []

    with site.client() as client:

        def work(name: str) -> None:
            try:
                for number in range(10):
                    title = f"{name}-{number}"
                    assert client.call(CreateIssue(title=title)).issue.title == title
            except BaseException as error:  # noqa: BLE001 -- told to the test
                failures.append(error)

        threads = [threading.Thread(target=work, args=(f"t{n}",)) for n in range(6)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert failures == []
        assert len(titles(client)) == 60


def test_events_are_followed_from_a_cursor_on_and_from_now_on(site: Site) -> None:
    with site.client() as client:
        start = client.cursor()
        first = client.call(CreateIssue(title="Before")).issue.id
        with client.follow(wait_s=60) as later, client.follow(start, wait_s=60) as all_of_them:
            second = client.call(CreateIssue(title="After")).issue.id
            assert next(later).issue_id == second
            assert [next(all_of_them).issue_id for _ in range(2)] == [first, second]
            assert all_of_them.cursor == client.cursor()
        with client.follow(start, issues=[second], wait_s=60) as only:
            assert next(only).issue_id == second
        with client.follow(start, wait_s=0.3) as ending:
            assert [each.issue_id for each in ending] == [first, second]


def test_who_follows_is_told_that_events_are_missing(site: Site) -> None:
    with site.client() as client:
        client.call(CreateIssue(title="One"))
        client.call(CreateIssue(title="Two"))
        last = client.cursor()
        with client.follow(last + 1, wait_s=60) as beyond, pytest.raises(CursorExpired):
            next(beyond)
        connection = apsw.Connection(str(site.bd.beads / "beadwork.db"))
        connection.execute("INSERT INTO setting VALUES ('events_gone_to', ?)", (str(last),))
        connection.close()
        with client.follow(last - 1, wait_s=60) as older, pytest.raises(CursorExpired):
            next(older)
        with client.follow(0, wait_s=60) as all_of_them:
            assert next(all_of_them).seq == 1


def test_what_no_client_may_ask_is_refused_in_the_same_words(site: Site) -> None:
    with pytest.raises(InvalidField), site.client(actor=" "):
        pass
    with site.client() as client:
        with pytest.raises(InvalidRequest):
            next(iter(client.follow(-1, wait_s=0.1)))
        with pytest.raises(BeadworkError) as refused:
            client.call(CreateIssue(title="\ud800"), key="k")
        assert not isinstance(refused.value, Fault)


def test_a_path_is_one_of_the_callers(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    with site.client() as client:
        client.call(CreateIssue(title="One"))
        client.call(ExportFile(path="copy.jsonl"))
        assert (here / "copy.jsonl").is_file()
        assert client.call(ImportFile(path="copy.jsonl")).report.lines == 1


def test_a_relative_path_means_nothing_to_the_daemon(served: Site) -> None:
    assert served.daemon is not None
    refused = served.daemon.ask("record.export", {"path": "copy.jsonl"})
    assert refused["code"] == "request.invalid"


def test_a_closed_client_follows_nothing(site: Site) -> None:
    with site.client() as client:
        client.call(CreateIssue(title="One"))
    with pytest.raises(Unavailable):
        list(client.follow(0, wait_s=0.1))


def test_a_closed_client_says_so(site: Site) -> None:
    client = site.client()
    client.close()
    client.close()
    with pytest.raises(Unavailable):
        client.call(ListIssues())


# -- finding the daemon


def test_without_a_daemon_required_refuses_and_auto_goes_on_by_itself(bd: Bd) -> None:
    with pytest.raises(NoDaemon):
        Client(str(bd.folder), daemon="required")
    with Client(str(bd.folder), daemon="auto") as client:
        client.call(CreateIssue(title="Alone"))
        assert titles(client) == ["Alone"]


def test_auto_uses_a_daemon_that_is_there_and_one_that_comes_later(bd: Bd) -> None:
    with Client(str(bd.folder)) as client:
        client.call(CreateIssue(title="Alone"))
        with site_of(bd, "daemon") as site:
            client.call(CreateIssue(title="Together"))
            counted = site.daemon.data("metrics")["operations"]
            assert "issue.create" in {each["operation"] for each in counted}
        client.call(CreateIssue(title="Alone again"))
        assert titles(client) == ["Alone", "Alone again", "Together"]


def test_the_environment_switches_the_daemon_off(
    served: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEADS_NO_DAEMON", "1")
    with Client(served.path) as client:
        client.call(CreateIssue(title="Alone"))
    counted = served.daemon.data("metrics")["operations"]
    assert "issue.create" not in {each["operation"] for each in counted}


def test_the_setting_required_holds_for_auto_and_not_for_off(bd: Bd) -> None:
    with (bd.beads / "config.yaml").open("a", encoding="utf-8") as file:
        file.write("\ndaemon: required\n")
    with pytest.raises(NoDaemon):
        Client(str(bd.folder))
    with Client(str(bd.folder), daemon="off") as client:
        client.call(CreateIssue(title="Alone"))
        with site_of(bd, "daemon"), Client(str(bd.folder)) as other:
            assert titles(other) == ["Alone"]


def test_a_foreign_word_and_a_folder_without_a_store_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidField):
        Client(str(tmp_path), daemon="maybe")  # type: ignore[arg-type] # it is wrong
    with pytest.raises(NoStore):
        Client(str(tmp_path))


# -- a daemon that goes away


def test_a_call_after_a_restart_goes_on(served: Site) -> None:
    with served.client() as client:
        client.call(CreateIssue(title="One"))
        served.daemon.kill()
        served.daemon.start()
        client.call(CreateIssue(title="Two"))
        assert titles(client) == ["One", "Two"]


def test_auto_goes_on_alone_under_the_same_key_when_the_daemon_died(served: Site) -> None:
    with served.client(daemon="auto") as client:
        first = client.call(CreateIssue(title="One"), key="k")
        served.daemon.kill()
        assert client.call(CreateIssue(title="One"), key="k") == first
        assert titles(client) == ["One"]


@pytest.mark.slow
@pytest.mark.parametrize("daemon", ["auto", "required"])
def test_killed_at_any_moment_nothing_is_lost_and_nothing_done_twice(
    served: Site, daemon: str
) -> None:
    done: list[str] = []
    with served.client(daemon=daemon, reconnect_s=60) as client, _follower(client) as told:
        with killed_again_and_again(served.daemon, rounds=12, done=done) as is_over:
            while not is_over.is_set():
                title = f"issue-{len(done)}"
                assert client.call(CreateIssue(title=title)).issue.title == title
                done.append(title)
        assert titles(client) == sorted(done)
        until(lambda: len(told) >= len(done))
    assert [each.seq for each in told] == sorted({each.seq for each in told})
    assert len({each.issue_id for each in told}) == len(told) == len(done)


@contextlib.contextmanager
def _follower(client: ClientClass) -> Iterator[list[Event]]:
    """Follow in a thread of its own; what is told is in the list, until the end."""
    told: list[Event] = []
    is_over = threading.Event()

    def run(following: Following) -> None:
        while not is_over.is_set():
            told.extend(each for each in following if each.kind == "created")
            following = client.follow(following.cursor, wait_s=0.2)

    thread = threading.Thread(target=run, args=(client.follow(wait_s=0.2),))
    thread.start()
    try:
        yield told
    finally:
        is_over.set()
        thread.join()


def test_a_daemon_that_does_not_answer_in_time_is_given_up(served: Site) -> None:
    with served.client(timeout_s=0.2) as client:
        os.kill(served.daemon.pid, signal.SIGSTOP)
        try:
            with pytest.raises(Unavailable) as late:
                client.call(CreateIssue(title="Late"), key="k")
        finally:
            os.kill(served.daemon.pid, signal.SIGCONT)
        assert late.value.data["key"] == "k"
    with served.client() as client:
        client.call(CreateIssue(title="Late"), key="k")
        assert titles(client) == ["Late"]


def test_a_daemon_with_a_follower_ends_without_delay(served: Site) -> None:
    with served.client(daemon="auto") as client, client.follow(wait_s=60) as following:
        client.call(CreateIssue(title="One"))
        assert next(following).kind == "created"
        assert served.daemon.stop() == 0
        issue = client.call(CreateIssue(title="Two")).issue.id
        assert next(following).issue_id == issue


# -- what goes over the socket


def test_every_answer_can_be_read_back() -> None:
    for each in operations():
        msgspec.json.Decoder(each.response)


@pytest.mark.parametrize("code", sorted(by_code()))
def test_each_error_keeps_its_class_and_all_that_it_says(code: str) -> None:
    error = by_code()[code]("It failed", hint="Do this.", id="px-a", n=3)
    error.data |= {"message": "also a word", "hint": "and so is this"}
    line = msgspec.json.encode({"success": False, **error.as_json(), "request_id": 1})
    with pytest.raises(BeadworkError) as raised:
        _asked().response(ShowIssue(issue="px-a"), line)
    assert type(raised.value) is by_code()[code]
    assert raised.value.as_json() == error.as_json()


def test_an_unknown_error_keeps_what_it_says() -> None:
    line = b'{"success":false,"error":"New","code":"new.kind","hint":"H","data":{"a":1}}'
    with pytest.raises(BeadworkError) as raised:
        _asked().response(ShowIssue(issue="px-a"), line)
    error = raised.value
    assert (error.message, error.hint) == ("New", "H")
    assert error.data == {"a": 1, "code": "new.kind"}


def _asked() -> Messages:
    messages_of_one = Messages(_means())
    messages_of_one.request(ShowIssue(issue="px-a"), "")
    return messages_of_one


def _means() -> Means:
    def never(*_: object) -> object:
        raise AssertionError

    return Means(
        holder=Holder("agent-1"),
        mode="required",
        socket="",
        database="",
        open_engine=never,  # type: ignore[arg-type] # it is not used
        refresh=never,
        peek=never,  # type: ignore[arg-type] # it is not used
        write_logs=never,  # type: ignore[arg-type] # it is not used
        new_key=lambda: "k",
        timeout_s=1,
        reconnect_s=1,
    )


def test_the_clients_are_offered_by_name() -> None:
    assert set(beadwork.__all__) == {"AsyncClient", "Client", "__version__"}
    with pytest.raises(AttributeError):
        beadwork.Server  # noqa: B018 -- there is none
