"""How a target group decides that a host is well, and how long it waits when one leaves: profiles, legal ranges."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from infra.settings.reading import Reader


@dataclass(frozen=True, kw_only=True)
class HealthCheck:
    interval: int               # seconds between checks
    timeout: int                # seconds until a check without an answer has failed
    healthy: int                # passed checks in a row until traffic comes
    unhealthy: int              # failed checks in a row until traffic goes
    deregistration_delay: int   # seconds that requests in flight get when a host leaves

    @property
    def seconds_to_allow(self) -> int:
        """How long CodeDeploy's AllowTraffic takes, about: the first check falls anywhere within an interval."""
        return (self.healthy + 1) * self.interval


PROFILES = {
    "tuned": HealthCheck(interval=5, timeout=2, healthy=2, unhealthy=2, deregistration_delay=10),
    # The system this one descends from: four checks ten seconds apart made every deployment slow.
    "original": HealthCheck(interval=10, timeout=5, healthy=4, unhealthy=2, deregistration_delay=10),
    "aws_default": HealthCheck(interval=30, timeout=5, healthy=5, unhealthy=2, deregistration_delay=300),
}

# Elastic Load Balancing's own limits for ALB and NLB target groups.
LIMITS = {"interval": (5, 300), "timeout": (2, 120), "healthy": (2, 10), "unhealthy": (2, 10),
          "deregistration_delay": (0, 3600)}
HOOK_TIMEOUT = 3600     # what CodeDeploy gives one lifecycle event, AllowTraffic included


def read(reader: Reader) -> HealthCheck:
    """A profile, and any of its values overridden beside it."""
    profile = PROFILES[reader.choice("profile", "tuned", PROFILES)]
    values = {name: reader.integer(name, asdict(profile)[name], *limits) for name, limits in LIMITS.items()}
    check = HealthCheck(**values)
    if check.timeout >= check.interval:
        reader.note("timeout", f"{check.timeout} s is not below the interval of {check.interval} s",
                    f"from 2 to {check.interval - 1}", "Write a shorter `timeout` or a longer `interval`.")
    if check.seconds_to_allow > HOOK_TIMEOUT:
        reader.note("interval", f"a host would need {check.seconds_to_allow} s to be let in",
                    f"CodeDeploy gives AllowTraffic {HOOK_TIMEOUT} s", "Write a lower `interval` or `healthy`.")
    reader.finish()
    return check
