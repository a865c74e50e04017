"""The Python client for programs with an event loop: as the other, and many at once."""

import asyncio
import os
import signal
from typing import Any

import pytest

from beadwork import AsyncClient
from beadwork.client import messages
from beadwork.client.asynchronous import AsyncClient as AsyncClientClass
from beadwork.model.errors import (
    InvalidField,
    InvalidRequest,
    NoDaemon,
    Unavailable,
    UnknownIssue,
    UnknownOperation,
)
from beadwork.ops.claim import ClaimReady
from beadwork.ops.delivery import ReceiveMessages
from beadwork.ops.issue import ListIssues, ShowIssue
from beadwork.ops.issue_create import Created, CreateIssue
from beadwork.ops.issue_state import CloseIssue
from beadwork.ops.lease import AcquireLease, ListLeases
from beadwork.ops.lease_end import ReleaseLeases
from beadwork.ops.message import SendMessage
from tests.daemon.clients import Site, killed_again_and_again, site_of
from tests.doors.program import Bd


def client_of(site: Site, **more: Any) -> AsyncClientClass:
    return AsyncClient(site.path, **{"actor": "agent-1", "daemon": site.way, **more})


async def titles(client: AsyncClientClass) -> list[str]:
    found = await client.call(ListIssues(limit=0))
    return sorted(each.issue.title for each in found.issues)


# -- the same both ways


def test_an_async_client_works_from_claim_to_close_and_flushes_the_file(site: Site) -> None:
    async def work() -> None:
        async with client_of(site, session="s-1") as client:
            await client.call(CreateIssue(title="Work"))
            claimed = await client.call(ClaimReady())
            assert claimed.issue is not None
            await client.call(CloseIssue(issue=claimed.issue.id, reason="Done"))
            await client.flush()
            await client.refresh()

    asyncio.run(work())
    assert '"status":"closed"' in site.bd.records.read_text(encoding="utf-8")


def test_an_async_client_answers_as_the_other_does(site: Site) -> None:
    async def work() -> None:
        async with client_of(site) as client:
            first = await client.call(CreateIssue(title="Once"), key="k")
            assert await client.call(CreateIssue(title="Once"), key="k") == first
            with pytest.raises(UnknownIssue) as unknown:
                await client.call(ShowIssue(issue="px-none"))
            assert unknown.value.hint
            named = await client.call_name("issue.show", {"issue": first.issue.id})
            with site.client() as other:
                assert named == other.call(ShowIssue(issue=first.issue.id))
            with pytest.raises(UnknownOperation):
                await client.call_name("issue.crate", {})
            outcomes = await client.call_each([CreateIssue(title="A"), CreateIssue(title="")])
            assert [type(each) for each in outcomes] == [Created, InvalidField]
            assert await client.call_each([]) == []
            made = await client.batch([CreateIssue(title="B"), CreateIssue(title="C")], key="b")
            assert len(made) == 2
            with pytest.raises(UnknownIssue):
                await client.batch([CreateIssue(title="Lost"), CloseIssue(issue="px-none")])
            assert await titles(client) == ["A", "B", "C", "Once"]
        with pytest.raises(Unavailable):
            await client.call(ListIssues())

    asyncio.run(work())


def test_tasks_share_an_async_client(site: Site) -> None:
    async def work() -> None:
        async with client_of(site) as client:
            made = await asyncio.gather(
                *(client.call(CreateIssue(title=f"issue-{n:02}")) for n in range(40))
            )
            assert [each.issue.title for each in made] == [f"issue-{n:02}" for n in range(40)]
            assert len(await titles(client)) == 40

    asyncio.run(work())


def test_a_call_that_is_cancelled_leaves_the_client_usable(site: Site) -> None:
    async def work() -> None:
        async with client_of(site) as client:
            for number in range(10):
                call = asyncio.create_task(client.call(CreateIssue(title=f"Cut {number}")))
                for _ in range(number):
                    await asyncio.sleep(0)
                call.cancel()
                await asyncio.gather(call, return_exceptions=True)
                made = await client.call(CreateIssue(title=f"Kept {number}"))
                assert made.issue.title == f"Kept {number}"
            kept = [each for each in await titles(client) if each.startswith("Kept")]
            assert len(kept) == 10

    asyncio.run(work())


def test_a_wait_that_is_cancelled_takes_nothing(site: Site) -> None:
    waits = (ReceiveMessages(wait_s=600), AcquireLease(names=["db"], wait_s=600))

    async def work() -> None:
        async with client_of(site) as waiting, client_of(site, actor="other") as other:
            await other.call(AcquireLease(names=["db"]))
            for each in waits:
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(waiting.call(each), 0.1)
            await other.call(SendMessage(to=["agent-1"], payload="hi"))
            await other.call(ReleaseLeases(all=True))
            received = await waiting.call(ReceiveMessages(wait_s=600))
            assert [each.message.payload for each in received.messages] == [{"text": "hi"}]
            leases = (await other.call(ListLeases())).leases
            assert leases == []

    asyncio.run(work())


def test_events_are_followed_while_others_work(site: Site) -> None:
    async def work() -> None:
        async with client_of(site) as client, client_of(site) as other:
            start = await client.cursor()
            first = (await other.call(CreateIssue(title="One"))).issue.id

            async def follow() -> list[str]:
                async with client.follow(start, wait_s=60) as following:
                    found = [await anext(following), await anext(following)]
                    return [each.issue_id for each in found]

            following = asyncio.create_task(follow())
            second = (await other.call(CreateIssue(title="Two"))).issue.id
            assert await following == [first, second]
            only = client.follow(start, issues=[second], wait_s=0.3)
            assert [each.issue_id async for each in only] == [second]
            assert [each async for each in client.follow(wait_s=0.1)] == []

    asyncio.run(work())


# -- a daemon that is not there, goes away, or does not answer


def test_without_a_daemon_required_refuses_and_auto_goes_on_by_itself(bd: Bd) -> None:
    async def work() -> None:
        with pytest.raises(NoDaemon):
            async with AsyncClient(str(bd.folder), daemon="required"):
                pass
        async with AsyncClient(str(bd.folder)) as client:
            await client.call(CreateIssue(title="Alone"))
            with site_of(bd, "daemon"):
                await client.call(CreateIssue(title="Together"))
            assert await titles(client) == ["Alone", "Together"]

    asyncio.run(work())


def test_a_request_over_the_limit_is_refused_before_it_is_sent(
    served: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work() -> None:
        async with client_of(served) as client:
            await client.call(CreateIssue(title="Short"))
            monkeypatch.setattr(messages, "REQUEST_BYTES_MAX", 1000)
            with pytest.raises(InvalidRequest):
                await client.call(CreateIssue(title="Long", description="x" * 1000))
            assert await titles(client) == ["Short"]

    asyncio.run(work())


def test_a_daemon_that_does_not_answer_in_time_is_given_up(served: Site) -> None:
    async def work() -> None:
        async with client_of(served, timeout_s=0.2) as client:
            os.kill(served.daemon.pid, signal.SIGSTOP)
            try:
                with pytest.raises(Unavailable) as late:
                    await client.call(CreateIssue(title="Late"), key="k")
            finally:
                os.kill(served.daemon.pid, signal.SIGCONT)
            assert late.value.data["key"] == "k"
            await client.call(CreateIssue(title="Late"), key="k")
            assert await titles(client) == ["Late"]

    asyncio.run(work())


@pytest.mark.slow
@pytest.mark.parametrize("daemon", ["auto", "required"])
def test_killed_at_any_moment_nothing_is_lost_and_nothing_done_twice(
    served: Site, daemon: str
) -> None:
    done: list[str] = []

    async def work() -> None:
        async with client_of(served, daemon=daemon, reconnect_s=60) as client:
            start = await client.cursor()
            following = client.follow(start, wait_s=60)
            with killed_again_and_again(served.daemon, rounds=6, done=done) as is_over:
                while not is_over.is_set():
                    title = f"issue-{len(done)}"
                    made = await client.call(CreateIssue(title=title))
                    assert made.issue.title == title
                    done.append(title)
                    if len(done) % 2:
                        await anext(following)
            async with following:
                told = [await anext(following) for _ in done[: len(done) // 2]]
            assert [each.seq for each in told] == sorted({each.seq for each in told})
            assert await titles(client) == sorted(done)

    asyncio.run(work())
    assert len(done) >= 6
