"""What clients send to start a batch of a folder."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from edge.service.stream_requests import Name

MAX_PATH_CHARACTERS = 4096


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("control and invisible characters are not taken")
    return text


Folder = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_PATH_CHARACTERS),
    AfterValidator(_printable),
    Field(
        description="A folder or an archive on the service's machine: an absolute path, or one inside a "
        "folder of `batch_roots`.",
        examples=["photos/2024"],
    ),
]
MinScore = Annotated[
    float | None,
    Field(ge=0, le=1, description="Report cameras from this detector score on; null: the shipped threshold."),
]


class NewBatchV1(BaseModel):
    """A batch of what lies in a folder."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    folder: Folder
    name: Name | None = Field(
        None, description="What people call it; without one, the folder's.", examples=["Demonstrations 2024"]
    )
    min_score: MinScore = None
