"""What a file or a stream says of the device that wrote it: EXIF, JPEG comments, SEI user data.

It speaks for the camera that *recorded*, never for one seen in the picture.
"""

from __future__ import annotations

from collections.abc import Sequence

from edge.domain import Evidence, FileTags
from edge.evidence.likelihoods import Likelihoods
from edge.vendors.catalogue import Catalogue


def evidence_from_metadata(tags: FileTags, catalogue: Catalogue, likelihoods: Likelihoods) -> list[Evidence]:
    """Evidence from EXIF and JPEG comments (``Picture.tags``); empty where they name no maker of
    surveillance cameras."""
    del tags, catalogue, likelihoods
    return []


def evidence_from_user_data(
    user_data: Sequence[bytes], catalogue: Catalogue, likelihoods: Likelihoods
) -> list[Evidence]:
    """Evidence from SEI messages (``StreamInfo.user_data``)."""
    del user_data, catalogue, likelihoods
    return []


def software_encoder(user_data: Sequence[bytes]) -> str | None:
    """The software that encoded the stream, "x264" or "x265", where an SEI message names one: such a stream
    comes out of a program, so nothing in its bytes speaks for a camera."""
    del user_data
    return None
