"""
Input and params functions of the rules of the classifiers; see common.smk for what they have in common with others.
Data sets that are not cut out of the survey, and what is trained on them, do not come after the checkpoint.
"""

from radiofind.workflow.classifier_plan import KINDS_OF_CATALOGUES, seed_and_fold


def file_of_dataset(wildcards):
    """Return the file that the user gave for a data set."""
    return plan.classifiers.datasets[wildcards.dataset]["path"]


def stamps_of_dataset(wildcards):
    """Return the stamp of that file: a new one may be old."""
    return plan.classifiers.stamps(wildcards.dataset)


def dataset_settings(wildcards):
    """Return the settings of a data set on which its cutouts depend."""
    return plan.classifiers.dataset_settings(wildcards.dataset)


def kind_of_dataset(wildcards):
    """Return where the labels of a data set come from."""
    return plan.classifiers.datasets[wildcards.dataset]["kind"]


def catalogues_of_dataset(wildcards):
    """Return the catalogues around whose sources a data set is cut, one per readable mosaic."""
    finder = plan.classifiers.datasets[wildcards.dataset]["finder"]
    mosaics = plan.readable_mosaics(indexed_tiles())
    return [f"results/{mosaic}/catalogues/{finder}.parquet" for mosaic in mosaics]


def components_of_dataset(wildcards):
    """Return the Gaussians of the same catalogues; nothing where the finder fits none."""
    finder = plan.classifiers.datasets[wildcards.dataset]["finder"]
    mosaics = (
        plan.readable_mosaics(indexed_tiles()) if finder in plan.finders_of(*kinds.WITH_COMPONENTS) else []
    )
    return [f"results/{mosaic}/catalogues/components/{finder}.parquet" for mosaic in mosaics]


def image_files(wildcards):
    """Return the images of the same mosaics, in their order."""
    return [plan.sheet_value(mosaic, "image") for mosaic in plan.readable_mosaics(indexed_tiles())]


def of_dataset(pattern):
    """Return an input function for a path of the data set that a classifier is trained on."""

    def path_of(wildcards):
        if plan.classifiers.is_cut(wildcards.dataset):
            indexed_tiles()
        return pattern.format(**wildcards)

    return path_of


def of_members(pattern):
    """Return an input function for one path per member of a classifier."""

    def paths_of(wildcards):
        if plan.classifiers.is_cut(wildcards.dataset):
            indexed_tiles()
        return [pattern.format(**wildcards, member=member) for member in names_of_members(wildcards)]

    return paths_of


def names_of_members(wildcards):
    """Return the names of the members of a classifier."""
    return plan.classifiers.members(wildcards.network)


def of_classifiers(pattern):
    """Return an input function for one path per classifier, for rules after the checkpoint."""

    def paths_of(wildcards):
        indexed_tiles()
        return plan.classifiers.expand(pattern)

    return paths_of


def of_all_members(pattern):
    """Return an input function for one path per member of all classifiers, for rules after the checkpoint."""

    def paths_of(wildcards):
        indexed_tiles()
        names = ("dataset", "network", "member")
        return [pattern.format(**dict(zip(names, one))) for one in plan.classifiers.all_members]

    return paths_of


def weights_of_network(wildcards):
    """Return the weights that a network begins with; none when it begins with none of a file."""
    return plan.classifiers.weights_of(wildcards.network) or []


def stamps_of_weights(wildcards):
    """Return the stamp of that file: a new one may be old."""
    return plan.classifiers.weights_stamps(wildcards.network)


def member_settings(wildcards):
    """Return the settings on which a member depends, besides its seed and its fold."""
    return plan.classifiers.member_settings(wildcards.network, wildcards.member)


def member_numbers(wildcards):
    """Return seed and fold of a member."""
    return seed_and_fold(wildcards.member)


def threads_of_members(wildcards):
    """Return the processor threads of a training, whatever the machine has, as sums depend on them."""
    return {"threads": training_threads(wildcards)}


def training_threads(wildcards):
    """Return the processor threads of a training."""
    return plan.classifiers.networks[wildcards.network]["threads"]


def mask_of_dataset(wildcards):
    """Return below how many rms the cutouts of a data set are masked; None where they are not."""
    return plan.classifiers.mask_rms(wildcards.dataset)


def classifier_targets(wildcards):
    """Return the scores of all classifiers, and those of the classes of sources."""
    trained = of_classifiers("results/classifiers/{dataset}/{network}/metrics.csv")(wildcards)
    return trained + of_classified_truths("results/{mosaic}/classes/{finder}.csv")(wildcards)
