"""The provider behind both doors: check, diff, create, read, update, delete and invoke, on plain Python data.

It does what Pulumi's AWS provider does beside the API calls: defaults, made-up names, default tags, computed outputs,
waits. What a resource was *asked* to be (inputs) and what it *is* (outputs) are kept apart: a diff compares inputs; a
read compares outputs with outputs, so that what an API forgets on reading back is no change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from pipelines.errors import ExitCode, Failure
from rehearsal.provider.aws import Aws
from rehearsal.provider.checks import checked
from rehearsal.provider.diffs import Diff, diff, same, with_ignored
from rehearsal.provider.failures import HalfMade, explain, is_busy, is_gone
from rehearsal.provider.kind import Kind, Made, Problem
from rehearsal.provider.kinds import kind_of
from rehearsal.provider.kinds.lookups import LOOKUPS
from rehearsal.provider.values import UNKNOWN, Props


@dataclass(frozen=True)
class Provider:
    """One configured provider: an account, a region, the tags that everything gets."""

    aws: Aws
    default_tags: Mapping[str, str] = field(default_factory=dict)
    patience: float = 60        # seconds that a deletion waits for what still uses the thing

    def check(self, token: str, logical: str, olds: Props, news: Props,
              seed: bytes = b"") -> tuple[Props, list[Problem]]:
        return checked(kind_of(token), logical, olds, news, seed, self.aws.region, self.default_tags)

    def diff(self, token: str, id_: str, olds: Props, news: Props, ignore: Iterable[str] = ()) -> Diff:
        return diff(kind_of(token), id_, olds, news, ignore)

    def create(self, token: str, name: str, inputs: Props) -> Made:
        kind = kind_of(token)
        try:
            made = kind.make(self.aws, inputs)
        except Exception as error:
            raise explain("created", token, name, error) from error
        return self._completed(kind, name, made, inputs)

    def adopt(self, token: str, name: str, inputs: Props, known: Collection[str]) -> Made | None:
        """What an interrupted `create` left behind, completed; `None` when it had not come to making anything."""
        kind = kind_of(token)
        candidates = [kind.id_of(inputs)] if kind.id_of else kind.seek(self.aws, inputs) if kind.seek else []
        for id_ in candidates:
            if id_ not in known and (live := self._find(kind, name, id_, inputs)) is not None:
                self._completed(kind, name, Made(id_), inputs)
                was = {n: live.get(n, value) for n, value in asked(inputs).items()}
                wrong = [n for n in was if n in kind.updatable and not same(kind, n, was[n], inputs[n])]
                return Made(id_, self._changed(kind, name, id_, was, live, asked(inputs), wrong))
        return None

    def read(self, token: str, name: str, id_: str, inputs: Props, outputs: Props) -> tuple[Props, Props] | None:
        """Inputs and outputs as they are now; only what has really moved differs from what was recorded."""
        kind = kind_of(token)
        live = self._find(kind, name, id_, {**inputs, **outputs})
        if live is None:
            return None
        moved = {n for n, value in live.items() if n not in kind.volatile.split()
                 and not same(kind, n, value, outputs.get(n))} if outputs else set(live)
        wanted = inputs.keys() if outputs else kind.inputs
        now = {**outputs, **{n: live[n] for n in moved}}
        return {**inputs, **{n: live[n] for n in moved if n in wanted}}, now

    def update(self, token: str, name: str, id_: str, old_inputs: Props, outputs: Props, news: Props,
               ignore: Iterable[str] = ()) -> Props:
        kind = kind_of(token)
        news = with_ignored(old_inputs, news, ignore)
        changed = diff(kind, id_, old_inputs, news).properties
        return self._changed(kind, name, id_, asked(old_inputs), outputs, asked(news), changed)

    def delete(self, token: str, name: str, id_: str, properties: Props) -> None:
        end, pause = self.aws.clock() + self.patience, 0.1
        while True:
            try:
                kind_of(token).drop(self.aws, id_, properties)
                return
            except Exception as error:
                if is_gone(error) and self._find(kind_of(token), name, id_, properties) is None:
                    return      # asked, because it may be something else that is not found
                if not is_busy(error) or self.aws.clock() > end:
                    raise explain("deleted", token, name, error) from error
            self.aws.sleep(pause)       # what still uses it may be on its way out; the real provider asks again, too
            pause = min(pause * 1.5, 2)

    def invoke(self, token: str, arguments: Props) -> Props:
        lookup = LOOKUPS.get(token)
        if lookup is None:
            raise Failure(f"the rehearsal's provider does not implement the function {token}",
                          why="the program calls a function that no handler answers",
                          next="add it in rehearsal/provider/kinds/lookups.py", exit_code=ExitCode.BAD_INPUT)
        try:
            return lookup(self.aws, arguments)
        except Exception as error:
            raise explain("answered", token, "", error) from error

    def _completed(self, kind: Kind, name: str, made: Made, inputs: Props) -> Made:
        try:
            if kind.complete:
                kind.complete(self.aws, made.id, inputs)
            live = made.outputs if made.outputs is not None else self._find(kind, name, made.id, inputs)
        except Exception as error:
            raise HalfMade(made.id, asked(inputs), explain("created", kind.urn_type, name, error)) from error
        return Made(made.id, {**asked(inputs), **(live or {})})

    def _changed(self, kind: Kind, name: str, id_: str, olds: Props, outputs: Props, news: Props,
                 changed: Iterable[str]) -> Props:
        calls = [change for names, change in kind.changes.items() if set(names.split()) & set(changed)]
        calls += [kind.tag] if kind.tag and {"tags", "tagsAll"} & set(changed) else []
        after = merged(outputs, olds, news)
        try:
            for call in calls:
                call(self.aws, id_, {**outputs, **olds}, after)
            live = self._find(kind, name, id_, after) or {}
        except Exception as error:
            raise HalfMade(id_, outputs, explain("updated", kind.urn_type, name, error)) from error
        return {**after, **live}

    def _find(self, kind: Kind, name: str, id_: str, properties: Props) -> Props | None:
        try:
            return kind.find(self.aws, id_, properties)
        except Exception as error:
            if is_gone(error):
                return None
            raise explain("read", kind.urn_type, name, error) from error


def asked(inputs: Props) -> Props:
    return {name: value for name, value in inputs.items() if name != "__defaults"}


def merged(outputs: Props, olds: Props, news: Props) -> Props:
    """What is known after an update without asking: computed outputs stay, removed inputs go, new inputs come."""
    return {**{name: value for name, value in outputs.items() if name not in olds}, **news}


def planned(kind: Kind, outputs: Props, olds: Props, news: Props) -> Props:
    """The outputs that a preview can promise for an update."""
    return {**merged(outputs, asked(olds), asked(news)), **dict.fromkeys(kind.recomputed.split(), UNKNOWN)}
