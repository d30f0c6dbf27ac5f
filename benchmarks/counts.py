"""Draw a sky from published counts, find it again, and compare the corrected counts with the drawn ones.

    python benchmarks/counts.py                    # 2,400 x 2,400 pixels, five realisations; minutes

The sky has three times the counts of Hopkins et al. 2003 at 1.4 GHz (one source per 50 beams), points at
random, noise as wide as the beam of 4 pixels, a primary beam that falls to 0.4 in the corners. With
``--sizes 3`` its sources have sizes after Windhorst et al. 1990, up to 3 beams, and so have the fake ones,
unless ``--points``. The workflow searches it with `peaks`, again with fake sources, and negated.
Chi-squared is that of corrected over drawn numbers, and over those expected of the polynomial, in bins with
at least 100 fake sources and ten found; its variance is that of the number found (Poisson) and of the
correction. Results stay in ./counts.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.io import fits
from scipy.ndimage import gaussian_filter
from scipy.stats import chi2

from on_data import run_workflow
from radiofind.evaluation.count_corrections import LEAST_INJECTED
from radiofind.evaluation.published_counts import HOPKINS
from radiofind.mosaics.box import Box
from radiofind.mosaics.gaussians import FWHM
from radiofind.mosaics.images import read_header
from radiofind.mosaics.injections import EXTENDED, POINT, draw, windhorst_sizes
from radiofind.tables import read_csv

PIXEL_ARCSEC = 1.5
BEAM_PIXELS = 4.0
RMS = 30e-6
"""Jy/beam on the flat-noise image."""
LEAST_FOUND = 10
"""Sources in a bin, fewer of which have no normal distribution."""
AT_CORNERS = 0.4
"""Primary beam in the corners."""
FLUXES = (50e-6, 1.0)
"""Range of the polynomial, Jy."""
FREQUENCY_HZ = 1.4e9
DENSITY = 3
"""Counts of the sky over those of the polynomial: more sources, to see smaller errors."""


def cards_of(side: int) -> fits.Header:
    """Return the header of the image."""
    cards = fits.Header()
    for axis, (kind, centre, sign) in enumerate((("RA---SIN", 150.0, -1), ("DEC--SIN", 2.0, 1)), 1):
        cards[f"CTYPE{axis}"], cards[f"CRVAL{axis}"] = kind, centre
        cards[f"CDELT{axis}"], cards[f"CRPIX{axis}"] = sign * PIXEL_ARCSEC / 3600, (side + 1) / 2
    cards["BMAJ"] = cards["BMIN"] = BEAM_PIXELS * PIXEL_ARCSEC / 3600
    cards["BPA"], cards["RESTFRQ"], cards["BUNIT"] = 0.0, FREQUENCY_HZ, "Jy/beam"
    return cards


def draw_fluxes(area_deg2: float, rng: np.random.Generator) -> np.ndarray:
    """Return the fluxes (Jy) of a sky."""
    edges = np.geomspace(*FLUXES, 2000)
    middle = np.sqrt(edges[:-1] * edges[1:])
    counts = DENSITY * HOPKINS.at(middle, frequency_hz=FREQUENCY_HZ) * middle**-2.5 * np.diff(edges)
    return np.repeat(middle, rng.poisson(counts * area_deg2 * np.deg2rad(1) ** 2))


def make_sky(place: Path, side: int, seed: int, *, largest_beams: float) -> np.ndarray:
    """Write the image and its primary beam; return the fluxes of the sources."""
    rng, cards = np.random.default_rng(seed), cards_of(side)
    rows, columns = (np.indices((side, side)) - (side - 1) / 2) / (side / 2)
    beam = AT_CORNERS ** ((rows**2 + columns**2) / 2)
    fits.writeto(place / "primary_beam.fits", beam.astype(np.float32), cards, overwrite=True)
    noise = gaussian_filter(rng.normal(size=(side, side)), BEAM_PIXELS / FWHM, mode="wrap")
    image = noise * (RMS / noise.std())
    fits.writeto(place / "image.fits", image.astype(np.float32), cards, overwrite=True)
    flux = draw_fluxes((side * PIXEL_ARCSEC / 3600) ** 2, rng)
    x, y = rng.uniform(-0.5, side - 0.5, (2, len(flux)))
    at = np.rint(y).astype(int).clip(0, side - 1), np.rint(x).astype(int).clip(0, side - 1)
    sources = pd.DataFrame({"x": x, "y": y, "size": 0.0, "injected_flux": flux * beam[at]})
    if largest_beams:
        sizes = windhorst_sizes(rng.random(len(flux)), flux, frequency_hz=FREQUENCY_HZ)
        sources["size"] = np.minimum(sizes, largest_beams * BEAM_PIXELS * PIXEL_ARCSEC)
    sources = sources.assign(shape=EXTENDED if largest_beams else POINT, position_angle=np.nan)
    image += draw(sources, read_header(place / "image.fits"), Box(0, side, 0, side))
    fits.writeto(place / "image.fits", image.astype(np.float32), cards, overwrite=True)
    return flux


def chance(table: pd.DataFrame, number: pd.Series, true: pd.Series) -> float:
    """Return the p-value of chi-squared of numbers over true ones."""
    variance = table["correction"] ** 2 * table["n"] + (table["n"] * table["e_correction"]) ** 2
    return float(chi2.sf(((number - true) ** 2 / variance).sum(), len(table)))


def main() -> None:
    """Run the workflow, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--side", type=int, default=2400, help="pixels")
    parser.add_argument("--realisations", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sizes", type=float, default=0.0, help="largest size of the sources, beams")
    parser.add_argument("--points", action="store_true", help="all fake sources are points")
    options = parser.parse_args()
    place = Path("counts").resolve()
    place.mkdir(exist_ok=True)
    flux = make_sky(place, options.side, options.seed, largest_beams=options.sizes)
    sized = options.sizes and not options.points
    settings = {
        "finders": {"peaks": {"kind": "peaks", "threshold": 5.0}},
        "find_with": ["peaks"],
        "survey": {"prefix": "SKY"},
        "injections": {
            "finders": ["peaks"],
            "realisations": options.realisations,
            "beams_per_source": 100,
            "slope": 1,
            "size_distribution": "windhorst" if sized else "log_uniform",
        },
    }
    files = {"image": str(place / "image.fits"), "primary_beam": str(place / "primary_beam.fits")}
    run_workflow(place, settings=settings, sheet=[{"mosaic": "sky", **files}])
    table = read_csv(place / "results/survey/counts/peaks.csv")
    table["drawn"], _ = np.histogram(flux, [*table["flux_low"], table["flux_high"].iloc[-1]])
    table["expected"] = DENSITY * table["published"] * table["n"] / table["counts_uncorrected"]
    shown = ["flux_low", "drawn", "expected", "n", "reliability", "n_injected", "n_found", "correction"]
    print(
        table[[*shown, "e_correction", "trusted", "n_corrected"]].to_string(index=False, float_format="%.4g")
    )
    used = table[(table["n_injected"] >= LEAST_INJECTED) & (table["n"] >= LEAST_FOUND)]
    twice = used["n_corrected"] * used["correction"]
    numbers = {"corrected": used["n_corrected"], "not corrected": used["n"], "corrected twice": twice}
    for name, number in numbers.items():
        over = {true: chance(used, number, used[true]) for true in ("drawn", "expected")}
        print(f"{name}, {len(used)} bins: p {over['drawn']:.2g} (drawn), {over['expected']:.2g} (expected)")


if __name__ == "__main__":
    main()
