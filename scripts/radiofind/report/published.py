"""Published results of classifiers of radio sources, shown for comparison; all are for other data."""

from __future__ import annotations

from dataclasses import dataclass

LUKIC_2018 = "Lukic et al. 2018, MNRAS 476, 246"
LUKIC_2019 = "Lukic et al. 2019, MNRAS 487, 1729"
MASLEJ_2021 = "Maslej-Krešňáková et al. 2021, arXiv:2107.00385, abstract"
HOSSAIN = "Hossain et al., arXiv:2510.22190, abstract"

RGZ = "Radio Galaxy Zoo, FIRST"
LOTSS = "LOFAR Two-metre Sky Survey, 4-rms masked, augmented"


@dataclass(frozen=True)
class Published:
    """One published result."""

    architecture: str
    """Our architecture of the same design; ``default`` for networks of any other design."""
    network: str
    """Name of the network in the publication."""
    data: str
    """Test data."""
    classes: str
    """The classes, or their number."""
    quantity: str
    """The quantity, in the words of the publication."""
    metric: str
    """Our closest metric."""
    of_class: str
    """The class it refers to; empty for all classes."""
    value: float
    """Between 0 and 1."""
    reference: str
    """The reference."""


def _of_2019(architecture: str, network: str, value: float) -> Published:
    """Return one of the average precisions of Lukic et al. 2019."""
    classes = "unresolved, FRI, FRII"
    quantity, metric = "average precision", "macro_precision"
    return Published(architecture, network, LOTSS, classes, quantity, metric, "", value, LUKIC_2019)


def _of_dr1(of_class: str, precision: float, recall: float) -> list[Published]:
    """Return the precision and recall of a class in the first data release, from Lukic et al. 2018."""
    shared = ("rgz2018", "3 convolutional + 2 dense", f"{RGZ}, data release 1", "three")
    figures = (("precision", precision), ("recall", recall))
    return [Published(*shared, name, name, of_class, value, LUKIC_2018) for name, value in figures]


def _of_2018(data: str, classes: str, value: float) -> Published:
    """Return one of the accuracies of Lukic et al. 2018."""
    network = "3 convolutional + 2 dense"
    return Published("rgz2018", network, data, classes, "accuracy", "accuracy", "", value, LUKIC_2018)


def _other(network: str, data: str, classes: str, metric: str, value: float, reference: str) -> Published:
    """Return a result of a network of a design that we do not have."""
    quantity = metric.replace("_f1", " F1")
    return Published("default", network, data, classes, quantity, metric, "", value, reference)


PUBLISHED = (
    _of_2018(RGZ, "compact, multiple-component extended", 0.974),
    _of_2018(RGZ, "four by number of components", 0.935),
    _of_2018(f"{RGZ}, data release 1", "three", 0.948),
    *_of_dr1("compact / single-component extended", 0.975, 0.969),
    *_of_dr1("two-component extended", 0.880, 0.895),
    *_of_dr1("multiple-component extended", 0.534, 0.585),
    _of_2019("convnet4", "ConvNet-4", 0.933),
    _of_2019("convnet8", "ConvNet-8", 0.943),
    _of_2019("transfer", "transfer learning", 0.944),
    _of_2019("capsnet", "best CapsNet", 0.897),
    _other(
        "three parallel blocks of convolutions",
        "FIRST, own selection of clear cases",
        "compact, FRI, FRII, bent",
        "macro_f1",
        0.96,
        MASLEJ_2021,
    ),
    _other("ConvNeXt", "FIRST-2060", "straight FRI, straight FRII, WAT, NAT", "macro_f1", 0.80, HOSSAIN),
)
"""Only what was read in a text that the reference names; Lukic et al.: in abstracts and talks."""
