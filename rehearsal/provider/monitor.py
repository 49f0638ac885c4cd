"""What a Pulumi program talks to: it registers resources here, in place of Pulumi's own engine.

Pulumi's SDK hands every registration to the monitor that `set_mocks(monitor=…)` names, as the raw request, on a
thread of its own, and only when all that it depends on is known: the program's own order is the order of creation.
"""

from __future__ import annotations

import secrets as randomness
import uuid
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, resource_pb2

from pipelines.errors import ExitCode, Failure
from rehearsal.provider.assets import hashed
from rehearsal.provider.diffs import Diff, with_ignored
from rehearsal.provider.events import HIDDEN, changes_of
from rehearsal.provider.journal import Record
from rehearsal.provider.kind import Problem
from rehearsal.provider.kinds import kind_of
from rehearsal.provider.provider import asked, planned
from rehearsal.provider.run import Run, as_failure, refuse_protected
from rehearsal.provider.settings import problems as provider_problems
from rehearsal.provider.values import Props, from_struct, to_struct

FEATURES = ("secrets", "resourceReferences", "aliasSpecs", "deletedWith")
STACK = "pulumi:pulumi:Stack"


class Monitor:
    def __init__(self, run: Run, project: str, stack: str, config: dict[str, str]) -> None:
        self._run, self._project, self._stack, self._config = run, project, stack, config
        self.seen: dict[str, Record] = {}
        self.outputs: Props = {}

    # The monitor's protocol, as far as a program of resources and functions needs it.

    def SupportsFeature(self, request: Any) -> Any:     # noqa: N802 the protocol's names
        return SimpleNamespace(hasSupport=request.id in FEATURES)

    def SignalAndWaitForShutdown(self, request: Any) -> Any:     # noqa: N802
        return empty_pb2.Empty()

    def RegisterResourceOutputs(self, request: Any) -> Any:     # noqa: N802
        if STACK in request.urn:
            outputs, hidden = from_struct(request.outputs)
            self.outputs = {name: HIDDEN if name in hidden else value for name, value in outputs.items()}
        return empty_pb2.Empty()

    def Invoke(self, request: Any) -> Any:     # noqa: N802
        arguments, _ = from_struct(request.args)
        answer = self._run.provider(request.provider or self._default()).invoke(request.tok, arguments)
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(to_struct(answer))
        return response

    def ReadResource(self, request: Any) -> Any:     # noqa: N802
        inputs, _ = from_struct(request.properties)
        provider = self._run.provider(request.provider or self._default())
        found = provider.read(request.type, request.name, request.id, inputs, {})
        if found is None:
            raise Failure(f"{request.type} {request.id} is not there", why="the program reads it with .get()",
                          next="correct the id in the program", exit_code=ExitCode.BAD_INPUT)
        return resource_pb2.ReadResourceResponse(urn=self._urn(request), properties=to_struct(found[1]))

    def RegisterResource(self, request: Any) -> Any:     # noqa: N802
        if self._run.failures:
            raise self._run.failures[0]       # no new work once something has failed
        try:
            return self._register(request)
        except Exception as error:
            self._run.failures.append(as_failure(error))
            raise

    def _register(self, request: Any) -> Any:
        record = self._record(request)
        if record.urn in self.seen and record.type != STACK:
            raise Failure(f"two resources are called {record.name}", why=f"both are {record.type} of one parent",
                          next="give one of them another name", exit_code=ExitCode.BAD_INPUT)
        self.seen[record.urn] = record
        if not record.custom or record.type.startswith("pulumi:"):
            return self._keep(record)
        whole = self._custom(request, record)
        return resource_pb2.RegisterResourceResponse(
            urn=whole.urn, id=whole.id, object=to_struct(whole.outputs, frozenset(whole.secrets)))

    def _record(self, request: Any) -> Record:
        inputs, hidden = from_struct(request.object)
        own = request.custom and not request.type.startswith("pulumi:")
        return Record(
            urn=self._urn(request), type=request.type, custom=request.custom, inputs=hashed(inputs),
            parent=request.parent,
            secrets=sorted({*hidden, *request.additionalSecretOutputs}), protect=request.protect,
            provider=(request.provider or self._default()) if own else "", dependencies=sorted(request.dependencies),
            property_dependencies={name: sorted(d.urns) for name, d in request.propertyDependencies.items()},
            ignore=list(request.ignoreChanges), retain=request.retainOnDelete)

    def _urn(self, request: Any) -> str:
        parents = request.parent.split("::")[2] + "$" if request.parent and STACK not in request.parent else ""
        return f"urn:pulumi:{self._stack}::{self._project}::{parents}{request.type}::{request.name}"

    def _keep(self, record: Record) -> Any:
        """Stacks, components and providers: nothing is called for them."""
        if record.custom:
            refuse(record, provider_problems(record.inputs, endpoint=self._run.endpoint))
            old = self._run.journal.live.get(record.urn)
            record = replace(record, id=old.id if old else str(uuid.uuid4()), outputs=record.inputs)
        if self._run.journal.live.get(record.urn) != record:
            self._run.journal.put(record)
        return resource_pb2.RegisterResourceResponse(urn=record.urn, id=record.id, object=to_struct(
            record.inputs, frozenset(record.secrets)))

    def _default(self) -> str:
        """The provider of resources that name none: made of the `aws:` part of the configuration."""
        urn = f"urn:pulumi:{self._stack}::{self._project}::pulumi:providers:aws::default"
        inputs = {key.removeprefix("aws:"): value for key, value in self._config.items() if key.startswith("aws:")}
        record = Record(urn=urn, type="pulumi:providers:aws", id="default", inputs=inputs)
        if self._run.journal.live.get(urn) != record:
            self._run.journal.put(record)
        self.seen[urn] = record
        return f"{urn}::default"

    def _custom(self, request: Any, record: Record) -> Record:
        run, old = self._run, self._run.journal.live.get(record.urn)
        provider = run.provider(record.provider)
        given = with_ignored(old.inputs, record.inputs, record.ignore) if old else record.inputs
        checked, wrong = provider.check(record.type, record.name, old.inputs if old else {}, given,
                                        randomness.token_bytes(16))
        refuse(record, wrong)
        record = replace(record, inputs=checked)
        if old is None:
            return self._create(record)
        diff = provider.diff(record.type, old.id, old.inputs, checked)
        if {path.split(".")[0] for path in diff.changes} & {p.split(".")[0] for p in request.replaceOnChanges}:
            diff = replace(diff, replaces=diff.replaces or diff.properties)
        if diff.replaces:
            first = request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else diff.delete_first
            return self._replace(old, record, given, diff, delete_first=first)
        if diff.changes or not old.whole:
            return self._update(old, record, diff)
        return self._same(old, record)

    def _same(self, old: Record, record: Record) -> Record:
        record = replace(record, id=old.id, outputs=old.outputs)
        if record != old:
            self._run.journal.put(record)
        with self._run.step("same", record.urn):
            return record

    def _create(self, record: Record) -> Record:
        with self._run.step("replace" if record.urn in self._run.swept else "create", record.urn):
            return replace(record, outputs=asked(record.inputs)) if self._run.preview else self._run.create(record)

    def _update(self, old: Record, record: Record, diff: Diff) -> Record:
        with self._run.step("update", record.urn, changes_of(diff, old.inputs, record.inputs, record.secrets)):
            if self._run.preview:
                return replace(record, id=old.id,
                               outputs=planned(kind_of(record.type), old.outputs, old.inputs, record.inputs))
            return self._run.update(old, record)

    def _replace(self, old: Record, record: Record, given: Props, diff: Diff, *, delete_first: bool) -> Record:
        run = self._run
        refuse_protected([old])
        provider = run.provider(record.provider)
        anew, wrong = provider.check(record.type, record.name, {}, given, randomness.token_bytes(16))
        refuse(record, wrong)
        record = replace(record, inputs=anew)
        with run.step("replace", record.urn, changes_of(diff, old.inputs, anew, record.secrets)):
            if run.preview:
                return replace(record, outputs=asked(anew))
            if delete_first:
                run.sweep(old)
            return run.create(record, replaces=None if delete_first else old)


def refuse(record: Record, problems: list[Problem]) -> None:
    if problems:
        raise Failure(f"{record.type} {record.name} cannot be made like this", exit_code=ExitCode.BAD_INPUT,
                      why="\n".join(f"{problem.property}: {problem.reason}" for problem in problems),
                      next="correct the program or the stack's settings")
