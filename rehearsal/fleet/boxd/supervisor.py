"""One service's life, from its first command to its last process, in a process of its own.

It is told what to do by PID 1 and tells it what has become of the service, one JSON line each, over one socket.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from rehearsal.fleet.boxd import processes
from rehearsal.fleet.boxd.events import Events, FailedError, StopAskedError
from rehearsal.fleet.boxd.execution import DIRECTORIES, EXIT_USER, Execution, environment, make_directories, user_of
from rehearsal.fleet.boxd.journal import Journal
from rehearsal.fleet.boxd.unitfile import Unit
from rehearsal.fleet.boxd.words import FOREVER, BadWordError, Command, command

CLEAN_SIGNALS = (-signal.SIGHUP, -signal.SIGINT, -signal.SIGTERM, -signal.SIGPIPE)
PATIENCE = 90.0


class Supervisor(Events):
    execution: Execution | None = None
    started = False

    def __init__(self, unit: Unit, link: socket.socket, journal: Journal, base: Mapping[str, str]) -> None:
        super().__init__(unit, link, journal)
        self.base = base
        self.variables: dict[str, str] = {"INVOCATION_ID": os.urandom(16).hex()}

    def run(self) -> NoReturn:
        result = "success"
        try:
            self.listen()
            self.execution = self._execution()
            self._start()
            if self._is_done():
                self.drain()
                self.say(left=True)
                os._exit(0)
            self._stay()
        except StopAskedError:
            pass
        except FailedError as error:
            result = str(error)
        result = self._stop(result)
        self.drain()
        self.say(state="failed" if result != "success" else "inactive", result=result,
                 exit=self.exits.get(self.main), main=0)
        os._exit(0)

    def _is_done(self) -> bool:
        """Whether nothing runs any more and nothing will, though the unit stays active: PID 1 remembers that alone."""
        later = any(self.unit.all("Service", key) for key in ("ExecStop", "ExecStopPost", "ExecReload"))
        return (self.unit.one("Service", "Type") == "oneshot" and self.unit.flag("Service", "RemainAfterExit")
                and not later and not self.stopping and not processes.descendants(os.getpid()))

    def _execution(self) -> Execution:
        try:
            user = user_of(self.unit)
            make_directories(self.unit, user)
            env = environment(self.unit, self.base, user)
        except (BadWordError, OSError) as problem:
            self.note(f"{problem}")
            self.exits[self.main] = EXIT_USER
            raise FailedError("exit-code" if isinstance(problem, BadWordError) else "resources") from problem
        if self.unit.one("Service", "Type") in ("notify", "notify-reload"):
            env["NOTIFY_SOCKET"] = self.notify_socket()
        return Execution(self.unit, user, env, self.pipe())

    # -- starting

    def _start(self) -> None:
        unit, kind = self.unit, self.unit.one("Service", "Type", "simple")
        patience = unit.span("Service", "TimeoutSec", FOREVER if kind == "oneshot" else PATIENCE)
        self.within(unit.span("Service", "TimeoutStartSec", patience))
        self.say(state="activating")
        self._each("ExecStartPre")
        starting = {"oneshot": self._oneshot, "forking": self._forking, "notify": self._notifying,
                    "notify-reload": self._notifying}
        starting.get(kind, self._simple)()
        self._each("ExecStartPost")
        self.started = True
        self.deadline = FOREVER
        if kind != "oneshot" or unit.flag("Service", "RemainAfterExit"):
            self.say(state="active", main=self.main)

    def _commands(self, key: str) -> list[Command]:
        return [command(line) for line in self.unit.all("Service", key)]

    def _each(self, key: str, *, stoppable: bool = True) -> None:
        for told in self._commands(key):
            self._one(told, stoppable=stoppable)

    def _one(self, told: Command, *, stoppable: bool = True) -> int:
        pid, _ = self._spawn(told)
        if not self.wait(lambda: pid in self.exits, stoppable=stoppable):
            processes.send([pid], signal.SIGKILL)
            raise FailedError("timeout")
        if self.exits[pid] and not told.may_fail:
            self.note(f"{told.argv[0]}: exited with {self.exits[pid]}")
            raise FailedError(word_for(self.exits[pid]))
        return pid

    def _spawn(self, told: Command) -> tuple[int, bool]:
        assert self.execution
        return self.execution.spawn(told, {**self.variables, **({"MAINPID": str(self.main)} if self.main else {})})

    def _simple(self) -> None:
        told = self._commands("ExecStart")[0]
        self.main, became = self._spawn(told)
        if not became and self.unit.one("Service", "Type") == "exec":
            self.wait(lambda: self.main in self.exits)
            raise FailedError(word_for(self.exits[self.main]))

    def _oneshot(self) -> None:
        for told in self._commands("ExecStart"):
            self.main = self._one(told)

    def _notifying(self) -> None:
        self._simple()
        if not self.wait(lambda: self.ready or self.main in self.exits):
            raise FailedError("timeout")
        if not self.ready:
            raise FailedError("protocol" if self.exits[self.main] == 0 else word_for(self.exits[self.main]))

    def _forking(self) -> None:
        self._one(self._commands("ExecStart")[0])
        told = self.unit.one("Service", "PIDFile")
        if not told:
            below = processes.descendants(os.getpid())
            self.main = min(below, default=0)
            return
        path = Path(told if told.startswith("/") else f"/run/{told}")
        if not self.wait(lambda: self._read_main(path), again=0.01):
            self.note(f"{path} never named a process of this service")
            raise FailedError("timeout")

    def _read_main(self, path: Path) -> bool:
        with contextlib.suppress(OSError, ValueError):
            self.main = int(path.read_text())
            return Path(f"/proc/{self.main}").exists()
        return False

    # -- running

    def _stay(self) -> None:
        """Until the main process ends, or PID 1 asks for the end."""
        if self.unit.one("Service", "Type", "simple") == "oneshot":
            self._remain()
            return
        while not self.wait(lambda: self._over() or self.reloading) or self.reloading:
            self.reloading = False
            self._reload()
        code = self.exits.get(self.main, 0)
        if code and code not in self._clean():
            how = f"was killed by signal {-code}" if code < 0 else f"exited with {code}"
            self.note(f"main process {self.main} {how}")
            raise FailedError(word_for(code))

    def _remain(self) -> None:
        if self.unit.flag("Service", "RemainAfterExit"):
            self.deadline = FOREVER
            while self.wait(lambda: self.reloading):
                self.reloading = False
                self._reload()

    def _over(self) -> bool:
        if not self.main:
            return not processes.descendants(os.getpid())
        return self.main in self.exits or not Path(f"/proc/{self.main}").exists()

    def _reload(self) -> None:
        self.say(state="reloading")
        self.within(self.unit.span("Service", "TimeoutStartSec", PATIENCE))
        problem = ""
        try:
            self._each("ExecReload")
        except FailedError as error:
            problem = str(error)
        self.deadline = FOREVER
        self.say(state="active", main=self.main, reloaded=problem or "success")

    def _clean(self) -> tuple[int, ...]:
        told = self.unit.names("SuccessExitStatus", "Service")
        numbers = [int(word) if word.isdigit() else -int(getattr(signal, word, 0)) for word in told]
        return (0, *CLEAN_SIGNALS, *numbers)

    # -- ending

    def _stop(self, result: str) -> str:
        self.say(state="deactivating")
        patience = self.unit.span("Service", "TimeoutSec", 90.0)
        patience = self.unit.span("Service", "TimeoutStopSec", patience)
        if not self.execution:
            return result
        self.within(patience)
        if self.started and result == "success":
            with contextlib.suppress(FailedError):
                self._each("ExecStop", stoppable=False)
        self.within(patience)
        if not self._end_processes():
            result = "timeout" if result == "success" else result
        self.variables |= {"SERVICE_RESULT": result}
        with contextlib.suppress(FailedError):
            self._each("ExecStopPost", stoppable=False)
        processes.send(processes.descendants(os.getpid()), signal.SIGKILL)
        self._tidy()
        return result

    def _end_processes(self) -> bool:
        """As KillMode= says; false when some would not end by themselves."""
        mode = self.unit.one("Service", "KillMode", "control-group")
        number = getattr(signal, self.unit.one("Service", "KillSignal", "SIGTERM"), signal.SIGTERM)
        everybody = processes.descendants(os.getpid())
        if mode == "none":
            return True
        processes.send(everybody if mode == "control-group" else [self.main] if self.main else [], number)
        alone = mode in ("mixed", "process")
        willing = self.wait(lambda: self._over() if alone else not processes.descendants(os.getpid()), stoppable=False)
        if mode != "process" or not willing:
            processes.send(processes.descendants(os.getpid()), signal.SIGKILL)
            self.within(5.0)
            self.wait(lambda: not processes.descendants(os.getpid()), stoppable=False)
        return willing

    def _tidy(self) -> None:
        if not self.unit.flag("Service", "RuntimeDirectoryPreserve"):
            for name in self.unit.names("RuntimeDirectory", "Service"):
                shutil.rmtree(f"{DIRECTORIES['Runtime']}/{name}", ignore_errors=True)
        if self.execution and (path := self.execution.environment.get("NOTIFY_SOCKET")):
            Path(path).unlink(missing_ok=True)


def word_for(code: int) -> str:
    return "signal" if code < 0 else "exit-code"
