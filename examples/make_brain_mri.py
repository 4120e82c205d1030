"""Make the demonstration set `examples/brain-mri`: synthetic brain MRI slices, with and without a tumour.

Nobody needs to run this to use the product; the images are committed. To make them again, to the same bytes:

    python3.11 -m venv .venv
    .venv/bin/pip install nilearn==0.14.1 nibabel==5.4.2 numpy==2.4.6 scipy==1.17.1 pillow==13.0.0
    .venv/bin/python examples/make_brain_mri.py

Anatomy comes from one source, the skull-stripped MNI ICBM152 template (T1, grey and white matter at 1 mm) inside
nilearn's wheel. Everything that differs between two images is drawn from a seeded generator: a "patient" (a bent and
tilted plane through the template), a "scan" (contrast, bias field, blur, noise) and, in abnormal images, a tumour
grown by a reaction-diffusion equation. All scans follow one protocol, because a detector is adapted to one kind of
image. Normal and abnormal images share one path; a tumour is the only thing that an abnormal image has more.

Arrays are [row, column] with the front of the head up; tissue is a dictionary of shares in 0..1 that add up to the
brain's own share.
"""

import shutil
from pathlib import Path

import numpy as np
from nilearn import datasets
from PIL import Image
from scipy import ndimage

SEED = 2405
FOLDER = Path(__file__).resolve().parent / "brain-mri"
SETS = {"train/normal": 24, "test/normal": 16, "test/abnormal": 16}

SLICE_RANGE_MM = (14.0, 32.0)  # at the level of the lateral ventricles
IMAGE_SIDE = 240
FIELD_OF_VIEW_MM = 216.0
TUMOUR_DIAMETERS_PX = (24.0, 60.0)

OEDEMA_DENSITIES = (0.05, 0.35)  # the cell densities between which oedema goes from none to full

# Signals as in a FLAIR image, before a scan's own variation: fluid is dark, and grey matter brighter than white.
CONTRAST = {"white": 0.43, "grey": 0.57, "csf": 0.12, "meninges": 0.80}
TUMOURS = {
    "solid": {"core": 0.67, "rim": 0.70, "oedema": 0.63},
    "necrotic": {"core": 0.28, "rim": 0.70, "oedema": 0.63},
}


def main():
    template = load_template()
    shutil.rmtree(FOLDER / "masks", ignore_errors=True)
    for set_index, (name, count) in enumerate(SETS.items()):
        shutil.rmtree(FOLDER / name, ignore_errors=True)
        for index, plan in enumerate(plan_set(np.random.default_rng([SEED, set_index]), count)):
            random = np.random.default_rng([SEED, set_index, index])
            image, mask = make_image(random, template, plan, abnormal=name.endswith("abnormal"))
            stem = f"{name.replace('/', '-')}-{index + 1:02d}"
            save_png(FOLDER / name / f"{stem}.png", image)
            if mask is not None:
                save_png(FOLDER / "masks" / f"{stem}.png", mask)


def load_template():
    """The template's volumes, indexed [x, y, z] at 1 mm, and the world coordinates of voxel (0, 0, 0)."""
    images = {
        "t1": datasets.load_mni152_template(resolution=1),
        "grey": datasets.load_mni152_gm_template(resolution=1),
        "white": datasets.load_mni152_wm_template(resolution=1),
        "brain": datasets.load_mni152_brain_mask(resolution=1),
    }
    volumes = {name: image.get_fdata().astype(np.float32) for name, image in images.items()}
    return {**volumes, "origin": images["t1"].affine[:3, 3]}


def plan_set(random, count):
    """What must be spread evenly over a set, whatever its label: slice height, kind and size of tumour."""
    low, high = SLICE_RANGE_MM
    heights = low + (high - low) * (np.arange(count) + random.uniform(size=count)) / count
    tumours = random.permutation([list(TUMOURS)[i % len(TUMOURS)] for i in range(count)])
    diameters = random.permutation(np.geomspace(*TUMOUR_DIAMETERS_PX, count))
    plans = [
        {"height_mm": height, "tumour": str(tumour), "diameter_px": diameter}
        for height, tumour, diameter in zip(heights, tumours, diameters)
    ]
    return random.permutation(plans)


def make_image(random, template, plan, abnormal):
    """An 8-bit image and, if abnormal, its mask (0 or 255)."""
    tissue = cut_slice(random, template, plan)
    signal_of = vary_contrast(random)
    tumour = None
    if abnormal:
        tumour = grow_tumour(random, tissue, plan["diameter_px"])
        tissue = push_tissue(tissue, tumour["mask"], random.uniform(1.5, 4.0))
    signal = sum(tissue[name] * signal_of[name] for name in signal_of) * tissue["detail"]
    if tumour is not None:
        signal = paint_tumour(random, signal, tissue, tumour, TUMOURS[plan["tumour"]])
    image = scan(random, signal, tissue["brain"])
    return image, None if tumour is None else np.where(tumour["mask"], 255, 0).astype(np.uint8)


# The patient


def cut_slice(random, template, plan):
    """Tissue shares on a bent, tilted, scaled plane through the template."""
    side = IMAGE_SIDE
    pixel_mm = FIELD_OF_VIEW_MM / side / random.uniform(0.94, 1.08)
    rows, columns = np.mgrid[:side, :side].astype(np.float64) - (side - 1) / 2
    angle = np.radians(random.normal(0, 5))
    x = pixel_mm * (np.cos(angle) * columns - np.sin(angle) * rows) * random.uniform(0.93, 1.06)
    y = -pixel_mm * (np.sin(angle) * columns + np.cos(angle) * rows)
    pitch, roll = np.radians(random.normal(0, [4.0, 1.5]))
    z = plan["height_mm"] + np.tan(pitch) * y + np.tan(roll) * x
    # The head sits somewhere near the middle; y = -18 mm is the middle of the template's brain.
    x, y = x + random.normal(0, 3), y - 18 + random.normal(0, 3)
    for wavelength_px, amplitude_mm in ((side / 5, 2.4), (side / 14, 1.2)):
        x = x + amplitude_mm * smooth_noise(random, wavelength_px)
        y = y + amplitude_mm * smooth_noise(random, wavelength_px)
        z = z + amplitude_mm * smooth_noise(random, wavelength_px)

    points = np.stack([x, y, z]) - template["origin"][:, None, None]
    cut = {name: ndimage.map_coordinates(template[name], points, order=1) for name in ("t1", "grey", "white", "brain")}
    brain = np.clip(cut["brain"] * 2 - 0.5, 0, 1)
    fluid = np.clip(1 - cut["grey"] - cut["white"], 0, 1)
    # An average of 152 heads is blurred: raising shares to a power gives one head's sharper borders,
    # weighting the fluid gives young and old brains their narrow and wide sulci.
    power = random.uniform(1.6, 2.4)
    fluid_weight = random.uniform(0.9, 2.6)
    shares = {"white": cut["white"] ** power, "grey": cut["grey"] ** power, "csf": fluid_weight * fluid**power}
    total = sum(shares.values()) + 1e-6
    tissue = {name: brain * share / total for name, share in shares.items()}
    tissue = leave_meninges(random, {**tissue, "brain": brain})
    # What the three shares do not tell (thalamus from putamen, say): the template's own T1 beside its local mean.
    local_mean = ndimage.gaussian_filter(cut["t1"], 4) / (ndimage.gaussian_filter(brain, 4) + 1e-3)
    detail = 1 + 0.6 * brain * np.clip(cut["t1"] / (local_mean + 1e-3) - 1, -0.3, 0.3)
    tissue["detail"] = detail * (1 + 0.02 * smooth_noise(random, 2.0))
    return tissue


def leave_meninges(random, tissue):
    """Tissue with bright meninges in patches of the brain's edge, as brain extraction leaves them."""
    depth_px = ndimage.distance_transform_edt(tissue["brain"] > 0.25)
    patches = ramp(smooth_noise(random, 5), 1.0, 1.8) * (1 - ramp(depth_px, 1.5, 4.0))
    remainder = {name: share * (1 - patches) for name, share in tissue.items()}
    return {**remainder, "meninges": tissue["brain"] * patches, "brain": tissue["brain"]}


def smooth_noise(random, sigma_px):
    """White noise smoothed to the given width, with mean 0 and deviation 1."""
    noise = ndimage.gaussian_filter(random.normal(size=(IMAGE_SIDE, IMAGE_SIDE)), sigma_px, mode="wrap")
    return (noise - noise.mean()) / noise.std()


# The scan


def vary_contrast(random):
    return {name: signal * random.uniform(0.97, 1.03) for name, signal in CONTRAST.items()}


def scan(random, signal, brain):
    """What a scanner makes of a signal: blur, bias field, gain and gamma, Rician noise; then brain extraction."""
    side = len(signal)
    signal = ndimage.gaussian_filter(signal, random.uniform(0.6, 0.8))
    axis = np.linspace(-1, 1, side)
    # The square terms are mostly positive: the brain's edge is nearer to the coil, thus brighter, than its middle.
    slopes = random.normal([0, 0, 0, 0.12, 0.12], 0.06)
    r, c = axis[:, None], axis[None, :]
    bias = 1 + slopes[0] * r + slopes[1] * c + slopes[2] * r * c + slopes[3] * r * r + slopes[4] * c * c
    signal = np.clip(signal * bias * random.uniform(0.85, 1.15), 0, None) ** random.uniform(0.95, 1.05)
    sigma = random.uniform(0.014, 0.020)
    # Noise is a little wider than a pixel, as in images that the scanner interpolated.
    real, imaginary = (sigma * smooth_noise(random, random.uniform(0.4, 0.5)) for _ in range(2))
    signal = np.hypot(signal + real, imaginary)
    return np.round(255 * np.clip(signal * (brain > 0.25), 0, 1)).astype(np.uint8)


# The tumour


def grow_tumour(random, tissue, diameter_px):
    """Grow a tumour cell density u from one point by Fisher's equation, du/dt = div(D grad u) + rho u (1 - u).

    Cells spread five times faster in white matter than in grey matter and not at all in fluid or outside the brain;
    growth is slower here and faster there. The ratio of D to rho makes the front, where the oedema will be, about an
    eighteenth of the diameter wide. Growth ends when the mask has the area of a disc of the wanted diameter.

    Returns density (u), age (0..1, how long ago a pixel became dense, 1 the seed) and mask (where the oedema of
    `paint_tumour` has at least half its weight, and all inside).
    """
    solid = (tissue["white"] + tissue["grey"]) * (tissue["brain"] > 0.99)
    side = len(solid)
    diffusivity = 0.2 * (tissue["white"] + 0.2 * tissue["grey"]) * (solid > 0.5)
    rate = 0.2 * (18 / diameter_px) ** 2 * np.exp(0.35 * smooth_noise(random, diameter_px / 6)) * (solid > 0.5)
    # Links between neighbours carry the harmonic mean, so none crosses a barrier.
    links = [harmonic_mean(diffusivity, np.roll(diffusivity, 1, axis)) for axis in (0, 1)]

    density = np.zeros((side, side))
    density[pick_seed(random, solid, diameter_px)] = 1
    wanted_area = np.pi * (diameter_px / 2) ** 2
    dense_since = np.full((side, side), np.inf)
    step = 0
    mask = np.zeros((side, side), dtype=bool)
    while np.count_nonzero(mask) < wanted_area:
        if step > 5000:
            raise RuntimeError("The tumour stopped growing before it had its size: draw another seed point.")
        flows = [link * (density - np.roll(density, 1, axis)) for axis, link in enumerate(links)]
        spread = sum(np.roll(flow, -1, axis) - flow for axis, flow in enumerate(flows))
        density = np.clip(density + spread + rate * density * (1 - density), 0, 1)
        step += 1
        dense_since = np.where((density > 0.5) & np.isinf(dense_since), step, dense_since)
        mask = ndimage.binary_fill_holes(ramp(density, *OEDEMA_DENSITIES) >= 0.5)
    age = np.where(np.isinf(dense_since), 0, 1 - dense_since / step)
    return {"density": density, "age": age, "mask": mask}


def harmonic_mean(a, b):
    return 2 * a * b / (a + b + 1e-12)


def pick_seed(random, solid, diameter_px):
    """A pixel of solid tissue, deep enough in the brain for a good part of the tumour to fit."""
    depth = ndimage.distance_transform_edt(ndimage.binary_closing(solid > 0.1, iterations=6))
    candidates = np.argwhere((solid > 0.8) & (depth > 5 + 0.35 * diameter_px))
    return tuple(candidates[random.integers(len(candidates))])


def push_tissue(tissue, mask, push_px):
    """Mass effect: tissue around the tumour moves away from it, by `push_px` at most and not at the brain's edge."""
    side = len(mask)
    width = 0.35 * np.sqrt(mask.sum())
    slopes = np.gradient(ndimage.gaussian_filter(mask.astype(np.float64), width))
    slopes = np.stack(slopes) / np.hypot(*slopes).max()
    freedom = np.clip(ndimage.distance_transform_edt(tissue["brain"] > 0.5) / 12, 0, 1)
    rows, columns = np.mgrid[:side, :side] + push_px * freedom * slopes
    pushed = {name: ndimage.map_coordinates(part, [rows, columns], order=1) for name, part in tissue.items()}
    return {**pushed, "brain": tissue["brain"]}


def paint_tumour(random, signal, tissue, tumour, signal_of):
    """The signal with a necrotic core (the oldest part), a rim (the rest of the dense part) and oedema around it."""
    strength = random.uniform(0.85, 1.0)
    core_age = np.quantile(tumour["age"][tumour["age"] > 0], random.uniform(0.5, 0.85))
    texture = 1 + 0.06 * smooth_noise(random, 1.5)
    dense = ramp(tumour["density"], 0.45, 0.75)
    core = dense * ramp(ndimage.gaussian_filter(tumour["age"], 1), core_age - 0.06, core_age + 0.06)
    oedema = ramp(tumour["density"], *OEDEMA_DENSITIES) * np.clip(tissue["white"] + 0.7 * tissue["grey"], 0, 1)
    painted = signal + strength * oedema * (signal_of["oedema"] * texture - signal)
    painted = painted + strength * (dense - core) * (signal_of["rim"] * texture - painted)
    painted = painted + strength * core * (signal_of["core"] * texture - painted)
    return painted * tissue["brain"] + signal * (1 - tissue["brain"])


def ramp(values, low, high):
    return np.clip((values - low) / (high - low), 0, 1)


def save_png(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, optimize=True)


if __name__ == "__main__":
    main()
