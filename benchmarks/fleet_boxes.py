"""What a fleet costs: `python -m benchmarks.fleet_boxes`. Boxes are booted with the program's own user data.

Prints medians with the extremes. The cloud is a stub that answers `{}`: what is measured is the fleet, not the API.
"""

from __future__ import annotations

import argparse
import base64
import os
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import ThreadingHTTPServer
from pathlib import Path

from infra.host import render_user_data
from rehearsal.fleet import vpc
from rehearsal.fleet.ami import Image, bake
from rehearsal.fleet.box import Box, boot, wait_booted
from rehearsal.fleet.metadata import Identity, Metadata
from rehearsal.fleet.served import Quiet
from rehearsal.fleet.surroundings import Surroundings

REPOSITORY = Path(__file__).resolve().parent.parent
KEYS = {"AccessKeyId": "ASIA", "SecretAccessKey": "secret", "SessionToken": "token"}
PORTS = {"web": ("80", "/healthz"), "was": ("8000", "/readyz")}
SUBNET = "10.0.64.0/20"


class Stub(Quiet):
    def do_POST(self) -> None:  # noqa: N802
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.say(200, b"{}", "application/json")


class Ground:
    """One VPC with all that boxes ask for."""

    def __init__(self, image: Image, state: Path, cloud: str) -> None:
        self.image, self.state = image, state
        self.known: dict[str, Identity] = {}
        self.vpc = vpc.up("vpc-bench", "10.0.0.0/16")
        self.around = Surroundings(self.vpc, Metadata(self.known.get, lambda _: KEYS), cloud)

    def box(self, number: int, tier: str | None) -> Box:
        where = vpc.Address(f"10.0.64.{number}", SUBNET)
        self.known[where.ip] = Identity(f"i-{number}", where.ip, where.mac, "t3.micro", "ap-northeast-2a", "ami-1",
                                        role="host", profile="host", user_data=user_data(tier) if tier else b"")
        return boot(self.vpc, self.image, f"i-{number}", self.state / str(number), where)

    def down(self) -> None:
        self.around.close()
        self.vpc.down()


def user_data(tier: str) -> bytes:
    return base64.b64decode(render_user_data("first_boot.sh", {
        "COKO_STACK": "bench", "COKO_TIER": tier, "AWS_REGION": "ap-northeast-2", "COKO_SWAP_MIB": "0",
        "CODEDEPLOY_AGENT_VERSION": "1.8.1-1", "COKO_LOG_GROUP_PREFIX": "/coko/bench",
        "COKO_HEALTH_PATH": PORTS[tier][1]}))


def until_healthy(box: Box, tier: str) -> None:
    port, path = PORTS[tier]
    ask = box.argv("curl", "-fsS", "-m", "1", "-o", "/dev/null", f"http://{box.where.ip}:{port}{path}")
    while subprocess.run(ask, capture_output=True, check=False).returncode:
        time.sleep(0.02)


def until_polling(box: Box) -> None:
    log = Path(f"/proc/{box.pid}/root/var/log/aws/codedeploy-agent/codedeploy-agent.log")
    while not (log.exists() and "polls" in log.read_text()):
        time.sleep(0.02)


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def show(what: str, values: list[float], unit: str = "s") -> None:
    spread = f"({min(values):.3f} to {max(values):.3f}, {len(values)} runs)"
    print(f"{what:<58} {statistics.median(values):8.3f} {unit:<3} {spread}")


def single(ground: Ground, runs: int) -> None:
    boots, serving, kills, exits = [], [], [], []
    for number in range(10, 10 + runs):
        boots.append(seconds(lambda number=number: wait_booted(ground.box(number, None))))  # type: ignore[misc]
    for number in range(50, 50 + runs):
        began = time.perf_counter()
        box = ground.box(number, "web")
        until_healthy(box, "web")
        serving.append(time.perf_counter() - began)
        exits.append(seconds(lambda box=box: box.run("true")))  # type: ignore[misc]
        kills.append(seconds(box.kill))
    show("box: nothing -> PID 1 answers systemctl", boots)
    show("box: nothing -> first boot done so far that nginx serves", serving)
    show("exec of a command in a box", exits)
    show("kill of a serving box", kills)


def four(image: Image, state: Path, cloud: str) -> tuple[float, list[float], float]:
    """Two web hosts and two WAS hosts from nothing; memory when their agents poll; all of it gone."""
    made: list[Ground] = []
    tiers = {100: "web", 101: "web", 102: "was", 103: "was"}

    def begin() -> None:
        made.append(Ground(image, state, cloud))
        boxes.update({number: made[0].box(number, tier) for number, tier in tiers.items()})
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda number: until_healthy(boxes[number], tiers[number]), boxes))
    boxes: dict[int, Box] = {}
    took = seconds(begin)
    for box in boxes.values():
        until_polling(box)
    time.sleep(2.0)
    memory = [box.memory() / 2**20 for box in boxes.values()]
    return took, memory, seconds(made[0].down)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs: int = parser.parse_args().runs
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    cloud = f"http://127.0.0.1:{server.server_address[1]}"
    home = Path(tempfile.mkdtemp(prefix="fleet-benchmark-"))
    try:
        print(f"load average at the start: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
        show("image: baked", [seconds(lambda: bake(home / "images", REPOSITORY))])
        image = bake(home / "images", REPOSITORY)
        ground = Ground(image, home / "single", cloud)
        single(ground, runs)
        ground.down()
        found = [four(image, home / f"four-{run}", cloud) for run in range(runs)]
        show("four boxes: nothing -> all healthy (VPC included)", [took for took, _, _ in found])
        show("memory per box (PSS), agents running", [one for _, memory, _ in found for one in memory], "MiB")
        show("four boxes and their VPC: gone", [gone for _, _, gone in found])
    finally:
        shutil.rmtree(home)


if __name__ == "__main__":
    main()
