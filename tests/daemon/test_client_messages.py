"""Messages through the Python client: waiting for them outlasts a daemon, and a client's own limit."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from beadwork import AsyncClient
from beadwork.model.errors import Unavailable
from beadwork.ops.agent import ListAgents
from beadwork.ops.delivery import AcknowledgeMessage, PeekMessages, ReceiveMessages
from beadwork.ops.message import SendMessage
from beadwork.ops.reply import AwaitReply, ReplyMessage
from tests.daemon.clients import Site
from tests.daemon.running import Daemon, until

WAIT_S = 60.0
"""No test waits for it: it ends what would hang for ever."""


def hello(to: str = "agent-1", text: str = "Hello") -> SendMessage:
    return SendMessage(to=[to], payload={"text": text})


def is_here(site: Site, name: str) -> bool:
    """Tell whether somebody has asked for something that was carried out."""
    with site.client(actor="looker") as client:
        return any(each.name == name for each in client.call(ListAgents()).agents)


def receiving(pool: ThreadPoolExecutor, site: Site, **more: Any) -> Future[Any]:
    """Let somebody wait for a message, in a thread; answer once they wait."""

    def run() -> Any:
        with site.client(actor="waiter", **more) as client:
            return client.call(ReceiveMessages(wait_s=WAIT_S))

    found = pool.submit(run)
    until(lambda: is_here(site, "waiter"))
    return found


def texts(found: Any) -> list[str]:
    return [each.message.payload["text"] for each in found.messages]


def test_who_waits_gets_what_is_sent_meanwhile(site: Site) -> None:
    with ThreadPoolExecutor() as pool, site.client() as client:
        found = receiving(pool, site)
        client.call(hello("waiter"))
        assert texts(found.result(WAIT_S)) == ["Hello"]


def test_a_wait_may_be_longer_than_a_client_waits_for_an_answer(site: Site) -> None:
    with site.client(timeout_s=0.1) as client:
        assert client.call(ReceiveMessages(wait_s=0.3)).messages == []
        sent = client.call(hello("nobody"))
        assert client.call(AwaitReply(message=sent.id, wait_s=0.3)).reply is None


def test_an_async_client_may_wait_longer_too(site: Site) -> None:
    async def work() -> None:
        async with AsyncClient(
            site.path, actor="agent-1", daemon=site.way, timeout_s=0.1
        ) as client:
            assert (await client.call(ReceiveMessages(wait_s=0.3))).messages == []

    asyncio.run(work())


def test_a_question_is_answered_by_who_waits_for_it(site: Site) -> None:
    def answer() -> str:
        with site.client(actor="bob") as client:
            (got,) = client.call(ReceiveMessages(wait_s=WAIT_S)).messages
            return client.call(ReplyMessage(message=got.receipt, payload="Yes")).thread

    with ThreadPoolExecutor() as pool, site.client() as client:
        answered = pool.submit(answer)
        sent = client.call(SendMessage(to=["bob"], type="question", payload="Well?"))
        reply = client.call(AwaitReply(message=sent.id, wait_s=WAIT_S)).reply
        assert reply is not None
        assert (reply.payload, reply.from_) == ({"text": "Yes"}, "bob")
        assert answered.result(WAIT_S) == sent.id
        assert client.call(PeekMessages()).messages == []


def test_many_tasks_wait_at_once_each_with_a_client_of_its_own(site: Site) -> None:
    async def one(name: str) -> list[str]:
        async with AsyncClient(site.path, actor=name, daemon=site.way) as client:
            found = await client.call(ReceiveMessages(wait_s=WAIT_S))
            for each in found.messages:
                await client.call(AcknowledgeMessage(receipt=each.receipt))
            return texts(found)

    async def work() -> list[list[str]]:
        names = [f"a-{number}" for number in range(8)]
        tasks = [asyncio.create_task(one(name)) for name in names]
        async with AsyncClient(site.path, actor="boss", daemon=site.way) as boss:
            for name in names:
                await boss.call(hello(name, name))
            return await asyncio.gather(*tasks)

    assert asyncio.run(work()) == [[f"a-{number}"] for number in range(8)]


@pytest.mark.slow
@pytest.mark.parametrize("end", [Daemon.stop, Daemon.kill], ids=["stopped", "killed"])
@pytest.mark.parametrize("daemon", ["auto", "required"])
def test_who_waits_outlasts_the_daemon(
    served: Site, daemon: str, end: Callable[[Daemon], int]
) -> None:
    with ThreadPoolExecutor() as pool:
        found = receiving(pool, served, daemon=daemon, reconnect_s=WAIT_S)
        end(served.daemon)
        served.daemon.start()
        with served.client() as client:
            client.call(hello("waiter"))
        assert texts(found.result(WAIT_S)) == ["Hello"]


@pytest.mark.slow
def test_a_daemon_that_must_be_there_is_waited_for_from_its_end_on(served: Site) -> None:
    with ThreadPoolExecutor() as pool:
        found = receiving(pool, served, reconnect_s=0.2)
        served.daemon.kill()
        with pytest.raises(Unavailable):
            found.result(WAIT_S)
