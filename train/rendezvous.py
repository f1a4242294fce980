"""Machines that train together wait for each other here, since TensorFlow waits without a word and deaf to Ctrl+C.

Each listens at its own address and connects to those of the others. Whoever has reached all of them says so on every
connection that comes in, and whoever has heard that from all goes on. So either each reaches each, or none goes on.
"""

import asyncio
import socket
from collections.abc import Callable, Iterable

from engine.errors import CounselError
from engine.language import text
from train.distribution import Cluster

READY = b"\n"
PAUSE = 0.5  # seconds between two attempts
PATIENCE = 600.0  # seconds


def check_addresses(cluster: Cluster) -> None:
    """Make sure, before anything slow, that all names are known and this machine's port is free.

    Raises:
        CounselError: one is not.
    """
    for index, worker in enumerate(cluster.workers):
        try:
            socket.getaddrinfo(*cluster.address(index))
        except (OSError, UnicodeError) as error:
            raise CounselError(
                text(
                    f"--workers {worker}: 찾을 수 없는 이름입니다({error}). 이름을 확인하거나 IP 주소로 적으세요.",
                    f"--workers {worker}: unknown name ({error}). Check it, or write the IP address.",
                )
            ) from error
    _listen(cluster).close()


def meet(cluster: Cluster, tell: Callable[[str], None], patience: float = PATIENCE) -> None:
    """Wait until all machines are there and reach each other.

    Args:
        cluster: the machines.
        tell: told whom this one waits for, if it has to.
        patience: in seconds.

    Raises:
        CounselError: a machine did not come in time, or this one's port is taken.
    """
    if len(cluster.workers) > 1:
        asyncio.run(_meet(cluster, tell, patience))


async def _meet(cluster: Cluster, tell: Callable[[str], None], patience: float) -> None:
    others = {*range(len(cluster.workers))} - {cluster.index}
    reached: set[int] = set()
    all_reached = asyncio.Event()

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await all_reached.wait()
        writer.write(READY)
        writer.close()

    async def visit(index: int) -> None:
        while not await call_on(index):
            reached.discard(index)
            all_reached.clear()
            await asyncio.sleep(PAUSE)

    async def call_on(index: int) -> bool:
        """Return whether it says that it has reached all; if not, it is not there, or went away again."""
        try:
            reader, writer = await asyncio.open_connection(*cluster.address(index))
            reached.add(index)
            if reached == others:
                all_reached.set()
            heard = await reader.read(1)
            writer.close()
        except OSError:
            return False
        return heard == READY

    door = await asyncio.start_server(answer, sock=_listen(cluster))
    visits = {asyncio.create_task(visit(index)): index for index in others}
    clock = asyncio.get_running_loop().time
    until, told = clock() + patience, ""
    try:
        while waiting := (await asyncio.wait(visits, timeout=2 * PAUSE))[1]:
            missing = {visits[task] for task in waiting}
            if clock() > until:
                raise CounselError(_explain_absence(cluster, missing - reached or missing, patience))
            line = _describe(cluster, missing, reached)
            if line != told:
                tell(line)
            told = line
        await asyncio.gather(*visits)
        await asyncio.sleep(PAUSE)  # whoever came last is answered before the door closes
    finally:
        door.close()


def _listen(cluster: Cluster) -> socket.socket:
    """Return a socket that listens at this machine's port, as TensorFlow will: on all interfaces."""
    _, port = cluster.address(cluster.index)
    both = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both else socket.AF_INET
    try:
        return socket.create_server(("", port), family=family, dualstack_ipv6=both)
    except OSError as error:
        raise CounselError(
            text(
                f"--workers {cluster.workers[cluster.index]}: 이 컴퓨터에서 이 포트를 열 수 없습니다({error.strerror}). "
                "모든 작업기에서 다른 포트를 주세요.",
                f"--workers {cluster.workers[cluster.index]}: this machine cannot open that port ({error.strerror}). "
                "Give another one on all workers.",
            )
        ) from error


def _describe(cluster: Cluster, missing: set[int], reached: set[int]) -> str:
    """Return whom this machine waits for, in words."""
    if absent := missing - reached:
        names = _names(cluster, absent)
        return text(
            f"작업기 {names}을(를) 기다리는 중입니다… 거기에서도 시작하세요. Ctrl+C로 그만둡니다.",
            f"Waiting for worker {names}… Start it there, too. Ctrl+C gives up.",
        )
    names = _names(cluster, missing)
    return text(
        f"작업기 {names}은(는) 와 있지만 아직 모두에게 닿지 못했습니다. 기다리는 중입니다…",
        f"Worker {names} is there but does not reach all others yet. Waiting…",
    )


def _explain_absence(cluster: Cluster, missing: set[int], patience: float) -> str:
    names = _names(cluster, missing)
    return text(
        f"작업기 {names}을(를) {patience / 60:g}분 기다렸지만 함께 시작하지 못했습니다. 거기에서 시작했는지, 주소와 방화벽이 "
        "맞는지 확인하고 모두 다시 시작하세요.",
        f"worker {names} did not join within {patience / 60:g} minutes. Check that it was started, its address and its "
        "firewall, then start all again.",
    )


def _names(cluster: Cluster, indices: Iterable[int]) -> str:
    return ", ".join(f"{index} ({cluster.workers[index]})" for index in sorted(indices))
