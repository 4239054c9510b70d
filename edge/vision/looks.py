"""The gallery of known housings: which platform's a housing looks like most."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.errors import ErrorCode, ModelError
from edge.vision.embedding import Vectors, unit
from edge.vision.gallery import Gallery
from edge.vision.manifest import ModelEntry, read_verified


@dataclass(frozen=True, slots=True)
class Looks:
    """``mean`` (D,) and ``projection`` (D, K) lead from the housing network's features to ``gallery``, whose
    owners are platforms.

    Raises:
        ValueError: if the three do not go together.
    """

    mean: NDArray[np.float32]
    projection: NDArray[np.float32]
    gallery: Gallery

    def __post_init__(self) -> None:
        if self.projection.shape != (len(self.mean), self.gallery.vectors.shape[1]):
            raise ValueError("mean, projection and gallery differ in their dimensions")

    def nearest(self, features: NDArray[np.float32]) -> list[tuple[str, float]]:
        """For each of ``features`` (N, D) the platform whose housing is most alike, and the cosine."""
        return [(platform, cosine) for platform, cosine, _ in self.gallery.nearest(self.vectors(features))]

    def vectors(self, features: NDArray[np.float32]) -> Vectors:
        """Unit vectors (N, K)."""
        return unit((features - self.mean) @ self.projection)


def fit_looks(features: NDArray[np.float32], platforms: Sequence[str], dimensions: int) -> Looks:
    """The looks of housings with known platforms, by their principal components, each of equal weight."""
    mean = features.mean(0)
    _, spread, axes = np.linalg.svd(features - mean, full_matrices=False)
    projection = np.asarray(axes[:dimensions].T / spread[:dimensions], np.float32)
    return Looks(mean, projection, Gallery(unit((features - mean) @ projection), tuple(platforms)))


def load_looks(entry: ModelEntry) -> Looks:
    """Reads the looks that the manifest vouches for.

    Raises:
        ModelError: ``model_missing``, ``model_altered`` or ``model_broken``.
    """
    content = read_verified(entry)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            mean, projection = (arrays[name].astype(np.float32) for name in ("mean", "projection"))
            gallery = Gallery(unit(arrays["vectors"]), tuple(str(p) for p in arrays["platforms"]))
            return Looks(mean, projection, gallery)
    except (ValueError, KeyError, OSError) as error:
        raise ModelError(ErrorCode.MODEL_BROKEN, f"{entry.path} cannot be read ({error}).") from None
