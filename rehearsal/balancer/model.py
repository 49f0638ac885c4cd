"""What the ELBv2 API says about balancing, as values. Seconds are AWS's: a time scale divides them at the edge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class HealthCheck:
    protocol: str               # HTTP | HTTPS | TCP
    path: str
    port: int | None            # None: the port that traffic goes to
    interval: float
    timeout: float
    healthy: int
    unhealthy: int
    codes: str = "200"          # "200", "200,202", "200-299"


@dataclass(frozen=True)
class Target:
    """One registration: the same instance may be in a group with several ports."""

    id: str
    port: int
    address: str | None         # None: it cannot be reached now
    unusable: str = ""          # why it has no address, in AWS's words

    @property
    def key(self) -> str:
        return f"{self.id}:{self.port}"


@dataclass(frozen=True)
class TargetGroup:
    arn: str
    protocol: str
    check: HealthCheck
    delay: float                # of deregistration
    cut: bool                   # whether connections that outlive the delay are closed
    targets: tuple[Target, ...] = ()

    @property
    def name(self) -> str:
        """As HAProxy knows it: `name.id`."""
        return ".".join(self.arn.rsplit("/", 2)[-2:])


@dataclass(frozen=True)
class Forward:
    target_group: str           # ARN


@dataclass(frozen=True)
class Redirect:
    status: int
    protocol: str = "#{protocol}"
    host: str = "#{host}"
    port: str = "#{port}"
    path: str = "/#{path}"
    query: str = "#{query}"


@dataclass(frozen=True)
class FixedResponse:
    status: int
    content_type: str = ""
    body: str = ""


Action = Forward | Redirect | FixedResponse


@dataclass(frozen=True)
class Condition:
    """One of the values has to match."""

    field: str                  # host-header, path-pattern, source-ip, http-request-method, http-header, query-string
    values: tuple[str, ...]
    name: str = ""              # of an http-header


@dataclass(frozen=True)
class Rule:
    priority: str               # a number, or "default", which comes last
    conditions: tuple[Condition, ...]
    action: Action


@dataclass(frozen=True)
class Listener:
    arn: str
    port: int
    protocol: str               # HTTP | HTTPS | TCP
    rules: tuple[Rule, ...]     # in the order in which they are asked
    certificates: tuple[str, ...] = ()      # ARNs, the default one first
    policy: str = ""


@dataclass(frozen=True)
class Balancer:
    arn: str
    name: str
    kind: str                   # application | network
    listeners: tuple[Listener, ...]
    idle_timeout: float = 60
    drop_invalid_headers: bool = False
    logged: bool = False

    @property
    def suffix(self) -> str:
        """`app/name/id`: how logs and metrics name it."""
        return self.arn.partition(":loadbalancer/")[2]

    @property
    def directory(self) -> str:
        return self.suffix.replace("/", ".")


@dataclass(frozen=True)
class Model:
    balancers: tuple[Balancer, ...] = ()
    groups: Mapping[str, TargetGroup] = field(default_factory=dict)     # by ARN
    problems: Mapping[str, str] = field(default_factory=dict)           # ARN of what cannot be run here → why


def groups_of(balancer: Balancer, groups: Mapping[str, TargetGroup]) -> list[TargetGroup]:
    """Those that its rules forward to, each once."""
    named = {rule.action.target_group for listener in balancer.listeners for rule in listener.rules
             if isinstance(rule.action, Forward)}
    return [groups[arn] for arn in sorted(named) if arn in groups]
