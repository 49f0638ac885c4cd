"""The floor under an apply: the same API calls, sent again by plain boto3 as fast as their own order allows.

A recording keeps each call with its answer. Playing it back to an empty cloud puts new ids where the old ones stood,
and sends a call as soon as those that it takes something from, or that speak of the same thing, are answered. What only
looked (describe, get, list) is left out, unless a later call needs what it saw.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

PATIENCE = 400      # times that a call is sent before what it waits for (a certificate's issue) is given up
LOOKS = re.compile(r"^(Describe|Get|List|Head|Lookup)")
WORTH = re.compile(r"(?=.*\d)[\w:/.@+-]{9,}$")       # ids, ARNs and made-up names; not `10.0.0.0/16`, not `tcp`
PLAIN = re.compile(r"(/[\w/-]{5,}|[a-z]+(-[a-z]+)+)$")     # `/coko/rehearsal/web`, `coko-web`
DULL = re.compile(r"^[\d./:]+$|^\d{4}-\d\d-\d\d|^arn:aws:iam::aws:|amazonaws\.com$|^ap-northeast-2\w?$|^i?gp\d$")


@dataclass
class Call:
    service: str
    operation: str
    params: dict[str, Any]
    began: float
    ended: float = 0
    answer: dict[str, Any] = field(default_factory=dict)

    @property
    def looks(self) -> bool:
        return bool(LOOKS.match(self.operation))


class Recorder:
    """Hears botocore's events: `{event: handler}` in `events` is what a session registers."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.seconds: dict[str, float] = {}
        self._here = threading.local()
        self.events: dict[str, Callable[..., None]] = {"provide-client-params": self._began, "after-call": self._ended}

    def _began(self, params: Any, model: Any, **_: Any) -> None:
        self._here.call = Call(str(model.service_model.service_name), model.name, dict(params), time.monotonic())

    def _ended(self, parsed: Any, **_: Any) -> None:
        call: Call = self._here.call
        call.ended = time.monotonic()
        call.answer = {k: v for k, v in parsed.items() if k != "ResponseMetadata"}
        key = f"{call.service} {'looking' if call.looks else 'changing'}"
        self.seconds[key] = self.seconds.get(key, 0) + call.ended - call.began
        self.calls.append(call)


def strings(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {s for item in value.values() for s in strings(item)}
    if isinstance(value, list | tuple):
        return {s for item in value for s in strings(item)}
    return {value} if isinstance(value, str) else set()


def notable(value: Any) -> set[str]:
    return {s for s in strings(value) if WORTH.match(s) and not DULL.match(s)}


def tail(name: str) -> str:
    """`/hostedzone/Z123` is `Z123` to other calls, and `name.test.` is `name.test`."""
    return (name.rsplit("/", 1)[-1] if name.startswith("/hostedzone/") else name).rstrip(".")


def subjects(call: Call) -> set[str]:
    """What a call speaks of: ids and made-up names, and what one service calls by a plain name."""
    return notable(call.params) | {f"{call.service} {s}" for s in strings(call.params) if PLAIN.match(s)}


class Playback:
    """A recording, ready to be sent to an empty cloud."""

    def __init__(self, calls: list[Call]) -> None:
        calls = [c for c in sorted(calls, key=lambda c: c.began) if not (c.looks and "Error" in c.answer)]
        self.source: dict[str, int] = {}
        said: list[str] = []
        for number, call in enumerate(calls):
            said.append(" ".join(strings(call.params)))
            answers = notable(call.answer)
            for made in (answers | {tail(s) for s in answers}) - notable(call.params):
                self.source.setdefault(made, number)
        self.calls = calls
        self.takes = [{made for made, n in self.source.items() if n < number and made in text}
                      for number, text in enumerate(said)]
        self.needed = self._needed()
        self.after = [self._after(number) for number in range(len(calls))]

    def _needed(self) -> set[int]:
        """Every change, and whatever a needed call takes something from."""
        needed: set[int] = set()
        waiting = [n for n, call in enumerate(self.calls) if not call.looks]
        while waiting:
            number = waiting.pop()
            if number not in needed:
                needed.add(number)
                waiting += [self.source[made] for made in self.takes[number]]
        return needed

    def _after(self, number: int) -> set[int]:
        call, mine = self.calls[number], self.takes[number] | subjects(self.calls[number])
        same = {n for n in self.needed if n != number and self.calls[n].ended <= call.began and not self.calls[n].looks
                and mine & (self.takes[n] | subjects(self.calls[n]))}
        return (same | {self.source[made] for made in self.takes[number]}) & self.needed

    def send(self, endpoint: str, threads: int) -> float:
        """Seconds from the first import-warm client to the last answer."""
        start = time.monotonic()
        sender = _Sender(self, endpoint)
        with ThreadPoolExecutor(threads) as pool:
            waiting, running = sorted(self.needed), dict[Future[None], int]()
            done: set[int] = set()
            while waiting or running:
                for number in [n for n in waiting if self.after[n] <= done][: 4 * threads - len(running)]:
                    waiting.remove(number)
                    running[pool.submit(sender.send, number)] = number
                finished = [f for f in running if f.done()] or [next(iter(running))]
                for future in finished:
                    future.result()
                    done.add(running.pop(future))
        return time.monotonic() - start


class _Sender:
    def __init__(self, playback: Playback, endpoint: str) -> None:
        self._playback, self._endpoint = playback, endpoint
        self._now: dict[str, str] = {}
        self._clients: dict[str, Any] = {}
        self._guard = threading.Lock()

    def client(self, service: str) -> Any:
        with self._guard:
            if service not in self._clients:
                self._clients[service] = boto3.client(   # type: ignore[call-overload]
                    service, region_name="ap-northeast-2", endpoint_url=self._endpoint, aws_access_key_id="rehearsal",
                    aws_secret_access_key="rehearsal", config=Config(max_pool_connections=32, s3={
                        "addressing_style": "path"}))
            return self._clients[service]

    def send(self, number: int) -> None:
        call = self._playback.calls[number]
        client = self.client(call.service)
        names = {name: method for method, name in client.meta.method_to_api_mapping.items()}
        params = self._renewed(call.params)
        for attempt in range(PATIENCE):
            try:
                answer = getattr(client, names[call.operation])(**params)
                self._learn(call.answer, answer)
                return
            except (ClientError, KeyError, IndexError):
                if attempt == PATIENCE - 1:
                    raise
                time.sleep(0.05)

    def _learn(self, old: Any, new: Any) -> None:
        """What was called `old` is called `new` now. An answer that is not complete yet is asked for again."""
        if isinstance(old, dict):
            for key, value in old.items():
                if strings(value):
                    self._learn(value, new[key])
        elif isinstance(old, list):
            for position, value in enumerate(old):
                if strings(value):
                    self._learn(value, new[position])
        elif isinstance(old, str) and old != new and notable(old):      # ids, and not `pending`
            self._now[tail(old)] = tail(str(new))

    def _renewed(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._renewed(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._renewed(item) for item in value]
        if isinstance(value, str):
            for old in sorted((o for o in [*self._now] if o in value), key=len, reverse=True):
                value = value.replace(old, self._now[old])
        return value
