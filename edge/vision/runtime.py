"""ONNX Runtime sessions: the best execution provider the machine has, as many threads as there are cores,
no spinning, and only model bytes that the manifest vouches for.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from edge.errors import ErrorCode, ModelError
from edge.settings import Settings
from edge.vision.cores import available_cores
from edge.vision.loop import InferenceLoop
from edge.vision.manifest import Manifest, ModelEntry, load_manifest, read_verified

_log = logging.getLogger(__name__)

__all__ = [
    "Manifest",
    "ModelEntry",
    "Session",
    "choose_providers",
    "load_manifest",
    "open_session",
    "usable_cores",
]

PROVIDERS: Mapping[str, str] = MappingProxyType(
    {
        "tensorrt": "TensorrtExecutionProvider",
        "cuda": "CUDAExecutionProvider",
        "openvino": "OpenVINOExecutionProvider",
        "acl": "ACLExecutionProvider",
        "xnnpack": "XnnpackExecutionProvider",
        "cpu": "CPUExecutionProvider",
    }
)
"""Names in the settings → names in ONNX Runtime, in the order in which ``auto`` tries them."""

ON_GPU = ("tensorrt", "cuda")
"""Providers for which several inputs a call pay; on a processor they cost memory and gain nothing."""
GPU_BATCH = 16
_SMALL_SIDE = 64

# ONNX Runtime's own exceptions share no base class but Exception.
_ORT_ERRORS: tuple[type[Exception], ...] = (
    RuntimeError,
    ValueError,
    *(e for e in vars(ort_errors).values() if isinstance(e, type) and issubclass(e, Exception)),
)

_DTYPES: Mapping[str, type[np.generic]] = MappingProxyType(
    {
        "tensor(float)": np.float32,
        "tensor(float16)": np.float16,
        "tensor(uint8)": np.uint8,
        "tensor(int32)": np.int32,
        "tensor(int64)": np.int64,
    }
)


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """An input or output of a model. ``shape`` has None where a side is free; ``dtype`` is NumPy's."""

    name: str
    dtype: type[np.generic]
    shape: tuple[int | None, ...]


class Session:
    """One loaded model. ``run`` may be called from several threads at once.

    ``provider`` is the settings' name of the execution provider that really runs it, ``threads`` the number
    of intra-op threads that one call uses, ``sha256`` that of the model file.
    """

    def __init__(
        self,
        inner: Any,
        *,
        name: str,
        provider: str,
        threads: int,
        sha256: str,
        loop: InferenceLoop | None = None,
    ) -> None:
        self._inner = inner
        self._loop = loop
        self.name = name
        self.provider = provider
        self.threads = threads
        self.sha256 = sha256
        self.inputs = tuple(_spec(node) for node in inner.get_inputs())
        self.outputs = tuple(_spec(node) for node in inner.get_outputs())
        if loop is not None and provider == "cpu":
            loop.at_rest(self.shrink)

    @property
    def metadata(self) -> Mapping[str, str]:
        """What the exporter wrote into the file, for instance a text recogniser's alphabet."""
        return MappingProxyType(dict(self._inner.get_modelmeta().custom_metadata_map))

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """All outputs, in the model's order; waits for its turn where the session belongs to a loop.

        Raises:
            ModelError: ``model_broken`` if the model cannot run on these inputs.
            StaleError: see ``InferenceLoop.turn``.
        """
        if self._loop is None:
            return self._call(inputs)
        return self._loop.run(self, self._call, inputs, self.threads)

    def _call(self, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        try:
            return list(self._inner.run(None, dict(inputs)))
        except _ORT_ERRORS as error:
            raise ModelError(
                ErrorCode.MODEL_BROKEN, f"The model {self.name} failed ({_first_line(error)})."
            ) from None

    def warm_up(self, free_side: int = 1) -> None:
        """Runs the model once on zeros, so that the first photo does not pay for lazy set-up. Every free side
        is taken as ``free_side``."""
        self.run(
            {i.name: np.zeros([free_side if n is None else n for n in i.shape], i.dtype) for i in self.inputs}
        )

    def shrink(self) -> None:
        """Gives back the memory that the largest inputs of late needed; the next such call asks for it anew.

        ONNX Runtime does that after a call only, so this is one, on a small input.
        """
        options = ort.RunOptions()
        options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        inputs = {one.name: np.zeros(_small(one.shape), one.dtype) for one in self.inputs}
        try:
            self._inner.run(None, inputs, options)
        except _ORT_ERRORS as error:  # it keeps what it has
            _log.warning("The model %s gives no memory back (%s).", self.name, _first_line(error))


def open_session(
    entry: ModelEntry,
    settings: Settings,
    *,
    threads: int | None = None,
    available: Sequence[str] | None = None,
    loop: InferenceLoop | None = None,
) -> Session:
    """Loads a verified model on the best provider.

    ``threads`` is the number of intra-op threads of one call on the CPU; None takes
    ``settings.threads``, or the cores available where that is 0. ``available``
    replaces ONNX Runtime's own list of providers in tests. The session's calls go through ``loop``.

    Raises:
        ModelError: ``model_missing``, ``model_altered`` or ``model_broken`` naming the file;
            ``provider_missing`` if the provider that the settings ask for cannot be used.
    """
    content = read_verified(entry)
    wanted = choose_providers(
        settings.provider, ort.get_available_providers() if available is None else available
    )
    intra = usable_cores(settings) if threads is None else threads
    failures = []
    for provider in wanted:
        try:
            inner = ort.InferenceSession(
                content,
                _options(intra),
                providers=[(PROVIDERS[provider], _provider_options(provider, settings))],
            )
        except _ORT_ERRORS as error:
            failures.append(f"{provider}: {_first_line(error)}")
            continue
        # ONNX Runtime falls back to the CPU in silence when a provider's libraries do not load.
        if inner.get_providers()[0] == PROVIDERS[provider]:
            return Session(
                inner, name=entry.name, provider=provider, threads=intra, sha256=entry.sha256, loop=loop
            )
        failures.append(f"{provider}: its libraries do not load")
    if settings.provider not in ("auto", "cpu"):
        raise ModelError(
            ErrorCode.PROVIDER_MISSING,
            f"{entry.path} cannot run on {settings.provider} ({'; '.join(failures)}).",
        )
    raise ModelError(
        ErrorCode.MODEL_BROKEN, f"The model file {entry.path} cannot be loaded ({'; '.join(failures)})."
    )


def load_loop(settings: Settings) -> InferenceLoop:
    """The loop of this process: its cores, and as many inputs a call as pay on its provider.

    Raises:
        ModelError: ``provider_missing``, see ``choose_providers``.
    """
    best = choose_providers(settings.provider, ort.get_available_providers())[0]
    batch = settings.loop_batch or (GPU_BATCH if best in ON_GPU else 1)
    return InferenceLoop(usable_cores(settings), batch)


def choose_providers(wanted: str, available: Sequence[str]) -> tuple[str, ...]:
    """The providers to try, best first; ``available`` holds ONNX Runtime's names.

    Raises:
        ModelError: ``provider_missing`` if the one that is asked for is not built in.
    """
    built_in = tuple(name for name, ort_name in PROVIDERS.items() if ort_name in available)
    if wanted == "auto":
        return built_in
    if wanted not in built_in:
        raise ModelError(
            ErrorCode.PROVIDER_MISSING,
            f"This ONNX Runtime has no provider {wanted!r}, only {', '.join(built_in) or 'none'}.",
        )
    return (wanted,)


def usable_cores(settings: Settings) -> int:
    """Threads to compute with: the setting, or the cores that affinity and cgroup quota leave."""
    return settings.threads or available_cores()


def _options(threads: int) -> Any:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 4  # what matters is raised as ModelError
    # A waiting thread must sleep: spinning burns a core in an idle service and starves the other sessions.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    return options


def _provider_options(provider: str, settings: Settings) -> dict[str, str]:
    match provider:
        case "tensorrt":  # building an engine takes minutes: do it once a machine
            engines = settings.data_dir / "engines"
            return {"trt_engine_cache_enable": "1", "trt_engine_cache_path": str(engines)}
        # These two schedule by themselves over the cores that they are given.
        case "openvino":
            return {"device_type": "CPU", "num_of_threads": str(usable_cores(settings))}
        case "xnnpack":
            return {"intra_op_num_threads": str(usable_cores(settings))}
        case "cuda":
            return {"arena_extend_strategy": "kSameAsRequested"}
        case _:
            return {}


def _spec(node: Any) -> TensorSpec:
    shape = tuple(side if isinstance(side, int) else None for side in node.shape)
    return TensorSpec(node.name, _DTYPES.get(node.type, np.float32), shape)


def _small(shape: Sequence[int | None]) -> list[int]:
    """One input with small free sides."""
    return [(_SMALL_SIDE if at else 1) if side is None else side for at, side in enumerate(shape)]


def _first_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return text[0][:300] if text else type(error).__name__
