"""
Input functions of the rules that simulate, train, combine, match and score; see common.smk for what they have in common.
"""


def simulation_settings(wildcards):
    """Return the settings of a simulation."""
    return config["simulations"][wildcards.simulation]


def stamps_of(*columns):
    """Return a params function for the stamps of files that the sheet gives a mosaic: new ones may be old."""

    def stamps(wildcards):
        return plan.stamps([wildcards.mosaic], *columns)

    return stamps


def stamps_of_training_set(wildcards):
    """Return the stamps of truth and primary beam of the mosaics of a training set that have boxes."""
    mosaics = plan.training_tiles(indexed_tiles(), wildcards.training_set)
    return plan.stamps(mosaics, "truth", "primary_beam")


def stamps_of_model(wildcards):
    """Return the stamps of the files of the model that a finder is given."""
    return plan.model_stamps(wildcards.finder)


def under_training_boxes(pattern):
    """Return an input function for one path per tile under the boxes of a training set."""

    def paths_of(wildcards):
        found = plan.training_tiles(indexed_tiles(), wildcards.training_set)
        return [pattern.format(mosaic=mosaic, tile=tile) for mosaic in found for tile in found[mosaic]]

    return paths_of


def of_trained_mosaics(column):
    """Return an input function for a column of the sheet, of the mosaics of a training set that have boxes."""

    def paths_of(wildcards):
        mosaics = plan.training_tiles(indexed_tiles(), wildcards.training_set)
        return [path for mosaic in mosaics if (path := plan.sheet_value(mosaic, column))]

    return paths_of


def grounds_of_training_set(wildcards):
    """Return what `grounds.read_ground` takes, for each mosaic of a training set that has boxes."""
    return plan.grounds(indexed_tiles(), wildcards.training_set)


def of_trained_models(pattern):
    """Return an input function for one path per network that is trained."""

    def paths_of(wildcards):
        trained = plan.trained_networks(indexed_tiles())
        return [pattern.format(training_set=training_set, finder=finder) for training_set, finder in trained]

    return paths_of


def probability_targets(wildcards):
    """Return the probability maps that are wanted."""
    return plan.probability_maps(indexed_tiles())


def network_of(suffix):
    """Return an input function for a file of the network that searches a mosaic."""

    def path_of(wildcards):
        trained = of_own_training_set(f"results/models/{{training_set}}/{{finder}}{suffix}")(wildcards)
        given = plan.finders[wildcards.finder]["model"]
        return given.removesuffix(".keras") + suffix if given else trained

    return path_of


def of_validated_mosaics(pattern):
    """Return an input function for one path per mosaic of a training set that has a validation box."""

    def paths_of(wildcards):
        mosaics = plan.validated_mosaics(indexed_tiles(), wildcards.training_set)
        return plan.expand(pattern, wildcards, mosaics)

    return paths_of


def boxes_of_training_set(wildcards):
    """Return the boxes of the same mosaics, in their order."""
    mosaics = plan.validated_mosaics(indexed_tiles(), wildcards.training_set)
    return {mosaic: plan.sheet_values(mosaic, "train_box", "validation_box") for mosaic in mosaics}


def catalogues_of_training_set(wildcards):
    """Return the catalogues of the combined finders, mosaic by mosaic of a training set."""
    mosaics = plan.validated_mosaics(indexed_tiles(), wildcards.training_set)
    finders = plan.finders[wildcards.finder]["of"]
    return [f"results/{mosaic}/catalogues/{finder}.parquet" for mosaic in mosaics for finder in finders]


def catalogues_of_mosaic(wildcards):
    """Return the catalogues of the combined finders of a mosaic."""
    indexed_tiles()
    finders = plan.finders[wildcards.finder]["of"]
    return [f"results/{wildcards.mosaic}/catalogues/{finder}.parquet" for finder in finders]


def model_of_evidence(wildcards):
    """Return the model that the finder names, or that of the mosaic's training set."""
    learned = of_own_training_set("results/models/{training_set}/{finder}.json")(wildcards)
    return plan.finders[wildcards.finder]["model"] or learned


def fluxes_from(wildcards):
    """Return the combined finders, those first that fit Gaussians."""
    finders = plan.finders[wildcards.finder]["of"]
    fitting = [
        finder for kind in kinds.WITH_FITTED_FLUXES for finder in finders if finder in plan.finders_of(kind)
    ]
    return fitting + [finder for finder in finders if finder not in fitting]


def of_scored_finders(pattern):
    """Return an input function for one path per readable mosaic with truth and finder that gives scores."""

    def paths_of(wildcards):
        mosaics = plan.scored_mosaics(indexed_tiles())
        finders = plan.finders_of(*kinds.WITH_SCORES)
        return [pattern.format(mosaic=mosaic, finder=finder) for mosaic in mosaics for finder in finders]

    return paths_of


def images_of_mosaics(wildcards):
    """Return image, beam and frequency of the readable mosaics."""
    mosaics = plan.readable_mosaics(indexed_tiles())
    return {mosaic: plan.sheet_values(mosaic, "image", "beam", "frequency_hz", "plane") for mosaic in mosaics}
