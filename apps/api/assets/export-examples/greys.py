"""How greys of 16 bits become the 8 bits that a model was adapted to."""

import numpy as np


def greys_of(values, intensity):
    """Greys of 8 bits for values ``[height, width]``: by the window of the model, or by its percentiles of the image (a
    PNG has no window of its own), background left out."""
    values = values.astype(np.float64)
    if intensity is None:
        low, high = whole_range(values)
        rounding = 0.5
        least = 0
    else:
        if intensity["kind"] == "window":
            centre, width = intensity["centre"], intensity["width"]
            low, high = centre - width / 2, centre + width / 2
        else:
            low, high = percentile_ends(values, intensity)
        rounding = 0.5 + 1e-6
        least = low
    if not high > low:
        return np.where(values > least, 255, 0).astype(np.uint8)
    return np.floor(np.clip((values - low) / (high - low), 0, 1) * 255 + rounding).astype(np.uint8)


def percentile_ends(values, intensity):
    ends = intensity if intensity["kind"] == "percentiles" else {"low": 0.5, "high": 99.5}
    foreground = foreground_of(values)
    return percentile(foreground, ends["low"]), percentile(foreground, ends["high"])


def percentile(ordered, percent):
    place = percent / 100 * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def foreground_of(values):
    """Ascending, of a grid of at most 256 x 256 points: without what is connected to the border through the darkest
    twentieth of the range."""
    places = [((np.arange(n) + 0.5) * size / n).astype(int) for size in values.shape for n in [min(size, 256)]]
    grid = values[np.ix_(*places)]
    ordered = np.sort(grid, axis=None)
    low, high = percentile(ordered, 0.5), percentile(ordered, 99.5)
    dark = grid <= low + (0.05 + 1e-6) * (high - low)
    ground = np.zeros_like(dark)
    ground[[0, -1]] = dark[[0, -1]]
    ground[:, [0, -1]] = dark[:, [0, -1]]
    reached = 0
    while reached < ground.sum():
        reached = ground.sum()
        beside = np.pad(ground, 1)
        ground = dark & (ground | beside[:-2, 1:-1] | beside[2:, 1:-1] | beside[1:-1, :-2] | beside[1:-1, 2:])
    kept = np.sort(grid[~ground])
    return ordered if len(kept) < 0.01 * grid.size else kept


def whole_range(values):
    """The range of the values, but for what lies farther from their central range than twice its width."""
    ordered = np.sort(values, axis=None)
    rank = int(len(ordered) * 0.005)
    low, high = ordered[rank], ordered[len(ordered) - 1 - rank]
    reach = np.inf if low == high else 2 * (high - low)
    return ordered[ordered >= low - reach][0], ordered[ordered <= high + reach][-1]
