"""
Input and params functions of the rules of the classifiers; see common.smk for what they have in common with others.
Data sets that are not cut out of the survey, and what is trained on them, do not come after the checkpoint.
"""

from radiofind.classifier_planning import KINDS_OF_CATALOGUES, seed_and_fold


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
        return [pattern.format(**wildcards, member=member) for member in members(wildcards)]

    return paths_of


def members(wildcards):
    """Return the names of the members of a classifier."""
    return plan.classifiers.members(wildcards.network)


def of_classifiers(pattern):
    """Return an input function for one path per classifier, for rules after the checkpoint."""

    def paths_of(wildcards):
        indexed_tiles()
        return plan.classifiers.expand(pattern)

    return paths_of


def weights_of_network(wildcards):
    """Return the weights that a network begins with; none when it begins with none of a file."""
    return plan.classifiers.weights_of(wildcards.network) or []


def member_settings(wildcards):
    """Return the settings on which a member depends, besides its seed and its fold."""
    return plan.classifiers.member_settings(wildcards.dataset, wildcards.network, wildcards.member)


def member_numbers(wildcards):
    """Return seed and fold of a member."""
    return seed_and_fold(wildcards.member)


def training_threads(wildcards):
    """Return the processor threads of a training."""
    return plan.classifiers.networks[wildcards.network]["threads"]


def classified_by(how):
    """Return a pattern of the finders whose sources are classified in this way: all or none."""
    return plan.one_of(plan.finders if plan.classifiers.classifies_by(how) else ())


def applied_classifier(suffix):
    """Return an input function for a file of the classifier that is applied to a catalogue."""

    def path_of(wildcards):
        indexed_tiles()
        return plan.classifiers.applied_model.removesuffix(".keras") + suffix

    return path_of


def applied_settings(wildcards):
    """Return the settings with which it is applied."""
    return plan.classifiers.applied_settings


def threads_of_applied(wildcards):
    """Return the processor threads with which it is applied."""
    return plan.classifiers.applied_settings["threads"]


def exported_catalogue(wildcards):
    """Return the catalogue that is exported: with classes, if there are some."""
    folder = "catalogues/classified" if plan.classifiers.classifies else "catalogues"
    return indexed(f"results/{{mosaic}}/{folder}/{{finder}}.parquet")(wildcards)


def of_trained_truths(pattern):
    """Return an input function for one path per mosaic of a training set with truth and train box."""

    def paths_of(wildcards):
        mosaics = plan.taught_mosaics(indexed_tiles(), wildcards.training_set)
        return plan.expand(pattern, wildcards, mosaics)

    return paths_of


def boxes_of_trained_truths(wildcards):
    """Return the boxes of the same mosaics, in their order."""
    mosaics = plan.taught_mosaics(indexed_tiles(), wildcards.training_set)
    return {mosaic: plan.sheet_values(mosaic, "train_box", "validation_box") for mosaic in mosaics}


def of_classified_truths(pattern):
    """Return an input function for one path per readable mosaic with truth and finder, if classes come from truths."""

    def paths_of(wildcards):
        mosaics = plan.scored_mosaics(indexed_tiles())
        return plan.expand(pattern, wildcards, mosaics if plan.classifiers.classifies_by("truth") else [])

    return paths_of


def classifier_targets(wildcards):
    """Return the scores of all classifiers, and those of the classes of sources."""
    trained = of_classifiers("results/classifiers/{dataset}/{network}/metrics.csv")(wildcards)
    return trained + of_classified_truths("results/{mosaic}/classes/{finder}.csv")(wildcards)
