"""The configuration: its defaults, and that every mistake is told with file, line and key."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from radiofind.mosaics.sizes import LEAST_PIXELS
from radiofind.workflow.config.configuration import ConfigurationError, check_config

CONFIG = Path(__file__).parents[4] / "config"
SCHEMAS = CONFIG / "schemas"
DEFAULT = CONFIG / "config.yaml"
OVERLAYS = [CONFIG / "demo.yaml", *sorted((CONFIG / "presets").glob("*.yaml"))]
KIND_SCHEMAS = sorted((SCHEMAS / "finders").glob("*.schema.yaml"))
KINDS = "combined, convosource, peaks, pybdsf"
BLOCK = "{size_pixels: 100, frequency_mhz: 560, exposure_h: 8, seed: 1}"


def merged(below, above):
    """Lay one configuration over another as Snakemake does."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return {**below, **{key: merged(below.get(key), value) for key, value in above.items()}}


@pytest.fixture
def folder(tmp_path):
    """A working directory with the default configuration and a sheet."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config/config.yaml").write_text(DEFAULT.read_text())
    (tmp_path / "config/mosaics.tsv").touch()
    return tmp_path


def check(folder, overlay="", command_line=None):
    mine = folder / "mine.yaml"
    mine.write_text(overlay)
    config = yaml.safe_load(DEFAULT.read_text())
    config = merged(config, yaml.safe_load(overlay) or {})
    config = merged(config, command_line or {})
    return check_config(config, schemas=SCHEMAS, sources=[folder / "config/config.yaml", mine], base=folder)


def complaint(folder, overlay="", command_line=None):
    with pytest.raises(ConfigurationError) as caught:
        check(folder, overlay, command_line)
    return str(caught.value)


def test_the_default_is_right_and_complete(folder):
    config = check(folder)
    assert config["noise"] == {"box_pixels": 150, "step_pixels": 50, "mean": "map", "bright": None}
    assert config["evaluation"] == {"truth_rms": "median", "seed": 1}
    assert config["finders"]["pybdsf"]["time_limit_s"] == 1800
    assert config["strict"] is False


def test_the_default_simulates_trains_and_classifies_nothing(folder):
    config = check(folder)
    assert config["find_with"] == ["pybdsf", "peaks"]
    assert config["simulations"] == {}
    assert config["classifiers"] == {
        "datasets": {},
        "networks": {},
        "train_with": [],
        "classify_sources": None,
    }


def test_a_run_without_a_sheet_is_told_to_write_one(folder):
    (folder / "config/mosaics.tsv").unlink()
    message = complaint(folder)
    assert message.startswith("config/config.yaml, line 2: mosaics: ")
    assert "config/mosaics.tsv" in message and "config/README.md" in message


def test_the_default_file_says_what_the_schema_says(folder):
    needed = {key: yaml.safe_load(DEFAULT.read_text())[key] for key in ("mosaics", "finders", "find_with")}
    assert check_config(needed, schemas=SCHEMAS, base=folder) == check(folder)


def test_the_given_configuration_is_not_changed(folder):
    given_config = yaml.safe_load(DEFAULT.read_text())
    before = copy.deepcopy(given_config)
    check_config(given_config, schemas=SCHEMAS, base=folder)
    assert given_config == before


def test_the_order_of_keys_and_the_way_a_whole_number_is_written_change_nothing(folder):
    one = check(folder, "tiling: {core_pixels: 100.0, halo_pixels: 20}")
    two = check(folder, "tiling: {halo_pixels: 20, core_pixels: 100}")
    assert json.dumps(one) == json.dumps(two)


def test_two_settings_of_one_finder_and_a_bright_lattice_are_right(folder):
    config = check(
        folder,
        "finders: {low: {kind: pybdsf, thresh_pix: 3, thresh_isl: 2, atrous_do: true, blank_limit: null}}\n"
        "find_with: [pybdsf, low]\n"
        "noise: {bright: {threshold: 150, box_pixels: 60, step_pixels: 15}}\n",
    )
    assert list(config["finders"]["low"]) == [
        "kind",
        "tiles_per_job",
        "time_limit_s",
        *("largest_island_beam_areas", "pybdsf_tables", "model_images"),
        "thresh_pix",
        "thresh_isl",
        "blank_limit",
        "atrous_do",
    ]


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.stem)
def test_the_demonstration_and_the_presets_are_right(overlay):
    config = merged(yaml.safe_load(DEFAULT.read_text()), yaml.safe_load(overlay.read_text()))
    check_config(config, schemas=SCHEMAS, sources=[DEFAULT, overlay], base=CONFIG.parent)


@pytest.mark.parametrize(
    ("overlay", "key", "told"),
    [
        ("tilling: {}", "tilling", "expected a known key, received tilling (did you mean tiling?)"),
        ("tiling: {core: 50}", "tiling.core", "(the keys are core_pixels, halo_pixels, halo_beams)"),
        ("tiling: {core_pixels: 1999}", "tiling.core_pixels", "expected a multiple of 50, received 1999"),
        ("tiling: {core_pixels: 0}", "tiling.core_pixels", "expected at least 50, received 0"),
        ("tiling: {core_pixels: big}", "tiling.core_pixels", "expected a whole number, received 'big'"),
        ("tiling: {core_pixels: true}", "tiling.core_pixels", "expected a whole number, received True"),
        ("tiling: {core_pixels: }", "tiling.core_pixels", "expected a whole number, received None"),
        ("tiling: {halo_pixels: 12}", "tiling.halo_pixels", "expected at least 13, received 12"),
        ("tiling: {halo_pixels: 2000}", "tiling.halo_pixels", "expected less than tiling.core_pixels (2000)"),
        ("tiling: 5", "tiling", "expected keys with values, received 5"),
        (
            "noise: {step_pixels: 151}",
            "noise.step_pixels",
            "expected at most noise.box_pixels (150), received 151",
        ),
        ("noise: {mean: none}", "noise.mean", "expected one of map, zero, received 'none'"),
        ("tiling: {halo_beams: 0}", "tiling.halo_beams", "expected more than 0, received 0"),
        ("tiling: {halo_beams: wide}", "tiling.halo_beams", "expected a number, received 'wide'"),
        ("match: {radius_beams: }", "match.radius_beams", "expected a number, received None"),
        (
            "noise: {box_beams: 30, step_beams: 30.1}",
            "noise.step_beams",
            "expected at most noise.box_beams (30), received 30.1",
        ),
        (
            "noise: {bright: {threshold: 5}}",
            "noise.bright.box_pixels",
            "expected a value (or box_beams), received nothing",
        ),
        (
            "noise: {bright: {threshold: 5, box_pixels: 60, step_pixels: 51}}",
            "noise.bright.step_pixels",
            "expected at most noise.step_pixels (50), received 51",
        ),
        (
            "noise: {bright: {threshold: 5, box_pixels: 10, step_pixels: 20}}",
            "noise.bright.step_pixels",
            "expected at most noise.bright.box_pixels (10), received 20",
        ),
        ("find_with: [pybdfs]", "find_with[0]", "received pybdfs (did you mean pybdsf?)"),
        ("find_with: [peaks, peaks]", "find_with", "expected each entry once"),
        ("find_with: []", "find_with", "expected a list of 1 or more"),
        ("find_with: peaks", "find_with", "expected a list, received 'peaks'"),
        ("snr: [1, 0]", "snr[1]", "expected more than 0, received 0"),
        ("snr: [5, 5.0]", "snr", "expected each entry once"),
        ("snr: [.nan]", "snr[0]", "expected a number, received nan"),
        ("snr: [5e1]", "snr[0]", "an exponent as in 83.0e-6), received '5e1'"),
        ("match: {radius_pixels: -1}", "match.radius_pixels", "expected more than 0"),
        ("evaluation: {truth_rms: mean}", "evaluation.truth_rms", "expected one of median, local"),
        ("evaluation: {seed: 1.5}", "evaluation.seed", "expected a whole number"),
        ("dask: {cluster: pbs}", "dask.cluster", "expected one of local, processes, slurm, received 'pbs'"),
        ("dask: {jobs: 0}", "dask.jobs", "expected at least 1, received 0"),
        ("dask: {walltime: 60}", "dask.walltime", "received walltime (did you mean walltime_min?)"),
        ('dask: {account: "a\\n#SBATCH -o x"}', "dask.account", "expected a name of letters"),
        ("dask: {partition: cpu gpu}", "dask.partition", "expected a name of letters"),
        (
            "dask: {options: ['--wrap=rm x']}",
            "dask.options[0]",
            "expected an option of sbatch such as --qos=short",
        ),
        (
            "dask: {options: [-q short]}",
            "dask.options[0]",
            "expected an option of sbatch such as --qos=short",
        ),
        ("mosaics: none.tsv", "mosaics", "received none.tsv (no such file"),
        ("mosaics: config", "mosaics", "received config (a folder"),
        ("mosaics: 3", "mosaics", "expected text (put it in quotes), received 3"),
        ("finders: {a b: {kind: peaks}}", "finders.a b", "expected a name of letters"),
        ("finders: {../x: {kind: peaks}}", "finders.../x", "expected a name of letters"),
        ("finders: {coverage.moc: {kind: peaks}}", "finders.coverage.moc", "expected a name that results/"),
        ("finders: {no: {kind: peaks}}", "finders[False]", "expected a key that is text (put it in quotes)"),
        ("finders: {2024: {kind: peaks}}", "finders[2024]", "expected a key that is text (put it in quotes)"),
        (
            "finders: {x: {}}",
            "finders.x.kind",
            f"expected one of {KINDS}, received nothing",
        ),
        (
            "finders: {x: {kind: aegean}}",
            "finders.x.kind",
            f"expected one of {KINDS}, received aegean",
        ),
        ("finders: {x: {kind: [peaks]}}", "finders.x.kind", f"expected one of {KINDS}, received"),
        ("finders: {x: peaks}", "finders.x", "expected keys with values, received 'peaks'"),
        ("finders: {peaks: {treshold: 5}}", "finders.peaks.treshold", "(did you mean threshold?)"),
        ("finders: {peaks: {threshold: -1}}", "finders.peaks.threshold", "expected more than 0"),
        (
            "finders: {pybdsf: {thresh_isl: 6.0}}",
            "finders.pybdsf.thresh_isl",
            "expected at most thresh_pix (5.0)",
        ),
        (
            "finders: {x: {kind: pybdsf, thresh_pix: 2}}",
            "finders.x.thresh_pix",
            "expected at least thresh_isl (3.0",
        ),
        ("finders: {pybdsf: {atrous_do: yes please}}", "finders.pybdsf.atrous_do", "expected true or false"),
        (
            "finders: {pybdsf: {ini_method: x}}",
            "finders.pybdsf.ini_method",
            "expected one of intensity, curvature",
        ),
        ("finders: {pybdsf: {time_limit_s: 0}}", "finders.pybdsf.time_limit_s", "expected more than 0"),
        (
            "finders: {x: {kind: convosource, model: null, recipe: own}}",
            "finders.x.recipe",
            "expected one of default, general",
        ),
        (
            "finders: {x: {kind: convosource, model: null, stride_pixels: 51}}",
            "finders.x.stride_pixels",
            "at most 50",
        ),
        ("finders: {x: {kind: convosource, train_snr: 0}}", "finders.x.train_snr", "expected more than 0"),
        ("finders: {x: {kind: convosource, lowest_score: 2}}", "finders.x.lowest_score", "at most 1"),
        ("finders: {x: {kind: convosource, model: 3}}", "finders.x.model", "expected text or null"),
        ("finders: {x: {kind: combined, of: []}}", "finders.x.of", "expected a list of 1 or more"),
        ("finders: {x: {kind: combined, of: [peaks, peaks]}}", "finders.x.of", "expected each entry once"),
        ("finders: {x: {kind: combined}}", "finders.x.of", "expected a value, received nothing"),
        ("injections: {}", "injections.finders", "expected a value, received nothing"),
        ("injections: {finders: [net]}", "injections.finders[0]", "images: pybdsf, peaks, received net"),
        ("injections: {finders: [combined]}", "injections.finders[0]", "received combined"),
        (
            "injections: {finders: [peaks], beams_per_source: 50}",
            "injections.beams_per_source",
            "expected at least 100 (500 is safe",
        ),
        ("injections: {finders: [peaks], flux_snr: [5]}", "injections.flux_snr", "a list of 2 or more"),
        (
            "injections: {finders: [peaks], flux_snr: [5, 5]}",
            "injections.flux_snr",
            "expected a lower and a higher number, received [5, 5]",
        ),
        ("injections: {finders: [peaks], flux_snr: [0, 5]}", "injections.flux_snr[0]", "more than 0"),
        (
            "injections: {finders: [peaks], extended_fraction: 0.1, size_distribution: windhorst}",
            "injections.extended_fraction",
            "expected 0, as with size_distribution windhorst",
        ),
        (
            "injections: {finders: [peaks], extended_fraction: 0.75, double_fraction: 0.5}",
            "injections.double_fraction",
            "at most 0.25",
        ),
        (
            "injections: {finders: [peaks], extended_fraction: 2}",
            "injections.extended_fraction",
            "expected at most 1",
        ),
        ("simulations: {s: {seed: 1}}", "simulations.s.size_pixels", "expected a value, received nothing"),
        (f"simulations: {{s/t: {BLOCK}}}", "simulations.s/t", "expected a name of letters"),
        ("simulations: {demo: {axes: 3}}", "simulations.demo.axes", "expected one of 2, 4, received 3"),
        ("simulations: {demo: {density: 0}}", "simulations.demo.density", "expected more than 0"),
        ("simulations: {demo: {dec_deg: 91}}", "simulations.demo.dec_deg", "expected at most 90"),
        ("simulations: {demo: {frequency_mhz: 144}}", "simulations.demo.beam_arcsec", "expected a value"),
    ],
)
def test_a_mistake_is_told_with_file_line_and_key(folder, overlay, key, told):
    message = complaint(folder, f"# mine\n\n{overlay}\n")
    assert f"mine.yaml, line 3: {key}: " in message
    assert told in message


SIZES = ["tiling.halo", "noise.box", "noise.step", "noise.bright.box", "noise.bright.step", "match.radius"]


def nested(key, value):
    """Return the part of a configuration that has one key."""
    for name in reversed(key.split(".")):
        value = {name: value}
    return value


@pytest.mark.parametrize("size", SIZES)
def test_a_size_in_pixels_and_in_beams_is_told_with_both_keys(folder, size):
    both = merged(nested(f"{size}_pixels", 20), nested(f"{size}_beams", 20))
    told = complaint(folder, f"# mine\n\n{json.dumps(both)}")
    assert f"mine.yaml, line 3: {size}_beams: expected this or {size}_pixels, received both" in told


def test_a_size_in_beams_replaces_the_default_in_pixels(folder):
    config = check(folder, "tiling: {halo_beams: 20}\nnoise: {step_beams: 5}\nmatch: {radius_beams: 0.5}\n")
    assert config["tiling"] == {"core_pixels": 2000, "halo_beams": 20}
    assert config["noise"] == {"box_pixels": 150, "step_beams": 5, "mean": "map", "bright": None}
    assert config["match"] == {"radius_beams": 0.5}
    assert check_config(config, schemas=SCHEMAS, base=folder) == config


@pytest.mark.parametrize(
    ("first", "second", "command_line", "kept"),
    [
        ({"halo_pixels": 20}, {"halo_beams": 9}, {}, {"halo_beams": 9}),
        ({"halo_beams": 9}, {"halo_pixels": 20}, {}, {"halo_pixels": 20}),
        ({"halo_beams": 9}, {"halo_pixels": 100}, {}, {"halo_pixels": 100}),  # as the default says
        ({}, {"halo_pixels": 20}, {"halo_beams": 9}, {"halo_beams": 9}),
        ({"halo_pixels": 20}, {"halo_beams": 9}, {"halo_pixels": 30}, {"halo_pixels": 30}),
    ],
)
def test_of_two_units_the_last_one_wins(folder, first, second, command_line, kept):
    sources, config = [folder / "config/config.yaml"], yaml.safe_load(DEFAULT.read_text())
    for number, tiling in enumerate((first, second)):
        sources.append(folder / f"{number}.yaml")
        sources[-1].write_text(yaml.safe_dump({"tiling": tiling}))
        config = merged(config, {"tiling": tiling})
    config = merged(config, {"tiling": command_line})
    checked = check_config(config, schemas=SCHEMAS, sources=sources, base=folder)
    assert checked["tiling"] == {"core_pixels": 2000} | kept


def test_the_smallest_sizes_are_those_of_the_schema():
    schema = yaml.safe_load((SCHEMAS / "config.schema.yaml").read_text())
    for name, least in LEAST_PIXELS.items():
        part = schema
        for key in (*name[:-1], f"{name[-1]}_pixels"):
            part = part["properties"][key]
        assert part["minimum"] == least


def finder_x(settings, find_with="[peaks, x]"):
    return f"find_with: {find_with}\nfinders:\n  x: {settings}\n"


def test_a_network_needs_its_kind_alone(folder):
    x = check(folder, finder_x("{kind: convosource}"))["finders"]["x"]
    assert (x["recipe"], x["train_snr"], x["augment"], x["model"]) == ("default", 2, "all", "general")


def test_what_only_a_training_needs_is_told_unless_there_is_one(folder):
    told = complaint(folder, finder_x("{kind: convosource, epochs: 50, seed: 2}"))
    assert "finders.x.model: expected a value" in told and "epochs, seed" in told
    check(folder, finder_x("{kind: convosource, epochs: 50, seed: 2, model: null}"))


def test_a_training_that_starts_from_the_general_network_has_its_recipe(folder):
    given = "kind: convosource, start_from: general"
    check(folder, finder_x(f"{{{given}, model: null, recipe: general}}"))
    told = complaint(folder, finder_x(f"{{{given}, model: null}}"))
    assert "finders.x.recipe: expected general" in told
    told = complaint(folder, finder_x(f"{{{given}, model: general, recipe: general}}"))
    assert "finders.x.model: expected model: null" in told
    told = complaint(folder, finder_x("{kind: convosource, start_from: a.keras, model: null}"))
    assert "finders.x.start_from: expected the path of a file" in told


@pytest.mark.parametrize(("kind", "suffix"), [("convosource", ".keras"), ("combined, of: [peaks]", ".json")])
def test_a_model_must_be_a_file_of_its_kind_with_its_description(folder, kind, suffix):
    overlay = finder_x(f"{{kind: {kind}, model: old/x{suffix}}}")
    place = "mine.yaml, line 3: finders.x.model: "
    wrong = finder_x(f"{{kind: {kind}, model: old/x.h5}}")
    assert f"{place}expected the path of a file that ends in {suffix}" in complaint(folder, wrong)
    assert f"{place}expected the path of a file, received old/x{suffix} (no such" in complaint(
        folder, overlay
    )
    (folder / "old").mkdir()
    (folder / f"old/x{suffix}").touch()
    if suffix != ".json":
        told = complaint(folder, overlay)
        assert place in told and "received old/x.json (no such" in told
    (folder / "old/x.json").write_text("{")
    told = complaint(folder, overlay)
    assert place in told and "received old/x.json (Expecting" in told


@pytest.mark.parametrize("model", [".", "/", "..", "a.keras/", "'a\\0.keras'"])
def test_a_model_that_is_no_path_of_a_file_is_told(folder, model):
    told = complaint(folder, finder_x(f"{{kind: convosource, model: {model}}}"))
    assert "mine.yaml, line 3: finders.x.model: expected " in told


def test_a_model_with_braces_in_its_path_is_told(folder):
    for suffix in (".keras", ".json"):
        (folder / f"a{{b}}{suffix}").touch()
    told = complaint(folder, finder_x("{kind: convosource, model: 'a{b}.keras'}"))
    assert "finders.x.model: expected the path of a file, received a{b}.keras (has { or }" in told


@pytest.mark.parametrize("number", ["0x" + "f" * 5000, "1e300", "9007199254740994"])
@pytest.mark.parametrize("key", ["tiling.core_pixels", "evaluation.seed"])
def test_a_number_too_large_for_any_use_is_told(folder, key, number):
    block, key_of_block = key.split(".")
    told = complaint(folder, f"{block}: {{{key_of_block}: {number}}}")
    assert f"mine.yaml, line 1: {key}: expected a whole number" in told and len(told) < 400


def test_a_name_of_a_finder_that_is_too_long_is_told(folder):
    check(folder, f"finders: {{{'x' * 100}: {{kind: peaks}}}}")
    told = complaint(folder, f"finders: {{{'x' * 101}: {{kind: peaks}}}}")
    assert "mine.yaml, line 1: finders.xxx" in told and "at most 100" in told


def test_models_and_parts_of_finders_that_do_not_run_do_not_matter(folder):
    check(folder, finder_x("{kind: convosource, model: none.keras}", "[peaks]"))
    check(folder, finder_x("{kind: combined, of: [nobody]}", "[peaks]"))


@pytest.mark.parametrize(
    ("parts", "find_with", "told"),
    [
        (
            "[peaks, nobody]",
            "[peaks, x]",
            "of[1]: expected a finder of find_with that is not itself combined",
        ),
        ("[pybdsf]", "[peaks, x]", "combined: peaks, received pybdsf"),
        ("[peaks, peeks]", "[peaks, x]", "received peeks (did you mean peaks?)"),
        ("[x]", "[x]", "of[0]: expected a finder of find_with that is not itself combined: none, received x"),
        ("[peaks, y]", "[peaks, x, y]", "combined: peaks, received y"),
    ],
)
def test_what_is_combined_must_run_and_not_be_combined_itself(folder, parts, find_with, told):
    overlay = finder_x(f"{{kind: combined, of: {parts}}}", find_with) + "  y: {kind: combined, of: [peaks]}\n"
    message = complaint(folder, overlay)
    assert told in message and message.startswith("mine.yaml, line 3: finders.x.of[")


def test_any_number_of_other_finders_can_be_combined(folder):
    check(
        folder,
        finder_x("{kind: combined, of: [pybdsf, peaks, n]}", "[n, x, peaks, pybdsf]")
        + "  n: {kind: convosource}\n",
    )


@pytest.mark.parametrize(
    ("option", "instead"),
    [
        ("rms_box: [150, 15]", "noise.box_pixels and noise.step_pixels"),
        ("adaptive_rms_box: true", "noise.bright"),
        ("rms_box_bright: [60, 15]", "noise.bright.box_pixels and noise.bright.step_pixels"),
        ("mean_map: zero", "noise.mean"),
        ("thresh: fdr", "thresh_pix and thresh_isl"),
        ("beam: [6, 6, 0]", "the column beam of the mosaic sheet"),
        ("frequency: 144e6", "the column frequency_hz of the mosaic sheet"),
        ("ncores: 4", "cores in the profile"),
        ("trim_box: [0, 10, 0, 10]", "tiling.core_pixels and tiling.halo_pixels"),
        ("output_all: true", "no key: the workflow writes the catalogues and logs"),
    ],
)
def test_options_that_the_workflow_owns_are_refused_with_what_to_use_instead(folder, option, instead):
    message = complaint(folder, f"finders:\n  pybdsf:\n    {option}\n")
    name = option.split(":")[0]
    assert f"mine.yaml, line 3: finders.pybdsf.{name}: expected {instead}" in message


def test_the_line_is_that_of_the_key_in_the_last_file_that_has_it(folder):
    overlay = "snr: [1]\ntiling:\n  halo_pixels: 20\n  core_pixels: 75\n"
    assert complaint(folder, overlay).startswith("mine.yaml, line 4: tiling.core_pixels: ")
    text = (folder / "config/config.yaml").read_text()
    (folder / "config/config.yaml").write_text(text.replace("halo_pixels: 100", "halo_pixels: 100"))
    line = text.splitlines().index("  halo_pixels: 100") + 1
    told = complaint(folder, "tiling: {core_pixels: 100}")
    assert told.startswith(
        f"config/config.yaml, line {line}: tiling.halo_pixels: expected less than tiling.core_pixels (100)"
    )


def test_a_mistake_on_the_command_line_is_not_blamed_on_a_file(folder):
    told = complaint(folder, "snr: [1]", {"tiling": {"core_pixels": 75}, "typo": 1})
    assert "command line or a default: tiling.core_pixels: " in told
    assert "command line or a default: typo: " in told


def test_all_mistakes_are_told_at_once(folder):
    told = complaint(
        folder, "snr: []\nmatch: {radius: 1}\nfind_with: [x]\nfinders: {peaks: {threshold: a}}\n"
    )
    for key in ("snr", "match.radius", "finders.peaks.threshold"):
        assert f": {key}: " in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("snr: [1\nmatch: 3\n", "mine.yaml, line 2: expected YAML"),
        ("snr: [1]\n\tmatch: 3\n", "mine.yaml, line 2: expected YAML"),
        ("snr: [1]\nsnr: [2]\n", "mine.yaml, line 2: snr: expected each key once, received it on line 1 too"),
        (
            "finders:\n  x: {kind: peaks}\n  x: {kind: pybdsf}\n",
            "mine.yaml, line 3: finders.x: expected each key once",
        ),
        ("a: \x00", "mine.yaml: expected a YAML file in UTF-8"),
        (
            "snr: [1]\na: 2001-13-99\n",
            "mine.yaml, line 2: expected YAML, received a mistake: a value that cannot",
        ),
        ("a:\n  b: !!int ''\n", "mine.yaml, line 2: expected YAML, received a mistake: a value that cannot"),
        ("a: !!timestamp x", "mine.yaml, line 1: expected YAML"),
        (f"a: {'9' * 5000}", "mine.yaml, line 1: expected YAML"),
        ("a: !!python/object/apply:os.system ['x']", "mine.yaml, line 1: expected YAML"),
        ('{"a":\n\t' + "[" * 5000, "mine.yaml, line 2: expected YAML"),
        ("[" * 5000, "mine.yaml: expected YAML, received lists or keys in too many others"),
    ],
)
def test_a_file_that_is_not_sound_yaml_is_told(folder, text, told):
    (folder / "mine.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match=".") as caught:
        check_config({}, schemas=SCHEMAS, sources=[folder / "mine.yaml"], base=folder)
    assert told in str(caught.value)


def test_anchors_and_json_are_fine(folder):
    check(folder, "finders:\n  a: &a {kind: pybdsf, thresh_pix: 6}\n  b: {<<: *a, thresh_pix: 7}\n")
    assert "mine.yaml, line 3: finders.b.thresh_pix" in complaint(
        folder, "finders:\n  a: &a {kind: pybdsf, thresh_pix: 6}\n  b: {<<: *a, thresh_pix: -7}\n"
    )
    (folder / "mine.json").write_text('{\n\t"snr": [1]\n}')
    config = yaml.safe_load(DEFAULT.read_text())
    assert check_config(config, schemas=SCHEMAS, sources=[folder / "mine.json"], base=folder)


def leaves(schema: dict, at: str) -> Iterator[tuple[str, dict]]:
    """Yield every key that takes a value, with its schema."""
    for key, part in schema.get("properties", {}).items():
        yield f"{at}{key}", part
        yield from leaves(part, f"{at}{key}.")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from leaves(schema["additionalProperties"], f"{at}*.")


@pytest.mark.parametrize("path", [SCHEMAS / "config.schema.yaml", *KIND_SCHEMAS], ids=lambda path: path.stem)
def test_every_key_has_a_description_and_every_value_a_unit(path):
    for key, part in leaves(yaml.safe_load(path.read_text()), ""):
        assert part.get("description"), key
        assert "unit" in part or "object" in part["type"], key


def test_the_readme_explains_every_key():
    readme = (CONFIG / "README.md").read_text()
    keys = [key for key, _ in leaves(yaml.safe_load((SCHEMAS / "config.schema.yaml").read_text()), "")]
    names = {key.split(".")[-1] for key in keys} | {"time_limit_s", "threshold"}
    assert [name for name in sorted(names) if name not in readme] == []


def test_the_options_of_pybdsf_are_those_of_the_installed_one():
    opts = pytest.importorskip("bdsf.opts")
    installed = {name: option for name, option in vars(opts.Opts).items() if type(option).__name__ == "TC"}
    schema = yaml.safe_load((SCHEMAS / "finders/pybdsf.schema.yaml").read_text())
    refused = [name for row in schema["refused"] for name in row["options"]]
    ours = {
        "kind",
        "tiles_per_job",
        "time_limit_s",
        "largest_island_beam_areas",
        "pybdsf_tables",
        "model_images",
    }
    offered = [name for name in schema["properties"] if name not in ours]
    assert sorted(refused + offered) == sorted(installed)
    for name in offered:
        assert schema["properties"][name]["program_default"] == installed[name]._default, name


VALUE = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.integers(), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(
        [
            *("mosaics", "tiling", "noise", "finders", "find_with"),
            *("snr", "match", "classifiers", "simulations"),
        ]
    ),
    VALUE,
    st.booleans(),
)
def test_any_value_is_right_or_told(folder, key, value, inner):
    config = yaml.safe_load(DEFAULT.read_text())
    if inner and isinstance(config[key], dict):
        config[key][next(iter(config[key]), "new")] = value
    else:
        config[key] = value
    try:
        check_config(config, schemas=SCHEMAS, sources=[DEFAULT], base=folder)
    except ConfigurationError as error:
        assert key in str(error)
