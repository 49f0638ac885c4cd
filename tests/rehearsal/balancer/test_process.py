"""HAProxy as a process: in another network, after a killed controller, with a configuration that it refuses."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.errors import Failure
from rehearsal.balancer.certificates import Authority
from rehearsal.balancer.model import FixedResponse
from rehearsal.balancer.process import Haproxy
from rehearsal.balancer.render import Where, render
from rehearsal.processes import start_of
from tests.rehearsal.balancer.lab import balancer, eventually, free_port, get, listener, rules


@pytest.fixture
def network() -> Iterator[int]:
    """The pid of a process with a network of its own."""
    with subprocess.Popen(["unshare", "-n", "sh", "-c", "ip link set lo up && echo up && cat"], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == "up\n"
        yield process.pid
        assert process.stdin
        process.stdin.close()


def saying(word: str, port: int, where: Where) -> str:
    return render(balancer(listener(port, *rules(FixedResponse(200, "text/plain", word)))), {}, where)


def test_it_runs_in_another_network_and_is_reached_through_an_inherited_socket(tmp_path: Path, network: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        where = Where(("127.0.0.1",), ("nsenter", "-t", str(network), "-n", "--"), sockets={80: held.fileno()})
        haproxy = Haproxy(tmp_path, where)
        haproxy.start(saying("from afar", 80, where))
        try:
            there, here = Path(f"/proc/{network}/ns/net").readlink(), Path("/proc/self/ns/net").readlink()
            assert Path(f"/proc/{haproxy.admin.worker()}/ns/net").readlink() == there != here
            assert get(held.getsockname()[1]).text == "from afar"
            haproxy.reload(saying("still", 80, where))
            eventually(lambda: get(held.getsockname()[1]).text == "still")      # the socket outlives a reload
        finally:
            haproxy.stop()


def test_what_a_killed_controller_left_is_ended(tmp_path: Path) -> None:
    port = free_port()
    left, after = Haproxy(tmp_path, Where()), Haproxy(tmp_path, Where())
    left.start(saying("old", port, Where()))
    after.start(saying("new", port, Where()))
    try:
        assert get(port).text == "new"
        assert start_of(left.pid) is None
    finally:
        after.stop()
    assert start_of(after.pid) is None
    assert not (tmp_path / "process.json").exists()


def test_a_configuration_that_is_refused_changes_nothing(tmp_path: Path) -> None:
    port = free_port()
    haproxy = Haproxy(tmp_path, Where())
    haproxy.start(saying("well", port, Where()))
    try:
        with pytest.raises(Failure, match="refuses") as failure:
            haproxy.reload("nonsense\n")
        assert "unknown keyword 'nonsense'" in failure.value.why
        assert get(port).text == "well"
    finally:
        haproxy.stop()


def test_the_authority_stays_and_a_leaf_is_made_anew_for_other_names(tmp_path: Path) -> None:
    authority, leaf = Authority(tmp_path / "ca"), tmp_path / "leaf.pem"
    authority.issue(leaf, ["coko.test"])
    made, trusted = leaf.read_bytes(), authority.certificate.read_bytes()
    authority.issue(leaf, ["coko.test"])
    assert leaf.read_bytes() == made
    authority.issue(leaf, ["coko.test", "jenkins.coko.test"])
    assert leaf.read_bytes() != made
    assert authority.certificate.read_bytes() == trusted
    assert (leaf.stat().st_mode & 0o077, (tmp_path / "ca" / "ca.key").stat().st_mode & 0o077) == (0, 0)
