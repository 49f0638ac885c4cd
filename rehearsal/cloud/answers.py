"""The seam. A service's module owns an `Answers`, and each of its functions answers the operations it names.

    answers = Answers("ec2")

    @answers("DeleteSubnet")
    def delete_subnet(call: Call) -> Reply:
        refuse_if_used(call)
        return call.onward()                # moto does the rest

An answer gets the call's parameters and returns its result as boto3 would show them; `call.onward()` is what moto says
to the same call, or to one with other parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rehearsal.cloud.world import World

Reply = Mapping[str, Any]
READS = ("Describe", "Get", "List", "BatchGet", "Head", "Lookup", "Search", "Filter", "Select", "Simulate", "Test")


@dataclass(frozen=True)
class Call:
    """One request: what it asks of which service, and the way on to moto."""

    world: World
    service: str
    operation: str
    region: str
    account: str
    params: dict[str, Any]
    passing: Callable[[dict[str, Any]], Reply] = field(repr=False)

    def onward(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        return dict(self.passing(self.params if params is None else params))

    def ask(self, service: str, operation: str, **params: Any) -> Any:
        """Another call to this cloud, in the same region, answered as any client's would be."""
        return self.world.call(service, operation, params, self.region)

    def names(self, *keys: str) -> dict[str, Any]:
        """Those of the parameters that were given."""
        return {key: self.params[key] for key in keys if key in self.params}


Answer = Callable[[Call], Reply]
Tick = Callable[["World", float], bool]


class Answers:
    """One service's answers. With `alone`, moto is never asked: what has no answer here is not implemented."""

    def __init__(self, service: str, *, alone: bool = False) -> None:
        self.service = service
        self.alone = alone
        self.by_operation: dict[str, Answer] = {}
        self.ticks: list[Tick] = []

    def __call__(self, *operations: str) -> Callable[[Answer], Answer]:
        def register(answer: Answer) -> Answer:
            for operation in operations:
                assert operation not in self.by_operation, f"{self.service}:{operation} has two answers"
                self.by_operation[operation] = answer
            return answer
        return register

    def tick(self, function: Tick) -> Tick:
        """What goes on by itself: called several times a second with the time; says whether it changed anything."""
        self.ticks.append(function)
        return function


def is_read(operation: str) -> bool:
    return operation.startswith(READS)
