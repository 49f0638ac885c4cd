"""Unit files' own language. The calendar's answers are those that `systemd-analyze calendar` of systemd 252 gives."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from rehearsal.fleet.boxd.calendar import calendar
from rehearsal.fleet.boxd.enabling import disable, enable, is_enabled, mask, unmask
from rehearsal.fleet.boxd.jobs import Job, UnknownUnitError, conflicting, is_held, pulled_in, stopped_with
from rehearsal.fleet.boxd.timers import Moments, next_elapse
from rehearsal.fleet.boxd.unitfile import Unit, UnitFiles, parsed
from rehearsal.fleet.boxd.words import FOREVER, BadWordError, command, environment_file, expanded, seconds

NOW = datetime(2026, 11, 21, 13, 37, 20, tzinfo=UTC)
FOLLOWING = [
    ("Mon..Fri *-*-* 09:00/15", ["2026-11-23 09:00:00", "2026-11-23 09:15:00"]),
    ("*-*-* *:0/10", ["2026-11-21 13:40:00", "2026-11-21 13:50:00"]),
    ("hourly", ["2026-11-21 14:00:00", "2026-11-21 15:00:00"]),
    ("daily", ["2026-11-22 00:00:00", "2026-11-23 00:00:00"]),
    ("weekly", ["2026-11-23 00:00:00", "2026-11-30 00:00:00"]),
    ("monthly", ["2026-12-01 00:00:00", "2027-01-01 00:00:00"]),
    ("quarterly", ["2027-01-01 00:00:00", "2027-04-01 00:00:00"]),
    ("yearly", ["2027-01-01 00:00:00", "2028-01-01 00:00:00"]),
    ("*-02-29 04:00", ["2028-02-29 04:00:00", "2032-02-29 04:00:00"]),
    ("Sun 03:30 Asia/Seoul", ["2026-11-21 18:30:00", "2026-11-28 18:30:00"]),
    ("*:*:0/20", ["2026-11-21 13:37:40", "2026-11-21 13:38:00"]),
    ("12-24..26 18:00", ["2026-12-24 18:00:00", "2026-12-25 18:00:00"]),
    ("sat,sun 12:00", ["2026-11-22 12:00:00", "2026-11-28 12:00:00"]),
    ("2027-01-01", ["2027-01-01 00:00:00"]),
    ("*-*-1..7 04:00 UTC", ["2026-12-01 04:00:00", "2026-12-02 04:00:00"]),
    ("04:05", ["2026-11-22 04:05:00", "2026-11-23 04:05:00"]),
    ("*-*-* 0/6:15:30", ["2026-11-21 18:15:30", "2026-11-22 00:15:30"]),
    ("Mon,Wed *-*-* 23:59:59", ["2026-11-23 23:59:59", "2026-11-25 23:59:59"]),
    ("2026-11-21 13:00", []),
]


@pytest.mark.parametrize(("text", "expected"), FOLLOWING)
def test_a_calendar_says_what_systemd_says(text: str, expected: list[str]) -> None:
    found, moment = [], NOW
    for _ in range(2):
        following = calendar(text).next(moment)
        if following is None:
            break
        moment = following.astimezone(UTC)
        found.append(moment.strftime("%Y-%m-%d %H:%M:%S"))
    assert found == expected


@pytest.mark.parametrize("text", ["Fri..Mon 10:00", "25:00", "someday", "*-13-01", "*:0/x", "12:00 Nowhere/City"])
def test_what_is_no_calendar_is_refused(text: str) -> None:
    with pytest.raises(BadWordError):
        calendar(text)


def test_spans_commands_and_variables() -> None:
    assert [seconds(text) for text in ("90", "1min 30s", "500ms", "2h", "1.5s", "infinity")] == [
        90, 90, 0.5, 7200, 1.5, FOREVER]
    for wrong in ("", "soon", "5 parsecs"):
        with pytest.raises(BadWordError):
            seconds(wrong)
    told = command("-+/bin/echo 'a b' $WORDS ${ONE}x $$HOME $NONE")
    assert (told.may_fail, told.as_root) == (True, True)
    assert expanded(told, {"WORDS": "x y", "ONE": "1 2"}) == ["/bin/echo", "a b", "x", "y", "1 2x", "$HOME"]
    assert expanded(command(":/bin/echo $WORDS"), {"WORDS": "x"}) == ["/bin/echo", "$WORDS"]
    assert command("@/bin/sh -sh -c true").argv0 == "-sh"
    assert environment_file("A=1\n# no\nB=\"two words\"\nC='x'\nD=a b\nbroken\n") == {
        "A": "1", "B": "two words", "C": "x", "D": "a b"}


def write(root: Path, name: str, text: str) -> None:
    path = root / "etc/systemd/system" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_unit_files_with_drop_ins_templates_aliases_and_masks(tmp_path: Path) -> None:
    files = UnitFiles(tmp_path)
    write(tmp_path, "a@.service",
          "[Unit]\nDescription=A of %i\n[Service]\nExecStart=/bin/a \\\n  --for %i\nExecStart=/b\n")
    write(tmp_path, "a@.service.d/10-more.conf", "[Service]\nExecStart=\nExecStart=/bin/c %n %p\n")
    unit = files.load("a@blue.service")
    assert unit
    assert unit.description == "A of blue"
    assert unit.all("Service", "ExecStart") == ["/bin/c a@blue.service a"]
    assert parsed("[X]\nk=a \\\n# comment\n  b\n")["X"]["k"] == ["a    b"]
    assert files.load("none.service") is None
    write(tmp_path, "m.service", "[Install]\nWantedBy=multi-user.target\nAlias=n.service\n")
    assert (is_enabled(files, "m.service"), enable(files, "m.service") != []) == ("disabled", True)
    alias = files.load("n.service")
    assert alias
    assert (alias.name, is_enabled(files, "m.service")) == ("m.service", "enabled")
    write(tmp_path, "multi-user.target", "[Unit]\n")
    target = files.load("multi-user.target")
    assert target
    assert target.wanted == ("m.service",)
    assert len(disable(files, "m.service")) == 2
    mask(files, "x.service")
    assert is_enabled(files, "x.service") == "masked"
    unmask(files, "x.service")
    assert is_enabled(files, "x.service") == "not-found"


def unit(name: str, text: str = "") -> Unit:
    sections = parsed(text)
    bare = Unit(name, (), sections, (), ())
    return Unit(name, (), sections, bare.names("Wants"), bare.names("Requires"))


def test_what_a_start_pulls_in_and_in_which_order() -> None:
    units = {u.name: u for u in (
        unit("a.service", "[Unit]\nRequires=b.service\nWants=c.service absent.service\nAfter=b.service\n"),
        unit("b.service", "[Unit]\nBefore=a.service\n"), unit("c.service", "[Unit]\nConflicts=d.service\n"),
        unit("d.service"), unit("e.service", "[Unit]\nRequires=absent.service\n"))}
    assert [u.name for u in pulled_in("a.service", units.get)] == ["a.service", "b.service", "c.service"]
    with pytest.raises(UnknownUnitError):
        pulled_in("e.service", units.get)
    a, b, d = (Job(units[f"{name}.service"], "start") for name in "abd")
    assert is_held(a, [a, b])
    assert not is_held(b, [a, b])
    assert not is_held(d, [a, b, d])
    b.result = "done"
    assert not is_held(a, [a, b])
    assert conflicting([units["c.service"]], [units["d.service"]]) == [units["d.service"]]
    assert conflicting([units["d.service"]], [units["c.service"]]) == [units["c.service"]]
    assert stopped_with(units["b.service"], [units["a.service"], units["d.service"]]) == [units["a.service"]]
    stop_a, stop_b = Job(units["a.service"], "stop"), Job(units["b.service"], "stop")
    assert is_held(stop_b, [stop_a, stop_b])        # ends come in the opposite order
    assert not is_held(stop_a, [stop_a, stop_b])


def test_when_timers_elapse() -> None:
    now = NOW.timestamp()
    at = Moments(boot=now - 100, armed=now - 10, unit_active=0.0, unit_inactive=0.0, last=0.0)
    assert next_elapse(unit("t.timer", "[Timer]\nOnBootSec=3min\n"), at, now) == now + 80
    again = Moments(now - 100, now - 10, now - 5, now - 4, now - 5)
    assert next_elapse(unit("t.timer", "[Timer]\nOnUnitActiveSec=1min\n"), again, now) == now + 55
    hourly = "[Timer]\nOnCalendar=hourly\n"
    assert next_elapse(unit("t.timer", hourly), at, now) == now + 22 * 60 + 40
    missed = Moments(now - 1, now, 0.0, 0.0, now - 7200)
    assert next_elapse(unit("t.timer", hourly), missed, now) == now + 22 * 60 + 40
    assert next_elapse(unit("t.timer", hourly + "Persistent=yes\n"), missed, now) == now
    assert next_elapse(unit("t.timer", "[Timer]\nUnit=x.service\n"), at, now) is None
