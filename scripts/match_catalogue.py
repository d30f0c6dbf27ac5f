"""Match a catalogue to the truth."""

import json
from pathlib import Path

import pandas as pd

from radiofind.comparison import read_area, read_comparison
from radiofind.cuts import cuts_from_json, selections
from radiofind.damage import watch_for_damage
from radiofind.files import write_parquet
from radiofind.logs import log_to
from radiofind.matching import match_table

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    area = read_area(snakemake.wildcards.mosaic, snakemake.input.patches, **snakemake.params.boxes)
    files = {name: snakemake.input[name] for name in ("patches", "truth", "catalogue")}
    pair = read_comparison(area, **files, truth_rms=snakemake.params.truth_rms)
    cuts = cuts_from_json(json.loads(Path(snakemake.input.cuts).read_text()))
    tables = [
        match_table(
            pair.truth, pair.detections, selection=chosen, radius_pixels=snakemake.params.radius_pixels
        )
        for chosen in selections(snakemake.params.snr, cuts)
    ]
    write_parquet(pd.concat(tables, ignore_index=True), snakemake.output.matches)
