"""Pulumi's Python language host, over the protocol in Pulumi's own SDK.

The CLI starts one such process per language and asks it, over gRPC, to run the program. The official host is a Go
program in a module without releases, so a CLI built from the module proxy comes without it; this one is used in
that case only (docs/decisions/0003). It runs programs; what only authors of packages need answers "unimplemented".
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import select
import signal
import subprocess
import sys
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

SHOWED_ITS_OWN_ERROR = 32    # the SDK's runner: "the user has seen what went wrong, add nothing"
GRPC_OPTIONS = [("grpc.max_receive_message_length", 400 << 20), ("grpc.max_send_message_length", 400 << 20)]


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """One program at a time; ended, with its program, when the CLI goes away or says Cancel."""

    def __init__(self, runner: Path, engine: str) -> None:
        self._runner = runner
        self._engine = engine
        self._program: subprocess.Popen[bytes] | None = None

    def Handshake(self, request: Any, context: Any) -> Any:     # noqa: N802
        self._engine = request.engine_address or self._engine
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:     # noqa: N802
        return plugin_pb2.PluginInfo(version=importlib.metadata.version("pulumi"))

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:     # noqa: N802
        return language_pb2.GetRequiredPackagesResponse(packages=[
            plugin_pb2.PackageDependency(name=name, kind="resource", version=f"v{version}")
            for name, version in required_plugins()
        ])

    def GetRequiredPlugins(self, request: Any, context: Any) -> Any:     # noqa: N802
        return language_pb2.GetRequiredPluginsResponse(plugins=[
            plugin_pb2.PluginDependency(name=name, kind="resource", version=f"v{version}")
            for name, version in required_plugins()
        ])

    def Run(self, request: Any, context: Any) -> Any:     # noqa: N802
        self._program = subprocess.Popen(
            [sys.executable, "-u", str(self._runner), *runner_arguments(request, self._engine)],
            cwd=request.pwd or None, env=runner_environment(request))
        status = self._program.wait()
        if status == 0:
            return language_pb2.RunResponse()
        if status == SHOWED_ITS_OWN_ERROR:
            return language_pb2.RunResponse(bail=True)
        return language_pb2.RunResponse(error=f"the program exited with status {status}")

    def InstallDependencies(self, request: Any, context: Any) -> Any:     # noqa: N802
        yield language_pb2.InstallDependenciesResponse(stdout=b"dependencies are installed by `make setup`\n")

    def About(self, request: Any, context: Any) -> Any:     # noqa: N802
        return language_pb2.AboutResponse(executable=sys.executable, version=platform.python_version())

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:     # noqa: N802
        return language_pb2.GetProgramDependenciesResponse(dependencies=[
            language_pb2.DependencyInfo(name=found.metadata["Name"], version=found.version)
            for found in importlib.metadata.distributions()
        ])

    def RuntimeOptionsPrompts(self, request: Any, context: Any) -> Any:     # noqa: N802
        return language_pb2.RuntimeOptionsResponse()

    def end(self) -> None:
        """The CLI is gone, or wants to go: the program must not outlive it."""
        if self._program is not None and self._program.poll() is None:
            self._program.terminate()
            try:
                self._program.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._program.kill()

    def Cancel(self, request: Any, context: Any) -> Any:     # noqa: N802
        if self._program is not None and self._program.poll() is None:
            self._program.send_signal(signal.SIGINT)
        return empty_pb2.Empty()


def required_plugins() -> list[tuple[str, str]]:
    """The provider plugins that the installed Pulumi packages say they belong to."""
    found: set[tuple[str, str]] = set()
    for distribution in importlib.metadata.distributions():
        if not (distribution.metadata["Name"] or "").lower().replace("_", "-").startswith("pulumi-"):
            continue
        for file in distribution.files or []:
            if file.name == "pulumi-plugin.json":
                plugin = json.loads(Path(str(file.locate())).read_text())
                if plugin.get("resource"):
                    found.add((plugin["name"], str(plugin.get("version") or distribution.version).lstrip("v")))
    return sorted(found)


def runner_arguments(request: Any, engine: str) -> list[str]:
    entry = request.info.entry_point or request.program
    program = Path(request.info.program_directory) / entry if request.info.program_directory else Path(entry)
    return [
        "--monitor", request.monitor_address, "--engine", engine,
        "--project", request.project, "--stack", request.stack, "--organization", request.organization,
        "--root_directory", request.info.root_directory or request.pwd,
        "--pwd", request.pwd, "--parallel", str(request.parallel),
        "--dry_run", "true" if request.dryRun else "false",
        str(program), *request.args,
    ]


def runner_environment(request: Any) -> dict[str, str]:
    """Config travels in the environment, as the SDK reads it there; never in argv, where others could see secrets."""
    return {
        **os.environ,
        "PULUMI_CONFIG": json.dumps(dict(request.config)),
        "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Pulumi's Python language host; started by the Pulumi CLI.")
    parser.add_argument("--runner", type=Path, required=True, help="the SDK's pulumi-language-python-exec")
    parser.add_argument("engine", nargs="?", default="")
    arguments, _ = parser.parse_known_args()     # the CLI's own flags (-tracing, -root, …) change nothing here
    host = LanguageHost(arguments.runner, arguments.engine)
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8), options=GRPC_OPTIONS)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(
        host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)      # the CLI waits for this line
    wait_for_the_end()
    host.end()
    server.stop(grace=None)
    os._exit(0)     # a thread may still wait for the program's report; nobody listens any more


def wait_for_the_end() -> None:
    """Until SIGINT or SIGTERM, or until the CLI is gone.

    Signals come through a pipe: locks, such as an Event's, can deadlock in a signal handler.
    """
    parent = os.getppid()
    reader, writer = os.pipe()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os.write(writer, b"."))
    while os.getppid() == parent and not select.select([reader], [], [], 1.0)[0]:
        pass


if __name__ == "__main__":
    main()
