"""The provider as a real Pulumi plugin: what `pulumi` starts as `pulumi-resource-aws`, and talks to over gRPC.

It is installed into the rehearsal's own PULUMI_HOME, never the user's (`installed.py`), and refuses every endpoint that
is not on this machine. Secrets are left to Pulumi's engine: it strips them before it asks, and marks them again after.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections import namedtuple
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from pipelines.errors import ExitCode, Failure
from rehearsal.provider.diffs import Diff
from rehearsal.provider.failures import HalfMade
from rehearsal.provider.kind import Problem
from rehearsal.provider.kinds import kind_of
from rehearsal.provider.provider import Provider, asked, planned
from rehearsal.provider.settings import configured, decoded, problems
from rehearsal.provider.values import Props, from_struct, to_struct

VERSION = "7.51.1"      # of the SDK, pulumi_aws: the CLI looks for a plugin of the same version
OPTIONS = [("grpc.max_receive_message_length", 400 << 20), ("grpc.max_send_message_length", 400 << 20)]
CODES = {ExitCode.BAD_INPUT: grpc.StatusCode.INVALID_ARGUMENT, ExitCode.REFUSED: grpc.StatusCode.PERMISSION_DENIED,
         ExitCode.UNREACHABLE: grpc.StatusCode.UNAVAILABLE}
Aborted = namedtuple("Aborted", ["code", "details", "trailing_metadata"])


def answering(method: Callable[[Plugin, Any], Any]) -> Callable[[Plugin, Any, Any], Any]:
    """A method of the protocol; what goes wrong in it becomes a message for the user."""
    def answer(self: Plugin, request: Any, context: Any) -> Any:
        try:
            return method(self, request)
        except HalfMade as half:
            context.abort_with_status(half_made(half))
        except Failure as failure:
            context.abort(CODES.get(failure.exit_code, grpc.StatusCode.UNKNOWN), told(failure))
    return answer


def told(failure: Failure) -> str:
    return f"{failure.what}\n  why:  {failure.why}\n  next: {failure.next}"


def half_made(half: HalfMade) -> Any:
    """Pulumi's way to say: it is there, record it, but it is not what was asked for."""
    detail = provider_pb2.ErrorResourceInitFailed(id=half.id, properties=to_struct(half.outputs),
                                                  reasons=[told(half.cause)])
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=told(half.cause))
    status.details.add().Pack(detail)
    return Aborted(grpc.StatusCode.UNKNOWN, told(half.cause),
                   (("grpc-status-details-bin", status.SerializeToString()),))


class Plugin(provider_pb2_grpc.ResourceProviderServicer):
    """One configured provider; Pulumi starts a process for each."""

    _provider: Provider

    @answering
    def Handshake(self, request: Any) -> Any:     # noqa: N802 the protocol's names
        return provider_pb2.ProviderHandshakeResponse()

    @answering
    def GetPluginInfo(self, request: Any) -> Any:     # noqa: N802
        return plugin_pb2.PluginInfo(version=VERSION)

    @answering
    def GetSchema(self, request: Any) -> Any:     # noqa: N802
        return provider_pb2.GetSchemaResponse(schema=f'{{"name": "aws", "version": "{VERSION}"}}')

    @answering
    def CheckConfig(self, request: Any) -> Any:     # noqa: N802
        news, _ = from_struct(request.news)
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures(problems(news)))

    @answering
    def DiffConfig(self, request: Any) -> Any:     # noqa: N802
        olds, news = (decoded(from_struct(part)[0]) for part in (request.old_inputs, request.news))
        changed = sorted(name for name in olds.keys() | news.keys() if olds.get(name) != news.get(name))
        return diff_response(Diff(dict.fromkeys(changed, "update"), tuple(changed)))

    @answering
    def Configure(self, request: Any) -> Any:     # noqa: N802
        self._provider = configured(from_struct(request.args)[0])
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    @answering
    def Check(self, request: Any) -> Any:     # noqa: N802
        token, name = named(request)
        olds, news = from_struct(request.olds)[0], from_struct(request.news)[0]
        inputs, wrong = self._provider.check(token, name, olds, news, request.randomSeed)
        return provider_pb2.CheckResponse(inputs=to_struct(inputs), failures=failures(wrong))

    @answering
    def Diff(self, request: Any) -> Any:     # noqa: N802
        token, _ = named(request)
        return diff_response(self._provider.diff(token, request.id, olds_of(request), from_struct(request.news)[0],
                                                 request.ignoreChanges))

    @answering
    def Create(self, request: Any) -> Any:     # noqa: N802
        token, name = named(request)
        inputs, _ = from_struct(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=to_struct(asked(inputs)))
        made = self._provider.create(token, name, inputs)
        return provider_pb2.CreateResponse(id=made.id, properties=to_struct(made.outputs or {}))

    @answering
    def Read(self, request: Any) -> Any:     # noqa: N802
        token, name = named(request)
        found = self._provider.read(token, name, request.id, from_struct(request.inputs)[0],
                                    from_struct(request.properties)[0])
        if found is None:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(id=request.id, inputs=to_struct(found[0]), properties=to_struct(found[1]))

    @answering
    def Update(self, request: Any) -> Any:     # noqa: N802
        token, name = named(request)
        olds, outputs, news = olds_of(request), from_struct(request.olds)[0], from_struct(request.news)[0]
        if request.preview:
            return provider_pb2.UpdateResponse(properties=to_struct(planned(kind_of(token), outputs, olds, news)))
        return provider_pb2.UpdateResponse(properties=to_struct(self._provider.update(
            token, name, request.id, olds, outputs, news, request.ignoreChanges)))

    @answering
    def Delete(self, request: Any) -> Any:     # noqa: N802
        token, name = named(request)
        outputs, inputs = from_struct(request.properties)[0], from_struct(request.old_inputs)[0]
        self._provider.delete(token, name, request.id, {**outputs, **inputs})
        return empty_pb2.Empty()

    @answering
    def Invoke(self, request: Any) -> Any:     # noqa: N802
        answer = self._provider.invoke(request.tok, from_struct(request.args)[0])
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(to_struct(answer))
        return response

    @answering
    def Cancel(self, request: Any) -> Any:     # noqa: N802
        return empty_pb2.Empty()

    @answering
    def GetMapping(self, request: Any) -> Any:     # noqa: N802
        return provider_pb2.GetMappingResponse()

    @answering
    def GetMappings(self, request: Any) -> Any:     # noqa: N802
        return provider_pb2.GetMappingsResponse()


def named(request: Any) -> tuple[str, str]:
    """Type and logical name, from the URN."""
    _, _, types, name = request.urn.split("::", 3)
    return types.rsplit("$", 1)[-1], name


def olds_of(request: Any) -> Props:
    return from_struct(request.old_inputs if request.HasField("old_inputs") else request.olds)[0]


def failures(wrong: list[Problem]) -> list[Any]:
    return [provider_pb2.CheckFailure(property=problem.property, reason=problem.reason) for problem in wrong]


def diff_response(diff: Diff) -> Any:
    kinds = {"add": provider_pb2.PropertyDiff.ADD, "delete": provider_pb2.PropertyDiff.DELETE,
             "update": provider_pb2.PropertyDiff.UPDATE}
    detailed = {}
    for path, how in diff.changes.items():
        replaces = path.split(".")[0].split("[")[0] in diff.replaces
        kind: Any = kinds[how] + replaces       # each kind is followed by its replacing twin
        detailed[path] = provider_pb2.PropertyDiff(kind=kind, inputDiff=True)
    some = provider_pb2.DiffResponse.DIFF_SOME if diff.changes else provider_pb2.DiffResponse.DIFF_NONE
    return provider_pb2.DiffResponse(changes=some, replaces=diff.replaces, diffs=diff.properties, detailedDiff=detailed,
                                     hasDetailedDiff=True, deleteBeforeReplace=diff.delete_first)


def main() -> None:
    server = grpc.server(ThreadPoolExecutor(max_workers=32), options=OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Plugin(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")      # Pulumi waits for this line
    sys.stdout.flush()
    end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: end.set())
    parent = os.getppid()
    while not end.wait(1) and os.getppid() == parent:      # never outlive the command that started it
        pass
    server.stop(grace=None)


if __name__ == "__main__":
    main()
