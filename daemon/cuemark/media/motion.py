"""Global motion between two pictures of one shot: what the camera did, told apart from what moves before it.

Sparse optical flow: corners in every part of the picture (Shi and Tomasi 1994) are followed by pyramidal Lucas-Kanade
there and back, and similarity transforms (shift, scale, turn) are fitted by RANSAC.  The camera moves what lies along
the picture's edge, a subject what lies in its middle; so of several motions the one that most of the edge follows is
the camera's, and standing still is one of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Points = NDArray[np.float32]

#: Parts along a side, and corners in each.
_PARTS, _CORNERS = 5, 10
#: A corner's smallest eigenvalue, in units of levels squared: below it lies noise.
_TEXTURE = 2e-4
#: Pixels between where a point was and where it is followed back to, and from where a motion takes it.
_BACK, _NEAR = 0.7, 0.8
#: A point that moved by so many pixels at most stood still.
_STILL = 0.35
#: Of the parts along the edge so many must show something, and such a share of them must follow the camera.
_LEAST_PARTS, _FOLLOWING = 6, 0.55
_MOTIONS = 3


@dataclass(frozen=True)
class Motion:
    """How a picture became the next: `x` right and `y` down in shares of its width, `scale` about its middle, `turn`
    clockwise in radians."""

    x: float
    y: float
    scale: float
    turn: float


STILL = Motion(0.0, 0.0, 1.0, 0.0)


def luma(rgb: NDArray[np.uint8]) -> Grey:
    """The grey picture uint8 [h, w] of one in RGB."""
    import cv2

    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)


def global_motion(before: Grey, after: Grey) -> Motion | None:
    """The camera's motion between two grey pictures uint8 [h, w]; None where it cannot be told.

    It cannot where little texture lies along the picture's edge, or no one motion moves most of that.
    """
    start = _corners(before)
    if len(start) < _LEAST_PARTS:
        return None
    start, end = _followed(before, after, start)
    parts = _edge_parts(start, before.shape)
    if len({int(part) for part in parts if part >= 0}) < _LEAST_PARTS:
        return None
    best, most = None, _FOLLOWING
    left = np.ones(len(start), np.bool_)
    stood = np.abs(end - start).max(axis=1) <= _STILL
    stands = (share := _share(parts, stood)) >= most
    if stands:
        # Fitted, since what moves by a tenth of a pixel in every frame is a slow push.
        slight = _fitted(start[stood], end[stood])
        best, most = STILL if slight is None else _motion(slight, before.shape), share
    for _ in range(_MOTIONS):
        found = _fitted(start[left], end[left])
        if found is None:
            break
        follows = np.hypot(*(start @ found[:, :2].T + found[:, 2] - end).T) <= _NEAR
        # Standing still is also a motion that fits; only one that moves more of the edge is another.
        if (share := _share(parts, follows)) > most + (0.1 if stands else 0.0):
            best, most, stands = _motion(found, before.shape), share, False
        left &= ~follows
    return best


def _corners(picture: Grey) -> Points:
    """Points [n, 2] (x, y) with texture around them, a few in every part of the picture."""
    import cv2

    height, width = picture.shape
    strength = cv2.cornerMinEigenVal(picture, 5)
    found = []
    for row in range(_PARTS):
        for column in range(_PARTS):
            top, bottom = row * height // _PARTS, (row + 1) * height // _PARTS
            left, right = column * width // _PARTS, (column + 1) * width // _PARTS
            corners = cv2.goodFeaturesToTrack(picture[top:bottom, left:right], _CORNERS, 0.05, 4)
            if corners is not None:
                found.append(corners.reshape(-1, 2) + np.array([left, top], np.float32))
    if not found:
        return np.zeros((0, 2), np.float32)
    points: Points = np.concatenate(found).astype(np.float32)
    columns, rows = np.clip(points.round().astype(int), 0, (width - 1, height - 1)).T
    textured: Points = points[strength[rows, columns] >= _TEXTURE]
    return textured


def _followed(before: Grey, after: Grey, start: Points) -> tuple[Points, Points]:
    """The points that are found again, and where: followed there, and back to where they came from."""
    import cv2

    flow = {"winSize": (15, 15), "maxLevel": 4}
    end, there, _ = cv2.calcOpticalFlowPyrLK(before, after, start[:, None], None, **flow)  # type: ignore[call-overload]
    back, here, _ = cv2.calcOpticalFlowPyrLK(after, before, end, None, **flow)  # type: ignore[call-overload]
    good = (there & here).ravel().astype(bool) & (np.abs(back[:, 0] - start).max(axis=1) <= _BACK)
    return start[good], end[good, 0]


def _edge_parts(points: Points, shape: tuple[int, ...]) -> NDArray[np.int64]:
    """[n]: the number of the part along the edge that each point lies in, -1 for those in the middle."""
    height, width = shape
    columns = np.clip((points[:, 0] * _PARTS / width).astype(int), 0, _PARTS - 1)
    rows = np.clip((points[:, 1] * _PARTS / height).astype(int), 0, _PARTS - 1)
    last = _PARTS - 1
    edge = (columns == 0) | (columns == last) | (rows == 0) | (rows == last)
    return np.where(edge, rows * _PARTS + columns, -1)


def _share(parts: NDArray[np.int64], follows: NDArray[np.bool_]) -> float:
    """Of the parts along the edge, the share in which most points follow a motion."""
    numbers = [int(part) for part in np.unique(parts) if part >= 0]
    return float(np.mean([follows[parts == number].mean() > 0.5 for number in numbers])) if numbers else 0.0


def _fitted(start: Points, end: Points) -> NDArray[np.float64] | None:
    """The similarity transform [2, 3] that most points follow."""
    import cv2

    if len(start) < _LEAST_PARTS:
        return None
    found, _ = cv2.estimateAffinePartial2D(start, end, method=cv2.RANSAC, ransacReprojThreshold=_NEAR)
    return None if found is None else np.asarray(found, np.float64)


def _motion(found: NDArray[np.float64], shape: tuple[int, ...]) -> Motion:
    height, width = shape
    middle = np.array([width / 2, height / 2])
    x, y = (found[:, :2] @ middle + found[:, 2] - middle) / width
    return Motion(float(x), float(y), float(np.hypot(found[0, 0], found[1, 0])), math.atan2(found[1, 0], found[0, 0]))
