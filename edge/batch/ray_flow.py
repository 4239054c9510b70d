"""How a batch flows through Ray Data: the walk, the pool of workers, the ledger. Nothing here decides.

Imported once the cluster is chosen (``edge.batch.ray_cluster``), for Ray reads its environment as it is
imported.
"""

from __future__ import annotations

import pickle
from collections.abc import Generator, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import ray
from ray.data import ActorPoolStrategy, DataContext, read_datasource
from ray.data.block import BlockMetadata
from ray.data.datasource import Datasource, ReadTask
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from edge.batch.assign import Cut, assignments
from edge.batch.index_view import IndexView
from edge.batch.ledger import Claim, Ledger
from edge.batch.plan import Plan
from edge.batch.worker import Report, Worker, WorkerSpec
from edge.errors import CamidError, ErrorCode

if TYPE_CHECKING:
    from edge.batch.ray_engine import Pool

_COLUMN = "pickled"


def reports(
    plan: Plan, index: Path, cut: Cut, spec: WorkerSpec, pool: Pool, ledger: Any
) -> Generator[Report, None, None]:
    """What the workers say, in the order of the plan.

    Raises:
        CamidError: ``workers_lost``.
    """
    context = DataContext.get_current()
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    context.target_max_block_size = 1  # one assignment a block: they are not gathered to larger ones
    size = {"size": pool.workers} if pool.workers else {"min_size": 1}
    found = read_datasource(_PlanSource(plan, index, cut), override_num_blocks=1, num_cpus=0).map_batches(
        _Actor,
        fn_constructor_args=(spec, ledger),
        batch_size=1,
        batch_format="pyarrow",
        num_cpus=pool.cpus,
        num_gpus=pool.gpus or None,
        compute=ActorPoolStrategy(
            **size, max_concurrent_calls_per_actor=pool.cpus + 1, enable_true_multi_threading=True
        ),
    )
    try:
        for batch in found.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=1):
            yield from map(_report, batch.column(_COLUMN).to_pylist())
    except RayError as error:
        # With the workers' own words, for what ends a run here is mostly an environment that differs there.
        why = str(error).strip().splitlines()[-1][:300]
        raise CamidError(
            ErrorCode.WORKERS_LOST, f"The cluster could not go on ({type(error).__name__}: {why})."
        ) from None


def start_ledger(index: Path) -> Any:
    """The ledger in a process of its own, on the machine of the index."""
    near = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    actor = ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1, scheduling_strategy=near)(Ledger)
    return actor.remote(index)


class _PlanSource(Datasource):  # type: ignore[misc]  # Ray's classes are Any
    """One task, on the machine of the index, that yields as it walks."""

    def __init__(self, plan: Plan, index: Path, cut: Cut) -> None:
        super().__init__()
        self._walk = partial(_walked, plan, index, cut)

    @property
    def supports_distributed_reads(self) -> bool:
        """No: the index lies here, and maybe the sources."""
        return False

    def estimate_inmemory_data_size(self) -> int | None:
        return None

    def get_read_tasks(self, parallelism: int, *_: Any, **__: Any) -> list[ReadTask]:
        del parallelism
        return [ReadTask(self._walk, BlockMetadata(None, None, None, None))]


def _walked(plan: Plan, index: Path, cut: Cut) -> Iterator[pa.Table]:
    with IndexView(index) as done:
        for assignment in assignments(plan, done, cut):
            yield _table([pickle.dumps(assignment)])


class _Actor:
    """A worker as Ray Data calls it: a table of one assignment in, one of its report out."""

    def __init__(self, spec: WorkerSpec, ledger: Any) -> None:
        def claim(position: int, sha256: str, finished: int | None) -> Claim:
            return Claim(ray.get(ledger.claim.remote(position, sha256, finished)))

        self._worker = Worker(spec, claim)

    def __call__(self, table: pa.Table) -> pa.Table:
        done = [self._worker(pickle.loads(one)) for one in table.column(_COLUMN).to_pylist()]
        return _table([pickle.dumps(report) for report in done])


def _report(pickled: bytes) -> Report:
    report = pickle.loads(pickled)
    assert isinstance(report, Report)
    return report


def _table(pickled: list[bytes]) -> pa.Table:
    return pa.table({_COLUMN: pa.array(pickled, pa.large_binary())})
