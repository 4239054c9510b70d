"""The engine for clusters: Ray Data carries the plan to a pool of workers and their reports back, in order.

One task on this machine walks the sources and cuts the plan into assignments; a pool of actors, each with the
models, judges them; this process alone decides what is a copy and writes, in plan order, as the local engine
does. Ray holds back the walk while the workers are behind, starts workers anew that died, gives their
assignments to others, and grows and shrinks the pool.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from edge.batch.assign import Cut
from edge.batch.control import Control
from edge.batch.output import Output
from edge.batch.plan import Plan
from edge.batch.settle import Settler, Totals, known
from edge.batch.worker import Judged, Report, WorkerSpec
from edge.errors import CamidError, ErrorCode

_FAILURES = 10_000
"""Contents without an answer that are remembered for their copies."""


@dataclass(frozen=True, slots=True)
class Pool:
    """``workers`` actors, or as many as Ray's autoscaler finds room for, with ``cpus`` cores and ``gpus`` (a
    share of one, or several) each, which has ``cpus`` + 1 assignments in hand: one is read while the others
    are classified. ``with_content``: they do not see the files, so contents are sent."""

    workers: int | None
    cpus: int = 1
    gpus: float = 0
    with_content: bool = False


class RayEngine:
    """Classifies a plan into ``output`` on the cluster that Ray is connected to. ``progress`` hears of every
    file that came to its end."""

    def __init__(
        self,
        spec: WorkerSpec,
        output: Output,
        pool: Pool,
        *,
        progress: Callable[[Totals], None] | None = None,
        control: Control | None = None,
    ) -> None:
        self._spec = spec
        self._output = output
        self._pool = pool
        self._settler = Settler(output, spec.settings, progress)
        self._control = control or Control()
        self._failures: OrderedDict[str, CamidError] = OrderedDict()
        self._orphans: set[str] = set()

    @property
    def totals(self) -> Totals:
        return self._settler.totals

    def run(self, plan: Plan) -> Totals:
        """Everything of ``plan`` that is not done yet; commits all of it. Once ``control`` is stopped, only
        what came back so far.

        Raises:
            CamidError: ``store_full``; the models' errors. What was committed stands.
        """
        self._pass(plan, again=False)
        if self._orphans and not self._control.stopped:
            self._pass(plan.only(self._orphans), again=True)
        return self.totals

    def _pass(self, plan: Plan, again: bool) -> None:
        from edge.batch import ray_flow  # noqa: PLC0415  (Ray is a large part of the extra `batch`)

        index = self._output.root / "index.sqlite"
        cut = Cut(self._spec.settings.batch_ray_files, self._pool.with_content)
        ledger = ray_flow.start_ledger(index)
        stream = ray_flow.reports(plan, index, cut, self._spec, self._pool, ledger)
        for report in stream:
            if self._control.stopped:
                stream.close()
                break
            self._take(report, again)
            if report.judged and not self._output.pending:
                ledger.forget.remote(report.judged[-1].position)
        self._output.flush()

    def _take(self, report: Report, again: bool) -> None:
        for judged in report.judged:
            self._settle(judged, again)
        if report.kept:
            self._settler.kept(report.kept)
        if report.fatal is not None:
            raise report.fatal

    def _settle(self, judged: Judged, again: bool) -> None:
        piece, sha256 = judged.piece, judged.sha256
        place = self._output.place_of(sha256) if sha256 else None
        if place is not None:
            self._settler.settle(piece, known(piece, sha256, place))
            return
        for part in judged.parts:
            self._settler.settle(part.piece, part.outcome)
            if sha256 and isinstance(part.outcome, CamidError):
                self._remember(sha256, part.outcome)
        if not judged.parts:
            self._settle_copy(judged, again)

    def _settle_copy(self, judged: Judged, again: bool) -> None:
        """Of content that has no answer: the original failed, or has changed since and is no original; then
        this one is classified after the others."""
        error = self._failures.get(judged.sha256)
        if error is not None:
            self._settler.settle(judged.piece, error)
        elif again:
            message = "What this is a copy of has no answer: run the batch again."
            self._settler.settle(judged.piece, CamidError(ErrorCode.INTERNAL, message))
        else:
            self._orphans.add(judged.piece.place)

    def _remember(self, sha256: str, error: CamidError) -> None:
        self._failures[sha256] = error
        if len(self._failures) > _FAILURES:
            self._failures.popitem(last=False)
