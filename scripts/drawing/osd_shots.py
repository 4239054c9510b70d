"""A planned picture as a still or a clip that went through the codec, with its label."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

import cv2
import numpy as np

from edge.domain import Pixels
from scripts.drawing.osd_codec import Coding, any_coding, decode, encode
from scripts.drawing.osd_layers import Layer, MarkLayer, TextLayer, legible, overlap
from scripts.drawing.osd_paint import LUMA, Box, Frame
from scripts.drawing.osd_plan import Plan, plan
from scripts.drawing.osd_scenery import any_light, any_size, footage
from scripts.drawing.osd_splits import Split

CLIP_SIZES = ((640, 360), (640, 480), (704, 576), (960, 540), (1280, 720))


@dataclass(frozen=True, slots=True)
class Label:
    """One line of ``labels.jsonl``: first what the real frames' labels hold, then how it was drawn.

    Boxes are in pixels of the file; ``height_px`` is the height of the stamp's digits, ``text_px`` of the
    whole stamp.
    """

    file: str
    osd_vendor: str | None
    vendor_basis: str | None
    watermark: str | None
    watermark_box: tuple[float, ...] | None
    timestamp_text: str | None
    timestamp_box: tuple[float, ...] | None
    timestamp_uncertain: bool | None
    channel_text: str | None
    channel_box: tuple[float, ...] | None
    overlay_by: str | None
    negative: bool
    negative_class: str | None
    look_alike: str | None
    scene: str
    source: str
    text_from: str | None
    note: str | None
    repo: str | None
    path: str | None
    licence: str
    split: str
    kind: str
    width: int
    height: int
    light: str
    background: str
    height_px: float | None
    text_px: float | None
    font: str | None
    finish: str | None
    style_vendor: str | None
    channel_font: str | None
    watermark_kind: str | None
    watermark_drawing: str | None
    watermark_finish: str | None
    watermark_px: float | None
    opacity: float | None
    scene_text: str | None
    codec: str
    kbps: int | None
    quality: int | None
    fps: int
    frames: int
    frame: int
    timestamp_first: str | None
    timestamp_last: str | None
    rescaled: float | None
    seed: str


@dataclass(frozen=True, slots=True)
class Shot:
    """``file`` holds the MP4 of a clip, ``picture`` a still."""

    label: Label
    picture: Pixels | None
    file: bytes | None


def still(split: Split, number: int) -> Shot:
    """Picture ``number`` of the split: one frame, early in a group of pictures or somewhat later."""
    seed = f"{split.seed}/still/{number}"
    chance = random.Random(seed)
    scenery, name = footage(split.backgrounds, any_size(chance), any_light(chance), chance)
    planned = plan(split, scenery, chance)
    frame = chance.choice((0, 0, 1, 2, 3, 5))
    coding = any_coding((scenery.width, scenery.height), 25, chance)
    frames, boxes = _composed(planned, frame + 1, coding.fps)
    picture = decode(encode(frames, coding))[frame]
    label = _label(f"f{number:05d}.jpg", split, planned, coding, boxes[frame], frame + 1, frame, seed, name)
    scale = chance.uniform(0.55, 0.95) if chance.random() < 0.18 else None
    if scale is not None and _readable(label, scale):
        picture = _republished(picture, scale, chance)
    else:
        scale = None
    return Shot(_scaled(label, picture, scale), picture, None)


def clip(split: Split, number: int) -> Shot:
    """Clip ``number``: three to five seconds, the clock ticks, the scene moves."""
    seed = f"{split.seed}/clip/{number}"
    chance = random.Random(seed)
    scenery, name = footage(split.backgrounds, chance.choice(CLIP_SIZES), any_light(chance), chance)
    planned = plan(split, scenery, chance)
    fps = chance.choice((8, 10, 12, 15))
    count = round(fps * chance.uniform(3, 5))
    coding = any_coding((scenery.width, scenery.height), fps, chance)
    coding = replace(
        coding, codec="h264", kbps=coding.kbps or 800, quality=None, gop=min(coding.gop, 2 * fps)
    )
    frames, boxes = _composed(planned, count, fps)
    data = encode(frames, coding)
    label = _label(f"c{number:05d}.mp4", split, planned, coding, boxes[0], count, 0, seed, name)
    last = planned.start + timedelta(seconds=(count - 1) / fps)
    stamp = next((layer for layer in planned.layers if _is_text(layer, "timestamp")), None)
    if isinstance(stamp, TextLayer):
        label = replace(label, timestamp_first=label.timestamp_text, timestamp_last=stamp.shown(last))
    return Shot(label, None, data)


Boxes = dict[int, Box]
"""By the layer's place in the plan."""


def _composed(planned: Plan, count: int, fps: int) -> tuple[list[Frame], list[Boxes]]:
    frames, boxes = [], []
    for frame, found in _painted(planned, count, fps):
        frames.append(frame)
        boxes.append(found)
    return frames, boxes


def _painted(planned: Plan, count: int, fps: int) -> Iterator[tuple[Frame, Boxes]]:
    layers: tuple[Layer, ...] | None = None
    for number, frame in enumerate(planned.footage.frames(count, 25 / fps)):
        when = planned.start + timedelta(seconds=number / fps)
        if layers is None:
            layers = tuple(_legible_in_turn(planned.layers, frame.copy(), when))
        boxes = {place: layer.paint_on(frame, when) for place, layer in enumerate(layers)}
        if planned.grey:
            frame[:] = (frame @ LUMA)[..., None]
        yield frame, boxes


def _legible_in_turn(layers: Iterable[Layer], ground: Frame, when: datetime) -> Iterator[Layer]:
    """Each on the ground that the layers before it have made."""
    for layer in layers:
        sturdy = legible(layer, ground, when)
        sturdy.paint_on(ground, when)
        yield sturdy


def _readable(label: Label, scale: float) -> bool:
    return (label.height_px or 99) * scale >= 7 and (label.watermark_px or 99) * scale >= 10


def _republished(picture: Pixels, scale: float, chance: random.Random) -> Pixels:
    """Scaled and compressed once more, as pictures that somebody passed on are."""
    size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    quality = [cv2.IMWRITE_JPEG_QUALITY, chance.randint(60, 92)]
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", small, quality)[1], cv2.IMREAD_COLOR), np.uint8)


def _is_text(layer: Layer, role: str) -> bool:
    return isinstance(layer, TextLayer) and layer.role == role


def _label(
    file: str,
    split: Split,
    planned: Plan,
    coding: Coding,
    boxes: Boxes,
    frames: int,
    frame: int,
    seed: str,
    name: str,
) -> Label:
    when = planned.start + timedelta(seconds=frame / coding.fps)
    stamp, stamp_box = _text(planned, boxes, "timestamp")
    channel, channel_box = _text(planned, boxes, "channel")
    mark, mark_box = _watermark(planned, boxes)
    vendor = mark.mark.vendor if mark else None
    return Label(
        file=file,
        osd_vendor=vendor,
        vendor_basis="watermark" if vendor else None,
        watermark=mark.mark.text if mark else None,
        watermark_box=mark_box,
        timestamp_text=" ".join(stamp.shown(when).split()) if stamp else None,
        timestamp_box=stamp_box,
        timestamp_uncertain=_ticked(stamp, planned.start, when) if stamp else None,
        channel_text=channel.shown(when) if channel else None,
        channel_box=channel_box,
        overlay_by=planned.overlay_by,
        negative=planned.negative_class is not None,
        negative_class=planned.negative_class,
        look_alike="trail_camera" if planned.kind == "trail" else None,
        scene=planned.footage.light.value,
        source=f"drawn/{split.name}",
        text_from="drawn" if stamp or channel or mark else None,
        note=None,
        repo=None,
        path=None,
        licence="drawn over shared research pictures: not for publication",
        split=split.name,
        kind=planned.kind,
        width=planned.footage.width,
        height=planned.footage.height,
        light=planned.footage.light.value,
        background=name,
        height_px=stamp.line(when).digit_px if stamp else None,
        text_px=stamp_box[3] - stamp_box[1] if stamp_box else None,
        font=stamp.face.name if stamp else None,
        finish=stamp.paint.finish.value if stamp else None,
        style_vendor=planned.style_vendor,
        channel_font=channel.face.name if channel else None,
        watermark_kind=mark.mark.kind if mark else None,
        watermark_drawing=mark.mark.identity if mark else None,
        watermark_finish=mark.paint.finish.value if mark else None,
        watermark_px=mark.px if mark else None,
        opacity=round(mark.paint.opacity, 2) if mark else None,
        scene_text=planned.scene_text,
        codec=coding.codec,
        kbps=coding.kbps,
        quality=coding.quality,
        fps=coding.fps,
        frames=frames,
        frame=frame,
        timestamp_first=None,
        timestamp_last=None,
        rescaled=None,
        seed=seed,
    )


def _text(planned: Plan, boxes: Boxes, role: str) -> tuple[TextLayer | None, Box | None]:
    """The line of this role, unless something drawn after it covers a part of it."""
    for place, layer in enumerate(planned.layers):
        if isinstance(layer, TextLayer) and layer.role == role:
            box = boxes[place]
            covered = any(overlap(box, over, 0) for later, over in boxes.items() if later > place)
            return (None, None) if covered else (layer, box)
    return None, None


def _ticked(stamp: TextLayer, first: datetime, when: datetime) -> bool | None:
    """True where the key frame shows another time: at few bits the codec may still show that one."""
    return stamp.shown(when) != stamp.shown(first) or None


def _watermark(planned: Plan, boxes: Boxes) -> tuple[MarkLayer | None, Box | None]:
    for place, layer in enumerate(planned.layers):
        if isinstance(layer, MarkLayer):
            return layer, boxes[place]
    return None, None


def _scaled(label: Label, picture: Pixels, scale: float | None) -> Label:
    """The label in pixels of the picture as it is kept."""
    if scale is None:
        return label
    across, down = picture.shape[1] / label.width, picture.shape[0] / label.height

    def box(old: tuple[float, ...] | None) -> tuple[float, ...] | None:
        return old and tuple(round(v * s, 1) for v, s in zip(old, (across, down) * 2, strict=True))

    def size(old: float | None) -> float | None:
        return old and round(old * down, 1)

    return replace(
        label,
        width=picture.shape[1],
        height=picture.shape[0],
        watermark_box=box(label.watermark_box),
        timestamp_box=box(label.timestamp_box),
        channel_box=box(label.channel_box),
        height_px=size(label.height_px),
        text_px=size(label.text_px),
        watermark_px=size(label.watermark_px),
        rescaled=round(scale, 3),
    )


def as_line(label: Label) -> dict[str, object]:
    """For ``labels.jsonl``."""
    return asdict(label)
